"""Times are aware UTC in and out, and a snapshot is one moment, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from mailer.model.delivery import DeliveryStatus
from mailer.store import core, ledger_rows, queries, queue, writes
from mailer.store.engine import Store
from mailer.store.tables import TaskRow
from tests.support.builders import START, addresses, plain_mailing

task = TaskRow.__table__  # type: ignore[attr-defined]  # SQLModel's table, typed by nobody


def stored(store: Store, moment: datetime) -> datetime:
    with store.begin() as session:
        writes.open_task(session, kind="k", title="t", dedupe_key=str(moment), now=moment)
        found: datetime = session.execute(select(task.c.created_at)).scalar_one()
    return found


@pytest.mark.parametrize(
    "moment",
    [
        START,
        datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC),
        datetime(2026, 11, 23, 18, tzinfo=timezone(timedelta(hours=8))),
        datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-9))),
    ],
)
def test_the_same_moment_comes_back_in_utc(store: Store, moment: datetime):
    found = stored(store, moment)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(store: Store):
    with pytest.raises(StatementError, match="without a zone"):
        stored(store, datetime(2026, 11, 23, 10))  # noqa: DTZ001 - that is the point


def test_times_of_different_zones_are_compared_as_moments(store: Store):
    plain_mailing(store, addresses(1))
    office = timezone(timedelta(hours=8))
    with store.read() as session:
        assert queue.due_mailings(session, START.astimezone(office)) != ()
        assert queue.due_mailings(session, (START - timedelta(seconds=1)).astimezone(office)) == ()


def test_a_transaction_that_raises_leaves_nothing(store: Store):
    def fail() -> None:
        with store.begin() as session:
            writes.set_fact(session, "key", "value")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as session:
        assert writes.fact(session, "key") is None


def test_a_snapshot_does_not_move_under_the_reader(store: Store):
    mailing_id = plain_mailing(store, addresses(4))
    with store.read() as session:
        before = queries.ledger_sum(session, mailing_id)
        with store.begin() as other:
            rows = other.execute(select(core.delivery)).all()[:2]
            ledger_rows.move_rows(other, mailing_id, rows, DeliveryStatus.CANCELLED, {})
        assert queries.ledger_sum(session, mailing_id).counts == before.counts
        assert queries.counted(session, mailing_id) == before.counts
    with store.read() as session:
        assert queries.ledger_sum(session, mailing_id).counts != before.counts


def test_sqlite_survives_a_power_cut(store: Store):
    if not store.is_sqlite:
        with store.read() as session:
            assert session.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        return
    with store.begin() as session:
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
