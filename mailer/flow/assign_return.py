"""A person takes a returned mail that proves nothing: it is about this very delivery, or it concerns nobody here.

Told to be about a delivery, it moves the row by the same table as a return that proved itself, with the person's name in
the evidence. What the mail reports about that address counts; it must report something.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mailer.feedback.report import Kind, RecipientReport, read_report
from mailer.flow.audit_words import actor_words
from mailer.flow.office import Office
from mailer.flow.suspect_return import SUSPECTED
from mailer.flow.take_in_report import apply_by_person
from mailer.store import address_history, queries, returns, task_book, writes
from mailer.store.engine import Store
from recipients.address import AddressError, EmailAddress

DISMISSED = "dismissed"
OPEN_STATES = ("unmatched", "unread")  # of a returned mail that waits for a person
_LOOKED_BACK = timedelta(days=60)
_MOST_ADDRESSES = 5


class NotAssignableError(Exception):
    """The message is a Chinese sentence."""


def candidates(store: Store, raw: bytes, now: datetime) -> Sequence[Any]:
    """Deliveries of the last two months to the addresses that the mail names, the newest first; reads only."""
    keys = list(dict.fromkeys(key for report in _bounces(raw) if (key := _key(report.recipient))))
    with store.read() as session:
        return address_history.deliveries_to(session, keys[:_MOST_ADDRESSES], now - _LOOKED_BACK)


def assign(office: Office, mail_id: int, delivery_id: int, actor: str) -> str:
    """The delivery's status afterwards. Raises NotAssignableError."""
    now = office.clock.now()
    with office.store.begin() as session:
        mail = returns.lock(session, mail_id)
        if mail is None or mail.state not in OPEN_STATES:
            raise NotAssignableError("这封退信已经有人处理。")
        delivery = queries.delivery_row_for_update(session, delivery_id)
        if delivery is None:
            raise NotAssignableError("没有这份发送记录。")
        about = [one for one in _bounces(mail.raw) if _key(one.recipient) == delivery.address_key]
        if not about:
            raise NotAssignableError("这封信里没有说这个邮箱退信，不能归给它；请打电话核实后在待办里处理。")
        state = apply_by_person(session, delivery, about[0], mail_id, office.retry, now, actor)
        if state == "waiting":
            raise NotAssignableError("这一份正在发送，请过一会儿再归入。")
        returns.settle(
            session, mail_id, state=state, kind=mail.kind, note=f"{actor_words(actor)} 归入", delivery_id=delivery_id
        )
        _end_question(office, session, delivery_id, actor)
        office.record(session, actor, "return.assigned", f"return:{mail_id}", delivery=delivery_id)
        after = queries.delivery_row(session, delivery_id)
        return str(after.status) if after else ""


def dismiss(office: Office, mail_id: int, because: str, actor: str) -> bool:
    """Nothing of ours: out of sight, kept as it is. False when somebody was quicker."""
    with office.store.begin() as session:
        mail = returns.lock(session, mail_id)
        if mail is None or mail.state not in OPEN_STATES:
            return False
        note = f"{actor_words(actor)} 认定无关{f'：{because}' if because else ''}"
        returns.settle(session, mail_id, state=DISMISSED, kind=mail.kind, note=note, delivery_id=None)
        if mail.delivery_id is not None:
            _end_question(office, session, mail.delivery_id, actor)
        office.record(session, actor, "return.dismissed", f"return:{mail_id}", because=because)
        return True


def _end_question(office: Office, session: Any, delivery_id: int, actor: str) -> None:
    """The task that asked whether this was so is answered with it."""
    for task in task_book.about_delivery(session, delivery_id, SUSPECTED):
        writes.end_task(session, task.id, actor, office.clock.now())


def _bounces(raw: bytes) -> list[RecipientReport]:
    return [report for report in read_report(raw).reports if report.kind is Kind.BOUNCE]


def _key(address: str) -> str:
    try:
        return EmailAddress.parse(address).key
    except AddressError:
        return ""
