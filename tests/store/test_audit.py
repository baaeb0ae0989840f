"""The audit chain: whatever is done to a record behind our back shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, select, update

from mailer.store import audit, core
from mailer.store.audit import Broken
from mailer.store.engine import Store
from tests.support.builders import AUDIT_KEY, START


@pytest.fixture
def chain(store: Store) -> Store:
    """Five records."""
    for number in range(1, 6):
        append(store, number)
    return store


def append(store: Store, number: int, **detail: object) -> None:
    with store.begin() as session:
        audit.append(
            session, AUDIT_KEY, at=START + timedelta(microseconds=number), actor="cli:某人", action="mailing.released",
            subject=f"mailing:{number}", detail=detail or {"rows": number, "to": {"报", "发"} and "报"},
        )  # fmt: skip


def verify(store: Store, key: bytes = AUDIT_KEY) -> Broken | None:
    with store.read() as session:
        return audit.verify(session, key)


def alter(store: Store, statement) -> Broken | None:
    with store.begin() as session:
        session.execute(statement)
    return verify(store)


def test_a_chain_nobody_touched_holds(chain: Store):
    assert verify(chain) is None


def test_an_empty_chain_holds(store: Store):
    assert verify(store) is None


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "mac"])
def test_an_edit_is_found_where_it_was_made(chain: Store, column: str):
    value = START if column == "at" else "other"
    found = alter(chain, update(core.audit).where(core.audit.c.id == 3).values({column: value}))
    assert found == Broken(3, "changed")


@pytest.mark.parametrize("record", [1, 3, 5])
def test_a_record_that_was_removed_is_missed_the_last_one_too(chain: Store, record: int):
    assert alter(chain, delete(core.audit).where(core.audit.c.id == record)) == Broken(record, "missing")


def test_a_chain_that_was_cut_short_is_found(chain: Store):
    assert alter(chain, delete(core.audit).where(core.audit.c.id > 2)) == Broken(3, "missing")


def test_a_chain_that_was_emptied_is_found(chain: Store):
    assert alter(chain, delete(core.audit)) == Broken(1, "missing")


def test_two_records_that_changed_places_are_found(chain: Store):
    table = core.audit
    with chain.begin() as session:
        columns = ("at", "actor", "action", "subject", "detail", "mac")
        rows = {row.id: {name: getattr(row, name) for name in columns} for row in session.execute(select(table))}
        for target, source in ((2, 3), (3, 2)):
            session.execute(update(table).where(table.c.id == target).values(**rows[source]))
    assert verify(chain) == Broken(2, "changed")


def test_numbering_the_rest_anew_does_not_hide_a_gap(chain: Store):
    table = core.audit
    with chain.begin() as session:
        session.execute(delete(table).where(table.c.id == 3))
        for number in (4, 5):
            session.execute(update(table).where(table.c.id == number).values(id=number - 1))
    assert verify(chain) == Broken(3, "changed")


def test_a_true_record_of_another_history_does_not_fit_in(chain: Store):
    """Of a copy of the database, say: signed with our key, under the right number."""
    table = core.audit
    with chain.begin() as session:
        other = session.execute(select(table).where(table.c.id == 3)).one()._mapping
        session.execute(delete(table))
        session.execute(delete(core.house_sequence).where(core.house_sequence.c.name == "audit"))
    for number in (11, 12, 13, 14):
        append(chain, number)
    assert verify(chain) is None
    assert alter(chain, update(table).where(table.c.id == 3).values(**other)) == Broken(3, "changed")


def test_another_key_proves_nothing(chain: Store):
    assert verify(chain, b"another key altogether") == Broken(1, "changed")


def test_the_chain_goes_on_after_a_check(chain: Store):
    append(chain, 6)
    assert verify(chain) is None


def test_a_record_written_in_another_zone_verifies(store: Store):
    with store.begin() as session:
        at = START.astimezone(timezone(timedelta(hours=8)))
        audit.append(session, AUDIT_KEY, at=at, actor="a", action="b", subject="c", detail={"at": at})
    assert verify(store) is None


def test_writers_at_the_same_moment_make_one_chain(store: Store):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: append(store, number), range(1, 13)))
    assert verify(store) is None
    with store.read() as session:
        assert len(session.execute(select(core.audit.c.id)).all()) == 12
