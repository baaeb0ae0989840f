"""催办: the issue once more, to exactly those who were asked to sign and have not; as often and as soon as the lists allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.content.facts import Sender
from mailer.content.issue import from_json
from mailer.flow.approve_mailing import approve
from mailer.flow.draw_up_order import facts_of
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.acknowledgement import Terms, may_remind
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import acknowledgements, queries
from recipients import directory
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry

_UNDER_WAY = frozenset({MailingStatus.DRAFT, MailingStatus.PREPARED, MailingStatus.APPROVED, MailingStatus.SENDING})


class RemindError(Exception):
    """Why nobody is reminded now, as a sentence."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether one may be sent now (``refusal`` '': yes), how many copies it would be, how often there was one."""

    refusal: str
    copies: int
    reminded: int


def outlook(session: Session, mailing_id: int, now: datetime) -> Outlook:
    """Of a mailing; what a page shows before anybody presses a button. Raises NoResultFound."""
    base = queries.mailing(session, mailing_id)
    terms = acknowledgements.terms(session, mailing_id)
    before = acknowledgements.reminders(session, _prefix(mailing_id))
    copies = len({row.address_key for row in acknowledgements.to_remind(session, mailing_id, list(terms))})
    return Outlook(_refusal(base, terms, before, copies, now), copies, len(before))


def remind(office: Office, mailing_id: int, actor: str) -> tuple[int, bool]:
    """The mailing of the reminder, and whether this call made it. Raises RemindError, NoResultFound."""
    now = office.clock.now()
    with office.store.read() as session:
        base = queries.mailing(session, mailing_id)
        if bool(base.rehearsal) != office.is_sandbox:
            raise RemindError("演练的批次只能在演练服务器上催办，正式的只能经真的发信服务器。")
        terms = acknowledgements.terms(session, mailing_id)
        before = acknowledgements.reminders(session, _prefix(mailing_id))
        under_way = [each for each in before if each.status in _UNDER_WAY]
        if under_way:
            return int(under_way[-1].id), False
        duties = acknowledgements.to_remind(session, mailing_id, list(terms))
        if refusal := _refusal(base, terms, before, len(duties), now):
            raise RemindError(refusal)
        order = _order(session, base, list(terms), duties, f"{_prefix(mailing_id)}{len(before) + 1}")
    new_id, created = prepare_mailing(office, order, actor)
    approve(office, new_id, actor)
    release(office, new_id, actor)
    return new_id, created


def _prefix(mailing_id: int) -> str:
    return f"remind:{mailing_id}:"


def _refusal(base: Any, terms: dict[str, Terms], before: Sequence[Any], copies: int, now: datetime) -> str:
    if base.released_at is None or base.kind in {MailingKind.TEST, MailingKind.REMINDER, MailingKind.RECALL}:
        return "这一批不能催办。"
    if base.superseded_by is not None:
        return "这一批已经更正或撤回，请在更正的批次里催办。"
    if terms and not copies:
        return "没有要催的：发到的都签收了。"
    last = before[-1].released_at or before[-1].created_at if before else None
    return may_remind(terms.values(), released_at=base.released_at, reminded=len(before), last_at=last, now=now)


def _order(session: Session, base: Any, asked: Sequence[str], duties: Sequence[Any], key: str) -> Order:
    revision = queries.revision_content(session, base.revision_id)
    assert revision is not None, "a mailing's revision is a foreign key"
    lists = {each.code: each for each in directory.lists(session)}
    return Order(
        revision_id=base.revision_id,
        issue=from_json(json.loads(revision.content)),
        lists=tuple(
            facts_of(lists[code], base.message_domain)
            for code in base.lists.split(",")
            if code in asked and code in lists
        ),
        audience=Audience(tuple(_entry(row) for row in duties)),
        sender=Sender(base.from_name, base.from_address, base.reply_to),
        message_domain=base.message_domain,
        kind=MailingKind.REMINDER,
        key=key,
        rehearsal=bool(base.rehearsal),
    )


def _entry(row: Any) -> Entry:
    """At the address that got the first copy: it is asked about that one."""
    return Entry(
        row.list_code, row.lane, EmailAddress.parse(row.address), row.holder, row.unit, row.post, row.holder_id, row.phone,
        care_of=row.care_of, is_essential=row.essential,
    )  # fmt: skip
