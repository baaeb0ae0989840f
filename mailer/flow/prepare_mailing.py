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
from mailer.content.occasion import repeats_the_issue, wants_answer
from mailer.content.render import render, render_web_copy
from mailer.flow.freeze_audience import fill
from mailer.flow.office import Office
from mailer.flow.set_look import HouseStyle, house_style
from mailer.model import doubt_policy
from mailer.model.acknowledgement import Terms
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import acknowledgements, freeze, queries, web_copies
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
    order, mailing, style, created = _begin(office, order, actor, is_recorded=True)
    if mailing.status == str(MailingStatus.DRAFT):
        _keep_web_copy(office, order, mailing, style.look)
        contents = _contents(office, order, mailing, style.look)
        if not fill(office, mailing, order.audience.entries, contents):
            raise BeingPreparedError(mailing.id)
    return int(mailing.id), created


def lay_down(office: Office, order: Order, actor: str) -> int:
    """A draft with its content and nobody on it yet: who gets it is known only once something else has come to rest.
    Whoever orders that keeps the audit's record. Raises KeyConflictError.
    """
    order, mailing, style, _ = _begin(office, order, actor, is_recorded=False)
    contents = _contents(office, order, mailing, style.look)
    _keep_web_copy(office, order, mailing, style.look)
    with office.store.begin() as session:
        # whoever asks for the same at the same moment waits here, and what has come further keeps what it has
        if queries.mailing_for_update(session, mailing.id).status == MailingStatus.DRAFT:
            for code, prepared in contents.items():
                freeze.keep_content(session, mailing.id, code, prepared.dump(), prepared.content_hash)
    return int(mailing.id)


def _begin(office: Office, order: Order, actor: str, *, is_recorded: bool) -> tuple[Order, Any, HouseStyle, bool]:
    """The draft's row under the order's key, made or found; the order with the house's sender; whether it was made."""
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
            acknowledgements.keep_terms(session, mailing.id, _terms(session, order))
        if created and is_recorded:
            office.record(session, actor, "mailing.made", f"mailing:{mailing.id}", key=key, lists=mailing.lists)
    return order, mailing, style, created


def _terms(session: Session, order: Order) -> list[Terms]:
    """What the lists ask of their recipients, as it is when the mailing is made: the mails say so from then on."""
    policies = {each.code: each.policy for each in directory.lists(session)}
    return [
        Terms(each.code, policy.sign_within, policy.reminders, policy.reminder_gap, policy.short_replies)
        for each in order.lists
        if each.asks_acknowledgement and wants_answer(order.kind) and (policy := policies.get(each.code))
    ]


def _in_doubt(office: Office, session: Session, order: Order) -> str:
    """Each list's own word, else the installation's."""
    own = {each.code: each.policy.in_doubt for each in directory.lists(session)}
    return doubt_policy.frozen({each.code: own.get(each.code) or office.in_doubt for each in order.lists})


def _contents(office: Office, order: Order, mailing: Any, look: Look) -> dict[str, compose.PreparedMail]:
    attached = tuple(attachment.encoded() for attachment in order.attachments)
    return {each.code: _compose(office, order, each, mailing, attached, look) for each in order.lists}


def _keep_web_copy(office: Office, order: Order, mailing: Any, look: Look) -> None:
    """Where the mails link to it; a recall names the issue and repeats none of it."""
    if not office.public_url or not repeats_the_issue(order.kind):
        return
    html = render_web_copy(office.templates, order.issue, _facts(office, order, order.lists[0], mailing, look))
    with office.store.begin() as session:
        web_copies.keep(session, mailing.id, html)


def _compose(
    office: Office,
    order: Order,
    of_list: facts.ListFacts,
    mailing: Any,
    attached: tuple[EncodedAttachment, ...],
    look: Look,
) -> compose.PreparedMail:
    mail_facts = _facts(office, order, of_list, mailing, look)
    return compose.prepare(render(office.templates, order.issue, mail_facts), mail_facts, attached)


def _facts(office: Office, order: Order, of_list: facts.ListFacts, mailing: Any, look: Look) -> facts.MailingFacts:
    return facts.MailingFacts(
        sender=order.sender,
        list=of_list,
        date=mailing.dated_at.astimezone(office.zone),
        boundary=mailing.boundary,
        message_domain=order.message_domain,
        rehearsal=order.rehearsal,
        kind=order.kind,
        note=order.note,
        base_url=office.public_url,
        look=look,
    )
