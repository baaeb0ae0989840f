"""Reads for whoever watches the service from outside. From the database, so that many processes give one truth.

Rehearsals are left out. What would grow with the years is bounded: domains and reasons are counted over the mailings
that are under way or were released within a day, attempts over the newest events. Addresses never appear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.core import (
    audit,
    delivery,
    domain_hold,
    event,
    lease,
    mailing,
    returned,
    tally,
    task,
    worker,
)

RECENT: Final = timedelta(days=1)
ATTEMPTS_WITHIN: Final = timedelta(minutes=5)
_NEWEST_EVENTS = 20_000  # looked at by their ids: events have no index by time
_NEWEST_ACCEPTED = 2_000
_WAITING = (str(DeliveryStatus.QUEUED), str(DeliveryStatus.DEFERRED))
_UNDER_WAY = (str(MailingStatus.SENDING), str(MailingStatus.PAUSED), str(MailingStatus.HELD))
_ACCEPTED = str(DeliveryEventKind.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Attempts:
    """What ended in the last ``over`` seconds: by (how it ended, whose fault); seconds from queue to relay of accepted ones.

    ``over`` is less than ATTEMPTS_WITHIN when so much was sent that the newest events do not reach back so far.
    """

    over: float
    ended: dict[tuple[str, str], int]
    waited: tuple[float, ...]


def deliveries_by_list(session: Session) -> Sequence[Any]:
    """list_code, status, n over all mailings, from their counters."""
    return session.execute(
        select(tally.c.list_code, tally.c.status, func.sum(tally.c.n).label("n"))
        .join(mailing, mailing.c.id == tally.c.mailing_id)
        .where(mailing.c.rehearsal.is_(False))
        .group_by(tally.c.list_code, tally.c.status)
        .order_by(tally.c.list_code, tally.c.status)
    ).all()


def deliveries_by_domain(session: Session, now: datetime) -> Sequence[Any]:
    """domain, status, n, attempts, tried (rows that were tried at all) over recent mailings."""
    return session.execute(
        select(
            delivery.c.domain,
            delivery.c.status,
            func.count().label("n"),
            func.sum(delivery.c.attempts).label("attempts"),
            func.sum(case((delivery.c.attempts > 0, 1), else_=0)).label("tried"),
        )
        .where(delivery.c.mailing_id.in_(_recent(session, now)))
        .group_by(delivery.c.domain, delivery.c.status)
    ).all()


def troubles(session: Session, now: datetime) -> Sequence[Any]:
    """status, reason, bounced_by, n of what did not simply go out, over recent mailings."""
    return session.execute(
        select(delivery.c.status, delivery.c.reason, delivery.c.bounced_by, func.count().label("n"))
        .where(delivery.c.mailing_id.in_(_recent(session, now)))
        .where(delivery.c.status.in_([str(DeliveryStatus.BOUNCED), str(DeliveryStatus.DEFERRED)]))
        .group_by(delivery.c.status, delivery.c.reason, delivery.c.bounced_by)
    ).all()


def queue(session: Session, now: datetime) -> tuple[int, datetime | None, int]:
    """(rows due now, when the oldest of them became due, rows parked for a person) of mailings that may send."""
    active = _with_status(session, MailingStatus.SENDING)
    n, oldest = session.execute(
        select(func.count(), func.min(delivery.c.due_at)).where(
            delivery.c.mailing_id.in_(active), delivery.c.status.in_(_WAITING), delivery.c.due_at <= now
        )
    ).one()
    parked = session.execute(
        select(func.count()).where(
            delivery.c.mailing_id.in_(active), delivery.c.status.in_(_WAITING), delivery.c.due_at.is_(None)
        )
    ).scalar_one()
    return int(n), oldest, int(parked)


def attempts(session: Session, now: datetime) -> Attempts:
    newest = session.execute(select(func.max(event.c.id))).scalar() or 0
    since = now - ATTEMPTS_WITHIN
    recent = and_(event.c.id > newest - _NEWEST_EVENTS, event.c.at > since, event.c.phase.is_not(None))
    real = select(mailing.c.id).where(mailing.c.rehearsal.is_(False))
    rows = session.execute(
        select(event.c.kind, event.c.fault, func.count().label("n"))
        .where(recent, event.c.mailing_id.in_(real))
        .group_by(event.c.kind, event.c.fault)
    ).all()
    first = session.execute(select(func.min(event.c.at)).where(event.c.id > newest - _NEWEST_EVENTS)).scalar()
    waited = session.execute(
        select(delivery.c.queued_at, delivery.c.accepted_at)
        .join(event, event.c.delivery_id == delivery.c.id)
        .where(recent, event.c.kind == _ACCEPTED, event.c.mailing_id.in_(real), delivery.c.queued_at.is_not(None))
        .where(delivery.c.accepted_at.is_not(None))
        .order_by(event.c.id.desc())
        .limit(_NEWEST_ACCEPTED)
    ).all()
    reaches_back = newest > _NEWEST_EVENTS and first is not None and first > since
    return Attempts(
        over=max(1.0, (now - first).total_seconds()) if reaches_back and first else ATTEMPTS_WITHIN.total_seconds(),
        ended={(row.kind, row.fault): int(row.n) for row in rows},
        waited=tuple(sorted((row.accepted_at - row.queued_at).total_seconds() for row in waited)),
    )


def mailings_by_status(session: Session) -> Sequence[Any]:
    """status, n."""
    return session.execute(
        select(mailing.c.status, func.count().label("n"))
        .where(mailing.c.rehearsal.is_(False))
        .group_by(mailing.c.status)
    ).all()


def domains_held(session: Session, now: datetime) -> int:
    """Domains the breaker parks now, over mailings under way."""
    return int(
        session.execute(
            select(func.count())
            .select_from(domain_hold)
            .join(mailing, mailing.c.id == domain_hold.c.mailing_id)
            .where(mailing.c.status.in_(_UNDER_WAY), or_(domain_hold.c.until.is_(None), domain_hold.c.until > now))
        ).scalar_one()
    )


def leases(session: Session, now: datetime) -> tuple[int, int, int]:
    """(open, of these run out, of these of a process that is gone: its journal is still to be read)."""
    overdue = case((lease.c.expires_at < now, 1), else_=0)
    gone = case((worker.c.ended_at.is_not(None), 1), else_=0)
    row = session.execute(
        select(func.count(), func.sum(overdue), func.sum(gone))
        .select_from(lease)
        .outerjoin(worker, worker.c.id == lease.c.worker_id)
        .where(lease.c.state == "open")
    ).one()
    return int(row[0]), int(row[1] or 0), int(row[2] or 0)


def workers(session: Session, seen_after: datetime, not_before: datetime) -> Sequence[Any]:
    """role, alive, silent: processes that did not say they ended, by whether they showed themselves lately.

    ``not_before``: what was silent longer than that is of the past.
    """
    alive = case((worker.c.seen_at > seen_after, 1), else_=0)
    return session.execute(
        select(worker.c.role, func.sum(alive).label("alive"), func.sum(1 - alive).label("silent"))
        .where(worker.c.ended_at.is_(None), worker.c.seen_at > not_before)
        .group_by(worker.c.role)
    ).all()


def returns_by_state(session: Session) -> Sequence[Any]:
    """state, n, oldest (received_at)."""
    return session.execute(
        select(returned.c.state, func.count().label("n"), func.min(returned.c.received_at).label("oldest")).group_by(
            returned.c.state
        )
    ).all()


def tasks_by_kind(session: Session) -> Sequence[Any]:
    """kind, n, oldest (created_at) of the open ones."""
    return session.execute(
        select(task.c.kind, func.count().label("n"), func.min(task.c.created_at).label("oldest"))
        .where(task.c.state == "open")
        .group_by(task.c.kind)
    ).all()


def audit_records(session: Session) -> int:
    return int(session.execute(select(func.max(audit.c.id))).scalar() or 0)


def _recent(session: Session, now: datetime) -> list[int]:
    return list(
        session.execute(
            select(mailing.c.id).where(
                mailing.c.rehearsal.is_(False),
                or_(mailing.c.status.in_(_UNDER_WAY), mailing.c.released_at > now - RECENT),
            )
        ).scalars()
    )


def _with_status(session: Session, status: MailingStatus) -> list[int]:
    return list(
        session.execute(
            select(mailing.c.id).where(mailing.c.rehearsal.is_(False), mailing.c.status == str(status))
        ).scalars()
    )
