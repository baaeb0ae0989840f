"""How fast a mailing goes, how long it still takes, and which domains make trouble: what a clerk asks while it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.flow.read_ledger import Head, meaning
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.model.verdict import Owner
from mailer.store import ledger_reads, queries

_S = DeliveryStatus
_LOOKS_BACK = timedelta(minutes=2)  # leases alive since then tell the rate of now
_SHORTEST = 2.0  # seconds; less tells no rate
_DAY = timedelta(days=1)
_SHOWN = 6  # domains
_NOTEWORTHY = 3  # deliveries put off for the line's or the host's own reasons; fewer are the business of their lines
_OF_DOMAIN = frozenset({"hostunknown", "notaccept"})  # a return that speaks of the domain, not of one person
_OUR_FAULTS = frozenset({Owner.RATE, Owner.CONTENT, Owner.SENDER, Owner.SETUP})


@dataclass(frozen=True, slots=True)
class Pace:
    """``per_minute``: deliveries begun; None when nothing is being sent. ``left``: until what is due now has been tried.

    ``resumes_at``: the day's budget is spent, and some of it is free again then.
    """

    waiting: int
    per_minute: float | None = None
    left: timedelta | None = None
    resumes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What the relay may be given: attempts a minute and a day (0: any number), booked under ``scope``."""

    scope: str
    per_minute: int
    per_day: int


@dataclass(frozen=True, slots=True)
class DomainTrouble:
    """One domain's trouble in words. ``status``: of the deliveries it is about."""

    domain: str
    n: int
    sentence: str
    status: DeliveryStatus
    next_due: datetime | None
    is_stopped: bool


def read_pace(session: Session, head: Head, budget: Budget) -> Pace:
    """For a mailing of any status; only one that is sending has a rate."""
    waiting = head.sum.counts[_S.QUEUED] + head.sum.counts[_S.ATTEMPTING]
    if head.status is not MailingStatus.SENDING or not waiting:
        return Pace(waiting)
    if budget.per_day:
        used, oldest = queries.pace_used(session, budget.scope, head.as_of - _DAY)
        if used >= budget.per_day and oldest is not None:
            return Pace(waiting, resumes_at=oldest + _DAY)
    begun, first = ledger_reads.begun_since(session, head.mailing_id, head.as_of - _LOOKS_BACK)
    seconds = (head.as_of - first).total_seconds() if first else 0.0
    per_minute = begun / seconds * 60 if begun and seconds >= _SHORTEST else None
    if per_minute is None and budget.per_minute:
        per_minute = float(budget.per_minute)
    return Pace(waiting, per_minute, timedelta(minutes=waiting / per_minute) if per_minute else None)


def read_troubles(session: Session, mailing_id: int, now: datetime) -> tuple[DomainTrouble, ...]:
    """The domains worth a sentence, those that are stopped first, then the largest; six at most."""
    held = {row.domain: row for row in ledger_reads.held_domains(session, mailing_id, now)}
    found: dict[str, DomainTrouble] = {}
    for row in ledger_reads.trouble_by_domain(session, mailing_id):
        status, owner = DeliveryStatus(row.status), Owner(row.fault or "none")
        is_stopped = row.domain in held or (status is _S.DEFERRED and row.parked == row.n)
        if row.domain in found or not (is_stopped or _is_noteworthy(status, owner, row.reason, row.n)):
            continue
        cause, todo = meaning(row.reason, row.fault)
        what = _what(
            status, row.n, is_stopped=is_stopped, waits_for_time=bool(held.get(row.domain) and held[row.domain].until)
        )
        found[row.domain] = DomainTrouble(
            row.domain, row.n, f"{cause or '没有说明原因'}。{what}{todo + '。' if is_stopped or status is _S.BOUNCED else ''}",
            status, row.next_due, is_stopped,
        )  # fmt: skip
    for domain, row in held.items():
        if domain in found:
            found[domain] = replace(found[domain], next_due=row.until or found[domain].next_due)
    return tuple(_ordered(found.values())[:_SHOWN])


def _is_noteworthy(status: DeliveryStatus, owner: Owner, reason: str, n: int) -> bool:
    if owner in _OUR_FAULTS:
        return True
    return reason in _OF_DOMAIN if status is _S.BOUNCED else n >= _NOTEWORTHY


def _what(status: DeliveryStatus, n: int, *, is_stopped: bool, waits_for_time: bool) -> str:
    if status is _S.BOUNCED:
        return f"{n} 封退回。"
    if is_stopped and not waits_for_time:
        return f"已停发这个域名，{n} 封等人处理；其他单位不受影响。"
    if is_stopped:
        return f"这个域名先停一停，{n} 封稍后自动再试；其他单位不受影响。"
    return f"{n} 封稍后自动再试；其他单位不受影响。"


def _ordered(troubles: Iterable[DomainTrouble]) -> list[DomainTrouble]:
    return sorted(troubles, key=lambda each: (not each.is_stopped, -each.n, each.domain))
