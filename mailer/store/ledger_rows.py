"""Rows of deliveries on the move: the tables the queue works on, and the one way a row changes its status.

Whoever moves rows moves their counters in the same transaction (Store.begin writes them at its end). Given a Session, never commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.store.core import delivery, event, tally

Tally = Counter[tuple[str, str]]  # (list code, status) -> by how much

_ROWS_A_STATEMENT = 500  # ids in one IN list
_PENDING = "counters"  # in Session.info: what this transaction has moved


def move_rows(
    session: Session, mailing_id: int, rows: Sequence[Any], status: DeliveryStatus, values: dict[str, Any]
) -> None:
    """Moves rows that are locked (id, list_code, status of each) to one status, out of any lease, counters with them."""
    if not rows:
        return
    moved: Tally = Counter()
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        part = rows[start : start + _ROWS_A_STATEMENT]
        session.connection().execute(
            update(delivery)
            .where(delivery.c.id.in_([row.id for row in part]))
            .values(status=str(status), lease_id=None, lease_seq=None, **values)
        )
        for row in part:
            moved[row.list_code, row.status] -= 1
            moved[row.list_code, str(status)] += 1
    add_to_tally(session, mailing_id, moved)


def record(
    session: Session, mailing_id: int, ids: Sequence[int], kind: DeliveryEventKind, now: datetime, **values: Any
) -> None:
    """Appends one event of the same kind to each of these deliveries."""
    if ids:
        session.connection().execute(
            insert(event),
            [
                {"delivery_id": id_, "mailing_id": mailing_id, "at": now, "kind": str(kind), "actor": ""} | values
                for id_ in ids
            ],
        )


def add_to_tally(session: Session, mailing_id: int, moved: Tally) -> None:
    """Notes how a mailing's counters move; ``write_tally`` writes it when the transaction ends."""
    pending: Counter[tuple[int, str, str]] = session.info.setdefault(_PENDING, Counter())
    for (list_code, status), by in moved.items():
        pending[mailing_id, list_code, status] += by


def write_tally(session: Session) -> None:
    """Moves the counters, once in a transaction and in a fixed order: every worker moves the same few rows, and whoever
    took them one by one along the way would sooner or later wait for somebody who waits for him.
    """
    pending: Counter[tuple[int, str, str]] = session.info.pop(_PENDING, Counter())
    changes = [
        {"b_mailing": mailing_id, "b_list": list_code, "b_status": status, "b_n": by}
        for (mailing_id, list_code, status), by in sorted(pending.items())
        if by != 0
    ]
    if changes:
        session.connection().execute(_write_tally, changes)


_write_tally = (
    update(tally)
    .where(
        and_(
            tally.c.mailing_id == bindparam("b_mailing"),
            tally.c.list_code == bindparam("b_list"),
            tally.c.status == bindparam("b_status"),
        )
    )
    .values(n=tally.c.n + bindparam("b_n"))
)
