"""What a mail must be told beside the issue: who sends it, on which list, when. Values only, checked once here.

Nothing in here is about one recipient; that is ``compose.Copy``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mailer.content.characters import one_line
from mailer.content.issue import Issue
from mailer.content.look import PLAIN_LOOK, Look
from mailer.model.mailing import MailingKind
from recipients.address import AddressError, EmailAddress

SANDBOX_SENDER = "bulletin@sandbox.test"  # where neither a setting nor the issue names a mailbox
PRIVACY_NOTICE = "本邮件仅用于分发本刊，不含跟踪图片，也不记录您是否打开。"

# An address that may stand between < and > of a header: the dot-string form of RFC 5321 4.1.2, ASCII. Stricter than
# the RFC (no quoted local part), so that nothing in it can end the brackets, the line or a mailto address.
ADDRESS = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,64}@[0-9A-Za-z.:\[\]-]{1,255}")
_BOUNDARY = re.compile(r"[0-9A-Za-z_=.+-]{1,64}")  # a safe part of RFC 2046 5.1.1 bchars; 70 with our own endings
_DOMAIN = re.compile(r"[0-9A-Za-z-]{1,63}(\.[0-9A-Za-z-]{1,63}){1,9}")
_LIST_ID = re.compile(r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63}){1,9}")
_HTTPS = re.compile(r"https://[!#-;=?-~]{1,400}")
_ORIGIN = re.compile(r"https://[0-9A-Za-z.-]{1,253}(:[0-9]{1,5})?|https://\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_NOTE_LENGTH = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Sender:
    """``office`` is the name shown in From; ``reply_to`` the mailbox that people read, printed in the mail."""

    office: str
    from_address: str
    reply_to: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "office", one_line(self.office))
        _demand(ADDRESS, self.from_address, "from_address")
        _demand(ADDRESS, self.reply_to, "reply_to")

    @classmethod
    def of(cls, issue: Issue, configured_from: str = "", configured_reply_to: str = "") -> Sender:
        """Who sends ``issue``: what is configured (``某某办公室 <a@b.example>`` or a bare address), else what the issue
        prints: its office, its first usable mailbox. AddressError for a configured address that cannot be used.
        """
        printed = next(filter(None, map(_ascii_or_none, issue.contact.email)), "")
        name, bracket, address = configured_from.strip().removesuffix(">").rpartition("<")
        sender = EmailAddress.parse(address.strip()).ascii if address else printed or SANDBOX_SENDER
        reply_to = EmailAddress.parse(configured_reply_to.strip()).ascii if configured_reply_to.strip() else printed
        office = name.strip().strip('"') if bracket else ""
        return cls(office or issue.issuing_office or issue.title, sender, reply_to or sender)


@dataclass(frozen=True, slots=True)
class ListFacts:
    """One distribution list as a mail shows it.

    ``code`` is 报, 送 or 发; ``list_id`` the RFC 2919 identifier without brackets (``fa.bulletin.example``).
    ``asks_acknowledgement`` puts a 签收 button into the mail.
    """

    code: str
    name: str
    list_id: str
    is_duty: bool
    asks_acknowledgement: bool = False

    def __post_init__(self) -> None:
        if self.code not in {"报", "送", "发"}:
            raise ValueError(f"list code {self.code!r} is none of 报, 送, 发")
        object.__setattr__(self, "name", one_line(self.name) or self.code)
        _demand(_LIST_ID, self.list_id, "list_id")


@dataclass(frozen=True, slots=True)
class MailingFacts:
    """What all copies of one mailing on one list share.

    ``date`` is aware (the Date header); ``boundary`` the MIME boundary; ``message_domain`` the right side of every
    Message-ID; a ``rehearsal`` says 演练 in subject and banner; ``notice`` is the last sentence of the mail. ``note``
    says in the office's words what was corrected, why it is sent again or taken back; a first mailing has none.
    ``base_url`` is the https address of the recipients' pages, '' where there are none: then the mail holds no web link at
    all and is never shortened. Places in the web copy are ``#s1`` (first section) and ``#s1-2`` (its second item).
    """

    sender: Sender
    list: ListFacts
    date: datetime
    boundary: str
    message_domain: str
    rehearsal: bool = False
    notice: str = PRIVACY_NOTICE
    kind: MailingKind = MailingKind.FIRST
    note: str = ""
    base_url: str = ""
    look: Look = PLAIN_LOOK

    def __post_init__(self) -> None:
        _demand_envelope(self.date, self.boundary, self.message_domain)
        if self.base_url:
            _demand(_ORIGIN, self.base_url, "base_url")
        if self.note.strip() and self.kind is MailingKind.FIRST:
            raise ValueError("a first mailing has no note")
        if len(self.note) > _NOTE_LENGTH:
            raise ValueError(f"note of {len(self.note)} characters, at most {_NOTE_LENGTH}")


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What all copies of one notice to colleagues or askers share: an alert, a morning sheet, a confirmation.

    ``bulletin`` is the name over the notice; ``list_id`` the RFC 2919 identifier by which mailboxes can file notices;
    ``date`` aware, its zone that of every time printed; ``console_url`` the https address where it can be dealt with.
    """

    sender: Sender
    bulletin: str
    list_id: str
    date: datetime
    boundary: str
    message_domain: str
    console_url: str | None = None
    look: Look = PLAIN_LOOK

    def __post_init__(self) -> None:
        object.__setattr__(self, "bulletin", one_line(self.bulletin))
        _demand(_LIST_ID, self.list_id, "list_id")
        _demand_envelope(self.date, self.boundary, self.message_domain)
        if self.console_url is not None:
            _demand(_HTTPS, self.console_url, "console_url")


def _demand_envelope(date: datetime, boundary: str, message_domain: str) -> None:
    if date.utcoffset() is None:
        raise ValueError("date must be an aware datetime")
    _demand(_BOUNDARY, boundary, "boundary")
    _demand(_DOMAIN, message_domain, "message_domain")


def _ascii_or_none(text: str) -> str | None:
    try:
        return EmailAddress.parse(text).ascii
    except AddressError:
        return None


def _demand(pattern: re.Pattern[str], value: str, what: str) -> None:
    if pattern.fullmatch(value) is None:
        raise ValueError(f"{what} {value[:80]!r} cannot stand in a mail header")
