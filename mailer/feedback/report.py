"""Returned mail to meaning: what kind of mail is this, about whom, why, and what would let us find the delivery.

Reads reports of RFC 3464 (in their own part, or with their fields in a plain text), and automatic replies. Every other
mail is ``none`` (people's letters) or ``unknown`` (a machine's, unread): kept in sight, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from mailer.feedback import bounds, mime
from mailer.feedback.auto_reply import auto_reply_mark
from mailer.feedback.classify import Classification, classify, phase_named
from mailer.feedback.dsn import StatusBlock, StatusFields, read_fields
from mailer.feedback.phrases import prepare
from mailer.model.reply import EnhancedStatus

TEXT_LIMIT = 64 * 1024
"""Characters of a human-readable part that are searched."""

EXPLANATION_LIMIT = 1500
"""Characters of it that are read about one recipient."""

DELIVERY_HEADER = "X-Mailer-Delivery"
"""Our own header: the signed token, for reports that return headers but rewrite the Message-ID."""

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"})
_ORIGINAL_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"}
)
_DAEMONS = ("mailer-daemon", "postmaster", "mail-daemon", "maildaemon", "mdaemon")
_KEY_LINE = re.compile(
    r"^[>\s]{0,20}(Message-ID|X-Mailer-Delivery)[ \t]{0,20}:[ \t]{0,20}(\S{1,300})", re.IGNORECASE | re.MULTILINE
)
_ID = re.compile(r"<[^<>\s]{1,300}>")


class Kind(StrEnum):
    BOUNCE = "bounce"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTOREPLY = "autoreply"
    NONE = "none"
    UNKNOWN = "unknown"


_BY_ACTION = {"failed": Kind.BOUNCE, "delayed": Kind.DELAYED, "delivered": Kind.DELIVERED}
_WEIGHT = (Kind.BOUNCE, Kind.DELAYED, Kind.DELIVERED)


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a report says about one recipient.

    ``action``: failed, delayed, delivered, relayed, expanded or ''. ``original_recipient`` is the address we wrote to,
    ``final_recipient`` the one after forwarding; either may be ''. ``diagnostic_reply``: the remote host's words.
    """

    original_recipient: str
    final_recipient: str
    action: str
    status: EnhancedStatus | None
    diagnostic_reply: str
    remote_mta: str
    classification: Classification

    @property
    def kind(self) -> Kind:
        """What relayed and expanded say is nothing about arrival: no kind of their own."""
        return _BY_ACTION.get(self.action, Kind.NONE)

    @property
    def recipient(self) -> str:
        return self.original_recipient or self.final_recipient

    @property
    def reason(self) -> str:
        return self.classification.reason if self.kind in {Kind.BOUNCE, Kind.DELAYED} else ""

    @property
    def hard(self) -> bool:
        return self.kind is Kind.BOUNCE and self.classification.hard


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything in a returned mail that may carry our token. Unchecked foreign text."""

    envelope_id: str = ""
    message_id: str = ""  # of the returned original
    delivery_token: str = ""  # DELIVERY_HEADER of the returned original
    answered: tuple[str, ...] = ()  # In-Reply-To and References of the mail itself


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """``kind``: the gravest of its reports. ``note``: for a person, how it was read or why not."""

    kind: Kind
    reports: tuple[RecipientReport, ...] = ()
    identity: Identity = Identity()
    note: str = ""
    text: str = ""  # the human-readable part, bounded


def read_report(raw: bytes) -> ReturnedMail:
    """Reads any bytes; never raises, takes time linear in ``bounds.PREFIX_LIMIT`` at most."""
    prefix = bounds.prefix(raw)
    if why := bounds.refusal(prefix):
        return ReturnedMail(Kind.UNKNOWN, note=f"quarantined: {why}")
    try:
        return _read(mime.parse(prefix))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # the standard library's parser fails on some malformed headers; such a mail is kept for a person
        return ReturnedMail(Kind.UNKNOWN, note=f"quarantined: 无法解析（{type(error).__name__}）")


def _read(message: Message) -> ReturnedMail:
    parts = list(_outer_parts(message))
    text = _human_text(parts)
    fields = _status_fields(message, parts, text)
    identity = _identity(message, parts, text, fields)
    if fields.blocks:
        reports = tuple(_report(block, _explanation(text, block, fields.blocks)) for block in fields.blocks)
        kinds = {report.kind for report in reports}
        kind = next((kind for kind in _WEIGHT if kind in kinds), Kind.NONE)
        return ReturnedMail(kind, reports, identity, "RFC 3464", text)
    kind, note = _without_status(message)
    return ReturnedMail(kind, (), identity, note, text)


def _without_status(message: Message) -> tuple[Kind, str]:
    report_type = mime.parameter(message, "report-type")
    if report_type == "disposition-notification":
        return Kind.NONE, "disposition notification (RFC 8098)"
    if report_type or _is_from_daemon(message):
        return Kind.UNKNOWN, f"unread report {report_type}".strip()
    if mark := auto_reply_mark(message):
        return Kind.AUTOREPLY, mark
    return Kind.NONE, ""


def _is_from_daemon(message: Message) -> bool:
    sender = mime.header(message, "From").lower()
    return any(name in sender for name in _DAEMONS) or mime.header(message, "Return-Path").strip() == "<>"


def _outer_parts(message: Message) -> Iterator[Message]:
    """The leaves of the mail itself; a returned original is one leaf and is not entered."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in mime.children(message):
            yield from _outer_parts(part)
    else:
        yield message


