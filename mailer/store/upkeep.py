"""Statements of recovery and of the sweep: what time, death and second thoughts do to waiting and doubtful rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session

from mailer.model.delivery import Cell, DeliveryEventKind, DeliveryStatus, cell, sources
from mailer.model.mailing import MailingStatus
from mailer.store.core import delivery, event, lease, mailing
from mailer.store.ledger_rows import move_rows, record
from mailer.store.queue import Change

_ATTEMPTING = str(DeliveryStatus.ATTEMPTING)


def open_leases(session: Session) -> Sequence[Any]:
    """Every open lease: id, mailing_id, worker_id, epoch, begun_to, expires_at."""
    return session.execute(select(lease).where(lease.c.state == "open").order_by(lease.c.id)).all()


def open_lease(session: Session, lease_id: int) -> Any | None:
    return session.execute(select(lease).where(lease.c.id == lease_id, lease.c.state == "open")).one_or_none()


def take_lease(session: Session, lease_id: int) -> bool:
    """Locks an open lease for recovery: its worker can renew it no more. False when somebody was quicker."""
    changed = session.connection().execute(
        update(lease).where(lease.c.id == lease_id, lease.c.state == "open").values(worker_id="recovery")
    )
    return changed.rowcount == 1


def rows_of_lease(session: Session, lease_id: int) -> Sequence[Any]:
    return session.execute(
        select(delivery)
        .where(delivery.c.lease_id == lease_id, delivery.c.status == _ATTEMPTING)
        .order_by(delivery.c.lease_seq)
    ).all()


def rows_by_id(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    return session.execute(select(delivery).where(delivery.c.id.in_(ids))).all()


def doubted_under(session: Session, lease_id: int) -> Sequence[tuple[int, int]]:
    """The (delivery id, attempt) pairs that were put in doubt under a lease."""
    found = session.execute(
        select(event.c.delivery_id, event.c.attempt).where(
            event.c.lease_id == lease_id, event.c.kind == str(DeliveryEventKind.DOUBTED)
        )
    )
    return [(row.delivery_id, row.attempt) for row in found]


def resolve_doubts(session: Session, *, mailing_id: int, changes: Sequence[Change]) -> int:
    """Outcomes that turn up after their rows were put in doubt: late evidence, for the very attempt in doubt only."""
    resolved = 0
    for change in changes:
        row = session.execute(
            select(delivery.c.id, delivery.c.list_code, delivery.c.status)
            .where(
                delivery.c.id == change.delivery_id,
                delivery.c.attempts == change.attempt,
                delivery.c.status == str(DeliveryStatus.IN_DOUBT),
            )
            .with_for_update()
        ).one_or_none()
        if row is None or change.event is DeliveryEventKind.DOUBTED:
            continue
        after = cell(DeliveryStatus.IN_DOUBT, change.event)
        if isinstance(after, Cell):
            continue
        move_rows(session, mailing_id, [row], after, change.values)
        record(session, mailing_id, [row.id], change.event, change.at, attempt=change.attempt, reason="late_evidence")
        resolved += 1
    return resolved


def _waiting(session: Session, mailing_id: int, event: DeliveryEventKind, *where: ColumnElement[bool]) -> Sequence[Any]:
    return session.execute(
        select(delivery.c.id, delivery.c.list_code, delivery.c.status)
        .where(
            delivery.c.mailing_id == mailing_id,
            delivery.c.status.in_([str(status) for status in sources(event)]),
            delivery.c.lease_id.is_(None),
            *where,
        )
        .with_for_update()
    ).all()


def expire_waiting(session: Session, mailing_id: int, queued_before: datetime, now: datetime) -> int:
    """Gives up rows that waited too long and would be due again; parked rows wait for their person."""
    rows = _waiting(
        session,
        mailing_id,
        DeliveryEventKind.EXPIRED,
        delivery.c.queued_at <= queued_before,
        delivery.c.due_at <= now,
    )
    move_rows(session, mailing_id, rows, DeliveryStatus.EXPIRED, {"due_at": None, "finished_at": now})
    record(session, mailing_id, [row.id for row in rows], DeliveryEventKind.EXPIRED, now)
    return len(rows)


def withhold_waiting(session: Session, mailing_id: int, excluded: ColumnElement[bool], now: datetime) -> int:
    """Suppressed addresses that still wait: not to be sent."""
    rows = _waiting(session, mailing_id, DeliveryEventKind.WITHHELD, excluded)
    move_rows(
        session,
        mailing_id,
        rows,
        DeliveryStatus.WITHHELD,
        {"due_at": None, "finished_at": now, "reason": "suppressed"},
    )
    record(session, mailing_id, [row.id for row in rows], DeliveryEventKind.WITHHELD, now, reason="suppressed")
    return len(rows)


def cancel_waiting(session: Session, mailing_id: int, now: datetime, actor: str = "") -> int:
    rows = _waiting(session, mailing_id, DeliveryEventKind.CANCELLED)
    move_rows(session, mailing_id, rows, DeliveryStatus.CANCELLED, {"due_at": None, "finished_at": now})
    record(session, mailing_id, [row.id for row in rows], DeliveryEventKind.CANCELLED, now, actor=actor)
    return len(rows)


def cancel_leftovers(session: Session, mailing_id: int, now: datetime) -> None:
    """Rows that came back from a worker after their mailing was cancelled, or after another took its place."""
    row = session.execute(select(mailing.c.status, mailing.c.superseded_by).where(mailing.c.id == mailing_id)).one()
    if row.status == str(MailingStatus.CANCELLED) or row.superseded_by is not None:
        cancel_waiting(session, mailing_id, now)


def park_crashers(session: Session, mailing_id: int, crashes: int) -> int:
    """Rows that were granted in that many crashes wait for a person, so that the others can go."""
    changed = session.connection().execute(
        update(delivery)
        .where(
            delivery.c.mailing_id == mailing_id,
            delivery.c.status == str(DeliveryStatus.QUEUED),
            delivery.c.crashes >= crashes,
        )
        .values(due_at=None, reason="crashes", fault="setup")
    )
    return changed.rowcount


def park_domain(session: Session, mailing_id: int, domain: str) -> None:
    """The waiting rows of a domain wait for a person now, not for a time."""
    session.execute(
        update(delivery)
        .where(
            delivery.c.mailing_id == mailing_id,
            delivery.c.domain == domain,
            delivery.c.status.in_([str(DeliveryStatus.QUEUED), str(DeliveryStatus.DEFERRED)]),
        )
        .values(due_at=None)
    )


def rows_in_doubt(
    session: Session, mailing_id: int, address: str | None = None, delivery_id: int | None = None
) -> Sequence[Any]:
    """Locked. ``address``, ``delivery_id``: only that one."""
    query = select(delivery.c.id, delivery.c.list_code, delivery.c.status).where(
        delivery.c.mailing_id == mailing_id, delivery.c.status == str(DeliveryStatus.IN_DOUBT)
    )
    if address is not None:
        query = query.where(delivery.c.address_key == address.casefold())
    if delivery_id is not None:
        query = query.where(delivery.c.id == delivery_id)
    return session.execute(query.with_for_update()).all()


def unpark(session: Session, mailing_id: int, now: datetime, actor: str) -> int:
    """Parked rows join the queue again because a person said so."""
    rows = _waiting(session, mailing_id, DeliveryEventKind.RETRY_ORDERED, delivery.c.due_at.is_(None))
    move_rows(session, mailing_id, rows, DeliveryStatus.QUEUED, {"due_at": now, "crashes": 0})
    record(session, mailing_id, [row.id for row in rows], DeliveryEventKind.RETRY_ORDERED, now, actor=actor)
    return len(rows)
