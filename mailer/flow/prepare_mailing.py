"""An issue and an audience become a mailing: mail rendered once per list, the audience frozen into rows.

Idempotent by key: the same key with the same content is the same mailing, continued where it stopped; other content is a
conflict. The rows are frozen in slices, invisible until the last one, so that a freezing that dies leaves nothing behind;
the next call with its key takes it over.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from mailer.content import compose, facts
from mailer.content.attachments import Attachment, EncodedAttachment
from mailer.content.issue import Issue
from mailer.content.look import Look
from mailer.content.render import render
from mailer.flow.freeze_audience import SLICE, freeze_slice, slices
from mailer.flow.office import Office
from mailer.flow.set_look import house_style
from mailer.model import doubt_policy
from mailer.model.mailing import MailingEventKind, MailingKind, MailingStatus
from mailer.store import freeze, queries, upkeep, writes
from recipients import directory
from recipients.audience import Audience


class KeyConflictError(Exception):
    """The key names a mailing with other content."""

    def __init__(self, key: str, mailing_id: int) -> None:
        super().__init__(key)
        self.key, self.mailing_id = key, mailing_id


class BeingPreparedError(Exception):
    """Another call is preparing this very mailing right now, and it will finish it."""

    def __init__(self, mailing_id: int) -> None:
        super().__init__(str(mailing_id))
        self.mailing_id = mailing_id


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be sent to whom, and as whom."""

    revision_id: int
    issue: Issue
    lists: tuple[facts.ListFacts, ...]  # in the order of sending
    audience: Audience
    sender: facts.Sender
    message_domain: str
    kind: MailingKind = MailingKind.FIRST
    key: str | None = None
    rehearsal: bool = False
    attachments: tuple[Attachment, ...] = ()
    note: str = ""  # the office's words on a correction: what was wrong


def content_key(order: Order) -> str:
    """sha256 over issue, lists, kind, note and attached files: what makes two orders the same."""
    codes = ",".join(each.code for each in order.lists)
    digest = hashlib.sha256(f"{order.revision_id}|{codes}|{order.kind}|{order.rehearsal}".encode())
    for attachment in order.attachments:
        digest.update(f"|{attachment.name}|".encode() + hashlib.sha256(attachment.data).digest())
    if order.note:
        digest.update(f"|{order.note}".encode())
    return digest.hexdigest()


def prepare_mailing(office: Office, order: Order, actor: str) -> tuple[int, bool]:
    """The mailing's id, and whether this call made it. Raises KeyConflictError, BeingPreparedError."""
    wanted = content_key(order)
    key = order.key or wanted
    now = office.clock.now()
    with office.store.begin() as session:
        style = house_style(session)
        order = replace(order, sender=style.sender(order.sender))
        created = freeze.make_mailing(
            session,
            bulletin_id=1,
            revision_id=order.revision_id,
            kind=str(order.kind),
            status=str(MailingStatus.DRAFT),
            key=key,
            content_key=wanted,
            lists=",".join(each.code for each in order.lists),
            rehearsal=order.rehearsal,
            from_address=order.sender.from_address,
            from_name=order.sender.office,
            reply_to=order.sender.reply_to,
            message_domain=order.message_domain,
            boundary=f"=_{secrets.token_hex(16)}",
            dated_at=now.replace(microsecond=0),
            in_doubt=_in_doubt(office, session, order),
            reason="",
            created_by=actor,
            created_at=now,
        )
        mailing = queries.mailing_by_key(session, key)
        if mailing is None:
            raise RuntimeError("a mailing just written cannot be read")
        if mailing.content_key != wanted:
            raise KeyConflictError(key, mailing.id)
        if created:
            office.record(session, actor, "mailing.made", f"mailing:{mailing.id}", key=key, lists=mailing.lists)
    if mailing.status == str(MailingStatus.DRAFT):
        _fill(office, order, mailing, style.look)
    return int(mailing.id), created


def _in_doubt(office: Office, session: Session, order: Order) -> str:
    """Each list's own word, else the installation's."""
    own = {each.code: each.policy.in_doubt for each in directory.lists(session)}
    return doubt_policy.frozen({each.code: own.get(each.code) or office.in_doubt for each in order.lists})


def _fill(office: Office, order: Order, mailing: Any, look: Look) -> None:
    """Raises BeingPreparedError when another call took the freezing over; returns when one has finished it."""
    attached = tuple(attachment.encoded() for attachment in order.attachments)
    contents = [(each.code, _compose(office, order, each, mailing, attached, look)) for each in order.lists]
    token = secrets.token_hex(8)
    now = office.clock.now()
    for number, (part, is_last) in enumerate(slices(order.audience.entries)):
        with office.store.begin() as session:
            if not freeze.hold_draft(session, mailing.id, token, first=number == 0):
                if queries.mailing(session, mailing.id).status == MailingStatus.DRAFT:
                    raise BeingPreparedError(mailing.id)
                return
            if number == 0:
                writes.thaw_rows(session, mailing.id)  # what an earlier freezing that died may have left
                for code, prepared in contents:
                    freeze.keep_content(session, mailing.id, code, prepared.dump(), prepared.content_hash)
            freeze_slice(session, office, mailing, part, now, before=number * SLICE)
            if is_last:
                # whoever suppresses an address waits here, and we see what was suppressed before us
                writes.lock(session, "addresses")
                upkeep.withhold_waiting(session, mailing.id, office.excluded(now), now)
                freeze.set_recipients(session, mailing.id)
                writes.move_mailing(session, mailing.id, MailingEventKind.FROZEN)
                freeze.end_freezing(session, mailing.id)


def _compose(
    office: Office,
    order: Order,
    of_list: facts.ListFacts,
    mailing: Any,
    attached: tuple[EncodedAttachment, ...],
    look: Look,
) -> compose.PreparedMail:
    mail_facts = facts.MailingFacts(
        sender=order.sender,
        list=of_list,
        date=mailing.dated_at.astimezone(office.zone),
        boundary=mailing.boundary,
        message_domain=order.message_domain,
        rehearsal=order.rehearsal,
        kind=order.kind,
        note=order.note,
        look=look,
    )
    return compose.prepare(render(office.templates, order.issue, mail_facts), mail_facts, attached)