def _human_text(parts: list[Message]) -> str:
    texts = (mime.text_of(part) for part in parts if mime.content_type(part) in {"text/plain", "text/html"})
    return "\n".join(texts)[:TEXT_LIMIT]


def _status_fields(message: Message, parts: list[Message], text: str) -> StatusFields:
    for part in parts:
        if mime.content_type(part) in _STATUS_TYPES:
            fields = read_fields(mime.text_of(part))
            if fields.blocks:
                return fields
    if "-recipient:" in text.lower() and (_is_from_daemon(message) or mime.parameter(message, "report-type")):
        # a daemon that wrote the fields into its prose, or lost the part's type on the way
        fields = read_fields(text)
        if any(block.action for block in fields.blocks):
            return fields
    return StatusFields()


def _report(block: StatusBlock, explanation: str) -> RecipientReport:
    return RecipientReport(
        original_recipient=block.original_recipient,
        final_recipient=block.final_recipient,
        action=block.action,
        status=block.status,
        diagnostic_reply=block.diagnostic,
        remote_mta=block.remote_mta,
        classification=_classified(block, explanation),
    )


def _classified(block: StatusBlock, explanation: str) -> Classification:
    """The remote host's words first; where they say nothing, the reporting system's own explanation."""
    host = block.remote_mta.partition(" ")[0]
    domain = host or (block.original_recipient or block.final_recipient).rpartition("@")[2]
    told = classify(block.diagnostic, None, block.status, domain, phase_named(prepare(explanation)))
    if told.is_firm or not explanation:
        return told
    explained = classify(explanation, told.code, told.status, domain, None)
    return explained if explained.is_firm else told


def _explanation(text: str, block: StatusBlock, blocks: tuple[StatusBlock, ...]) -> str:
    """What the human-readable part says of this recipient: from its address on, up to the next one's."""
    lowered = text.lower()
    start = _first(lowered, _names(block), 0)
    if start < 0:
        return text[:EXPLANATION_LIMIT] if len(blocks) == 1 else ""
    others = {name for other in blocks for name in _names(other)} - _names(block)
    end = _first(lowered, others, start)
    return text[start : min(end if end >= 0 else len(text), start + EXPLANATION_LIMIT)]


def _names(block: StatusBlock) -> set[str]:
    return {name.lower() for name in (block.final_recipient, block.original_recipient) if name}


def _first(text: str, names: set[str], start: int) -> int:
    return min((at for at in (text.find(name, start) for name in names) if at >= 0), default=-1)


def _identity(message: Message, parts: list[Message], text: str, fields: StatusFields) -> Identity:
    message_id = token = ""
    for part in parts:
        if mime.content_type(part) in _ORIGINAL_TYPES:
            for name, value in _KEY_LINE.findall(mime.text_of(part)[:TEXT_LIMIT]):
                message_id, token = _key(name, value, message_id, token)
    for name, value in _KEY_LINE.findall(text):
        message_id, token = _key(name, value, message_id, token)
    answered = f"{mime.header(message, 'In-Reply-To')} {mime.header(message, 'References')}"[:8192]
    return Identity(fields.envelope_id, message_id, token, tuple(dict.fromkeys(_ID.findall(answered))))


def _key(name: str, value: str, message_id: str, token: str) -> tuple[str, str]:
    if name.lower() == "message-id":
        return message_id or value, token
    return message_id, token or value
