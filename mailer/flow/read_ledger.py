"""The ledger of one mailing as every face shows it: the sum, and who was not reached, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.feedback.wording import explain
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.verdict import Owner
from mailer.store import queries
from mailer.store.queries import Sum

_REACHED = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED})
_WITHHELD = {
    "paper": ("只收纸质", "送纸质件"),
    "no_address": ("名单上没有邮箱", "送纸质件，并向该单位索要邮箱"),
    "suppressed": ("这个地址已停发", "如需恢复，请在停发名单里解除"),
    "left": ("已离任", "请在名单里登记接任的人"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One duty: for whom, how it stands, in words. ``needs_person``: nothing happens by itself any more."""

    list_code: str
    unit: str
    post: str
    name: str
    phone: str
    address: str
    status: DeliveryStatus
    cause: str
    todo: str
    due_at: datetime | None
    accepted_at: datetime | None
    needs_person: bool

    @property
    def is_reached(self) -> bool:
        return self.status in _REACHED


@dataclass(frozen=True, slots=True)
class Ledger:
    """``as_of``: the moment of the snapshot."""

    mailing_id: int
    title: str
    number: int
    kind: MailingKind
    status: MailingStatus
    reason: str
    rehearsal: bool
    released_at: datetime | None
    closed_at: datetime | None
    as_of: datetime
    sum: Sum
    parked: int
    lines: tuple[Line, ...]

    @property
    def not_reached(self) -> tuple[Line, ...]:
        """Who did not get it and will not by itself, in the order of the lists."""
        return tuple(line for line in self.lines if not line.is_reached and line.needs_person)

    @property
    def still_trying(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_reached and not line.needs_person)

    @property
    def units_without_anybody(self) -> tuple[str, ...]:
        """Units none of whose posts was reached, and for which nothing is under way any more."""
        served = {line.unit for line in self.lines if line.is_reached or not line.needs_person}
        return tuple(dict.fromkeys(line.unit for line in self.lines if line.unit and line.unit not in served))


def read_ledger(session: Session, mailing_id: int, as_of: datetime) -> Ledger:
    """One snapshot of everything the page, the report and the command line print. Raises NoResultFound."""
    row = queries.mailing_with_issue(session, mailing_id)
    return Ledger(
        mailing_id=mailing_id,
        title=row.title,
        number=row.number,
        kind=MailingKind(row.kind),
        status=MailingStatus(row.status),
        reason=row.reason,
        rehearsal=row.rehearsal,
        released_at=row.released_at,
        closed_at=row.closed_at,
        as_of=as_of,
        sum=queries.ledger_sum(session, mailing_id),
        parked=queries.parked_count(session, mailing_id),
        lines=tuple(_lines(queries.report_rows(session, mailing_id))),
    )


def _lines(rows: Iterable[Any]) -> Iterable[Line]:
    for row in rows:
        status = DeliveryStatus(row.status)
        cause, todo = words_for(status, row.reason, row.fault, row.bounced_by, row.due_at)
        parked = status.is_open and row.due_at is None and status is not DeliveryStatus.ATTEMPTING
        yield Line(
            list_code=row.list,
            unit=row.unit,
            post=row.post,
            name=row.name,
            phone=row.phone,
            address=row.recipient,
            status=status,
            cause=cause,
            todo=todo,
            due_at=row.due_at,
            accepted_at=row.accepted_at,
            needs_person=status not in _REACHED and (status.is_final or (parked and status is DeliveryStatus.DEFERRED)),
        )


def words_for(
    status: DeliveryStatus, reason: str, fault: str, bounced_by: str | None, due_at: datetime | None
) -> tuple[str, str]:
    """(what happened, what to do) in one line each."""
    if status is DeliveryStatus.WITHHELD:
        return _WITHHELD.get(reason, ("不发", ""))
    if status is DeliveryStatus.IN_DOUBT:
        return "正文发完后没有等到答复，对方可能已收到", "先打电话问收到没有，再决定补发或视为已发"
    cause, todo = explain(reason, Owner(fault)) if fault else ("", "")
    if status is DeliveryStatus.BOUNCED:
        return cause + ("（退信告知）" if bounced_by == "return" else ""), todo
    if status is DeliveryStatus.EXPIRED:
        return f"一直没有发出去：{cause}" if cause else "一直没有发出去", "打电话核实后补发，或送纸质件"
    if status is DeliveryStatus.CANCELLED:
        return f"取消时还没有发出：{cause}" if cause else "取消时还没有发出", "需要时补发"
    if status is DeliveryStatus.DEFERRED and due_at is None:
        return cause or "等人处理", todo
    if status is DeliveryStatus.DEFERRED:
        return cause, "会自动再试"
    return ("", "")
