"""Short hands on the queue for the store's tests: claim, end an attempt, look at a row, see whether the sums agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import func, select

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus, transition
from mailer.store import queries, queue
from mailer.store.core import delivery, event, lease
from mailer.store.engine import Store
from mailer.store.queue import Change, Claimed, Lease
from tests.support.builders import EPOCH, START, nobody

T = TypeVar("T")

LEASE_FOR = timedelta(seconds=120)


def claim(store: Store, mailing_id: int, *, worker: str = "w1", now: datetime = START, **changed: Any) -> Lease | None:
    values: dict[str, Any] = {
        "mailing_id": mailing_id, "worker_id": worker, "epoch": EPOCH, "now": now, "expires_at": now + LEASE_FOR,
        "limit": 100, "excluded": nobody(now),
    } | changed  # fmt: skip
    with store.begin() as session:
        return queue.claim(session, **values)


def claimed(store: Store, mailing_id: int, **changed: Any) -> Lease:
    lease = claim(store, mailing_id, **changed)
    assert lease is not None
    return lease


def ended(row: Claimed, kind: DeliveryEventKind = DeliveryEventKind.ACCEPTED, **values: Any) -> Change:
    """How the attempt on a claimed row ended."""
    status = transition(DeliveryStatus.ATTEMPTING, kind)
    columns = dict.fromkeys(
        (
            "due_at", "phase", "reply_code", "enhanced_status", "reply_text", "host", "bounced_by", "accepted_at",
            "finished_at",
        )
    ) | {"doubts": row.doubts, "reason": "", "fault": "", "hard": False}  # fmt: skip
    return Change(row.id, row.attempts, row.list_code, kind, status, columns | values, START)


def settle(store: Store, lease: Lease, changes: Sequence[Change]) -> int:
    with store.begin() as session:
        return queue.settle(session, lease_id=lease.id, mailing_id=lease.mailing_id, changes=changes)


def row_of(store: Store, delivery_id: int) -> Any:
    with store.read() as session:
        return queries.delivery_row(session, delivery_id)


def rows_of(store: Store, mailing_id: int) -> list[Any]:
    with store.read() as session:
        return list(
            session.execute(select(delivery).where(delivery.c.mailing_id == mailing_id).order_by(delivery.c.id)).all()
        )


def events_of(store: Store, mailing_id: int) -> list[tuple[int, str]]:
    with store.read() as session:
        found = session.execute(select(event).where(event.c.mailing_id == mailing_id).order_by(event.c.id)).all()
    return [(row.delivery_id, row.kind) for row in found]


def lease_row(store: Store, lease_id: int) -> Any:
    with store.read() as session:
        return session.execute(select(lease).where(lease.c.id == lease_id)).one()


def disagreement(store: Store, mailing_id: int) -> str:
    """'' when the frozen count, the counters by list and status, and the rows are one (I5); else what differs."""
    with store.read() as session:
        ledger = queries.ledger_sum(session, mailing_id)
        counted = queries.counted(session, mailing_id)
        by_list = {
            (row[0], DeliveryStatus(row[1])): row[2]
            for row in session.execute(
                select(delivery.c.list_code, delivery.c.status, func.count())
                .where(delivery.c.mailing_id == mailing_id)
                .group_by(delivery.c.list_code, delivery.c.status)
            )
        }
    counters = {(code, status): n for code, each in ledger.by_list.items() for status, n in each.items() if n}
    if counters != by_list or ledger.counts != counted or not ledger.adds_up:
        return f"frozen {ledger.recipients}, counters {counters}, rows {by_list}"
    return ""


def together(n: int, work: Callable[[int], T]) -> list[T]:
    """Runs ``work(number)`` in n threads that start at the same moment."""
    gate = Barrier(n, timeout=20)

    def start(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(start, range(n)))
