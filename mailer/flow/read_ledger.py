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
    "signed": ("已经签收，不再催办", ""),
    "off_list": ("核签之后移出了名单", "如仍应接收，请加回名单后补发"),
}
_ESSENTIAL = "必达：请派人送达；"
#: Reasons that we gave ourselves: no host said them.
_BY_US = {
    "resolved_by_hand": ("结果不明，已由人认定为发出", ""),
    "crashes": ("发这一封时发送程序反复中断，已单独停下", "请管理员看日志；处理好以后继续发送"),
    "unsendable": ("这一封无法生成，收件人的资料里有不能写进邮件的内容", "核对收件人的姓名和地址；改好以后补发"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One duty: for whom, how it stands, in words. ``needs_person``: nothing happens by itself any more. ``care_of``
    (代收人): whose mailbox it is; ``is_essential`` (必达): somebody goes when no mail arrives.
    """

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
    care_of: str = ""
    is_essential: bool = False

    @property
    def is_reached(self) -> bool:
        return self.status in _REACHED


@dataclass(frozen=True, slots=True)
class Head:
    """What is said of the whole mailing. ``as_of``: the moment of the snapshot."""

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


@dataclass(frozen=True, slots=True)
class Ledger(Head):
    """The whole of it, line by line."""

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
    """One snapshot of every line: what the command line and the morning sheet print. Raises NoResultFound."""
    facts = head_facts(session, mailing_id, as_of)
    parked = queries.parked_count(session, mailing_id)
    return Ledger(**facts, parked=parked, lines=tuple(_lines(queries.report_rows(session, mailing_id))))


def head_facts(session: Session, mailing_id: int, as_of: datetime) -> dict[str, Any]:
    """The fields of a Head but ``parked``. Raises NoResultFound."""
    row = queries.mailing_with_issue(session, mailing_id)
    return {
        "mailing_id": mailing_id,
        "title": row.title,
        "number": row.number,
        "kind": MailingKind(row.kind),
        "status": MailingStatus(row.status),
        "reason": row.reason,
        "rehearsal": row.rehearsal,
        "released_at": row.released_at,
        "closed_at": row.closed_at,
        "as_of": as_of,
        "sum": queries.ledger_sum(session, mailing_id),
    }


def _lines(rows: Iterable[Any]) -> Iterable[Line]:
    for row in rows:
        status = DeliveryStatus(row.status)
        cause, todo = words_for(status, row.reason, row.fault, row.bounced_by, row.due_at)
        asks = needs_person(status, row.due_at)
        yield Line(
            list_code=row.list,
            unit=row.unit,
            post=row.post,
            name=row.name,
            phone=row.phone,
            address=row.recipient,
            status=status,
            cause=cause,
            todo=(_ESSENTIAL + todo if row.essential and asks else todo),
            due_at=row.due_at,
            accepted_at=row.accepted_at,
            needs_person=asks,
            care_of=row.care_of,
            is_essential=row.essential,
        )


def needs_person(status: DeliveryStatus, due_at: datetime | None) -> bool:
    """Not reached, and nothing happens by itself any more."""
    return status not in _REACHED and (status.is_final or is_parked(status, due_at))


def is_parked(status: DeliveryStatus, due_at: datetime | None) -> bool:
    """Waits for a person, not for a time."""
    return due_at is None and status in {DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED}


def meaning(reason: str, fault: str) -> tuple[str, str]:
    """(what happened, what to do) of a reason alone, the host's or ours; two blanks where there is none to tell."""
    if reason in _BY_US:
        return _BY_US[reason]
    return explain(reason, Owner(fault)) if fault else _WITHHELD.get(reason, ("", ""))


def words_for(
    status: DeliveryStatus, reason: str, fault: str, bounced_by: str | None, due_at: datetime | None
) -> tuple[str, str]:
    """(what happened, what to do) in one line each."""
    if status is DeliveryStatus.WITHHELD:
        return _WITHHELD.get(reason, ("不发", ""))
    if status is DeliveryStatus.IN_DOUBT:
        return "正文发完后没有等到答复，对方可能已收到", "先打电话问收到没有，再决定补发或视为已发"
    cause, todo = meaning(reason, fault)
    if status in _REACHED:
        return cause, todo
    if status is DeliveryStatus.BOUNCED:
        return cause + ("（退信告知）" if bounced_by == "return" else ""), todo
    if status is DeliveryStatus.EXPIRED:
        return f"一直没有发出去：{cause}" if cause else "一直没有发出去", "打电话核实后补发，或送纸质件"
    if status is DeliveryStatus.CANCELLED:
        return f"取消时还没有发出：{cause}" if cause else "取消时还没有发出", "需要时补发"
    if is_parked(status, due_at):
        return cause or "等人处理", todo or "处理好以后继续发送"
    if status is DeliveryStatus.DEFERRED:
        return cause, "会自动再试"
    return ("", "")
