"""补发: the same issue once more, to those whom a mailing did not reach, at the addresses they have today.

Asked for, it goes to those as well who came on the lists since and were never meant. An issue that was corrected goes out as it
is now. Who was reached since, or is on the way in another round, gets no second copy. Who cannot be written to today stays where
the first ledger has them: with a task for the office. Identical calls find the round that is under way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import Any

from mailer.content.attachments import Attachment
from mailer.content.compose import Copy, PreparedMail
from mailer.content.facts import Sender
from mailer.content.issue import from_json
from mailer.flow.approve_mailing import approve
from mailer.flow.draw_up_order import facts_of
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import KeyConflictError, Order, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.model.links import NOBODYS
from mailer.model.mailing import IllegalMailingTransitionError, MailingEventKind, MailingKind, MailingStatus
from mailer.store import corrections, follow_up_book, follow_ups, queries
from recipients import directory
from recipients.audience import Audience, Entry

_BEFORE_RELEASE = frozenset(
    {MailingStatus.DRAFT, MailingStatus.PREPARED, MailingStatus.APPROVED, MailingStatus.SCHEDULED}
)


class NobodyToResendError(Exception):
    """Everybody was reached, is on the way, or cannot be written to: ``unwritable`` duties need paper or an address."""

    def __init__(self, unwritable: int) -> None:
        super().__init__(f"nobody to send to; {unwritable} cannot be written to")
        self.unwritable = unwritable


class NotAsItWasError(Exception):
    """The issue was taken back, or a correction of it is still under way."""


class OtherWorldError(Exception):
    """A rehearsal is never sent again for real, nor a real mailing through the sandbox."""


@dataclass(frozen=True, slots=True)
class Resent:
    """``unwritable``: duties left out because there is still nothing to write to. ``same_dead_address``: copies that go
    to an address the host has called dead before, because nobody has corrected it.
    """

    mailing_id: int
    created: bool
    unwritable: int = 0
    same_dead_address: int = 0


def resend(office: Office, mailing_id: int, actor: str, *, with_late: bool = False) -> Resent:
    """Prepares, approves and releases the round. The content is the one approved before, corrected where it was since.

    ``with_late``: also to who is on the lists today and on no mailing of the issue. Raises NoResultFound,
    IllegalMailingTransitionError before release, OtherWorldError, NotAsItWasError, NobodyToResendError.
    """
    prefix = f"resend:{mailing_id}:"
    with office.store.read() as session:
        base = queries.mailing(session, mailing_id)
        status = MailingStatus(base.status)
        if status in _BEFORE_RELEASE:
            raise IllegalMailingTransitionError(status, MailingEventKind.REOPENED)
        if bool(base.rehearsal) != office.is_sandbox:
            raise OtherWorldError
        over, under_way = follow_ups.rounds(session, prefix)
        if under_way is not None:
            return Resent(under_way, created=False)
        source = _as_it_is_now(session, base)
        order, left_out, dead = _order(session, office, base, source, f"{prefix}{over + 1}", with_late=with_late)
    try:
        new_id, created = prepare_mailing(office, order, actor)
    except KeyConflictError as conflict:  # another call made this very round from a slightly later ledger
        return Resent(conflict.mailing_id, created=False)
    approve(office, new_id, actor)
    release(office, new_id, actor)
    return Resent(new_id, created, left_out, dead)


def _as_it_is_now(session: Any, base: Any) -> Any:
    """The mailing whose revision and files are sent: the base's own, or of what took its place."""
    if base.superseded_by is None:
        return base
    row = follow_up_book.standing(
        session, corrections.issue_behind(session, base.revision_id).id, rehearsal=base.rehearsal
    )
    made = [each for each in (row.rest_mailing_id, row.holders_mailing_id) if each is not None] if row else []
    if row is None or row.kind != FollowUpKind.CORRECTION or row.state != FollowUpState.RELEASED or not made:
        raise NotAsItWasError
    return queries.mailing(session, made[0])


def _order(
    session: Any, office: Office, base: Any, source: Any, key: str, *, with_late: bool
) -> tuple[Order, int, int]:
    missed = follow_ups.not_reached(session, base.id)
    served = {_duty_key(row) for row in follow_ups.served(session, base.id)}
    missed = [row for row in missed if _duty_key(row) not in served]
    lists = {each.code: each for each in directory.lists(session)}
    codes = tuple(code for code in base.lists.split(",") if code in lists)
    today = directory.resolve(session, codes, office.clock.now())
    wanted = _today(missed, today.entries)
    if with_late:
        wanted += _late(follow_ups.ever_meant(session, base.id), today.entries)
    going = Audience(tuple(entry for entry in wanted if entry.withheld is None and _entry_key(entry) not in served))
    if not going.entries:
        raise NobodyToResendError(len(missed))
    dead = {row.address_key for row in missed if row.hard}
    keys = {recipient.address.key for recipient in going.recipients() if recipient.address}
    revision = queries.revision_content(session, source.revision_id)
    assert revision is not None, "a mailing's revision is a foreign key"
    contents = queries.mailing_contents(session, source.id)
    on = {entry.list_code for entry in going.entries}
    domain = base.message_domain
    order = Order(
        revision_id=source.revision_id,
        issue=from_json(json.loads(revision.content)),
        lists=tuple(facts_of(lists[code], domain) for code in codes if code in on),
        audience=going,
        sender=Sender(base.from_name, base.from_address, base.reply_to),
        message_domain=domain,
        kind=MailingKind.SUPPLEMENT,
        key=key,
        rehearsal=bool(base.rehearsal),
        attachments=_attached(next(iter(contents.values())), domain),
    )
    return order, max(0, len(missed) - len({_entry_key(entry) for entry in going.entries})), len(dead & keys)


def _today(missed: Iterable[Any], entries: Iterable[Entry]) -> list[Entry]:
    """The entries of today for the duties missed: the same holder, or who holds the post now."""
    missed = list(missed)
    holders = {(row.list_code, row.holder_id) for row in missed if row.holder_id is not None}
    posts = {(row.list_code, row.unit, row.post) for row in missed}
    return [
        entry
        for entry in entries
        if (entry.list_code, entry.holder_id) in holders or (entry.list_code, entry.unit, entry.role) in posts
    ]


def _late(meant: Iterable[Any], entries: Iterable[Entry]) -> list[Entry]:
    """Entries of today that no mailing of the issue was for, at addresses that none went to."""
    meant = list(meant)
    duties, addresses = {_duty_key(row) for row in meant}, {row.address_key for row in meant}
    return [
        entry
        for entry in entries
        if _entry_key(entry) not in duties and entry.address is not None and entry.address.key not in addresses
    ]


def _entry_key(entry: Entry) -> tuple[str, str, str, str]:
    return (entry.list_code, entry.unit, entry.role, entry.name)


def _duty_key(row: Any) -> tuple[str, str, str, str]:
    return (row.list_code, row.unit, row.post, row.holder)


def _attached(payload: bytes, domain: str) -> tuple[Attachment, ...]:
    """The files that travelled with the first mailing, read back from its very bytes."""
    copy = PreparedMail.load(payload).copy(Copy(f"nobody@{domain}", "", f"nothing@{domain}", "0" * 12, NOBODYS))
    mail = BytesParser(policy=policy.SMTP).parsebytes(b"".join(copy))
    if mail.get_content_type() != "multipart/mixed":
        return ()
    return tuple(
        Attachment(part.get_filename() or "附件", part.get_content_type(), part.get_content())
        for part in mail.iter_attachments()
    )
