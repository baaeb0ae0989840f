"""The audit chain: whatever is done to a record behind our back shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, select, update

from mailer.store import audit, core
from mailer.store.audit import Broken, Head, Wanted
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


def verify(store: Store, key: bytes = AUDIT_KEY, witness: Head | None = None) -> list[Broken]:
    with store.read() as session:
        return audit.verify(session, key, witness)


def alter(store: Store, statement) -> list[Broken]:
    with store.begin() as session:
        session.execute(statement)
    return verify(store)


def test_a_chain_nobody_touched_holds(chain: Store):
    assert verify(chain) == []


def test_an_empty_chain_holds(store: Store):
    assert verify(store) == []


@pytest.mark.parametrize("column", ["at", "actor", "source", "action", "subject", "detail", "mac"])
def test_an_edit_is_found_where_it_was_made(chain: Store, column: str):
    value = START if column == "at" else "other"
    found = alter(chain, update(core.audit).where(core.audit.c.id == 3).values({column: value}))
    assert found[0] == Broken(3, "changed")
    # what stands behind it is not suspected, but where the very link to it was changed
    assert {each.record_id for each in found} <= ({3, 4} if column == "mac" else {3})


@pytest.mark.parametrize("record", [1, 3, 4])
def test_a_record_that_was_removed_is_missed_and_nothing_else_suspected(chain: Store, record: int):
    assert alter(chain, delete(core.audit).where(core.audit.c.id == record)) == [Broken(record, "missing", record)]


def test_a_gap_is_told_from_its_first_to_its_last_record(chain: Store):
    assert alter(chain, delete(core.audit).where(core.audit.c.id.in_([2, 3]))) == [Broken(2, "missing", 3)]


def test_a_chain_that_was_cut_short_is_found(chain: Store):
    assert alter(chain, delete(core.audit).where(core.audit.c.id > 2)) == [Broken(3, "cut", 5)]


def test_a_chain_that_was_emptied_is_found(chain: Store):
    assert alter(chain, delete(core.audit)) == [Broken(1, "cut", 5)]


def test_two_records_that_changed_places_are_found(chain: Store):
    table = core.audit
    with chain.begin() as session:
        columns = ("at", "actor", "source", "action", "subject", "detail", "mac")
        rows = {row.id: {name: getattr(row, name) for name in columns} for row in session.execute(select(table))}
        for target, source in ((2, 3), (3, 2)):
            session.execute(update(table).where(table.c.id == target).values(**rows[source]))
    assert verify(chain) == [Broken(2, "moved", 3), Broken(3, "moved", 2)]


def test_numbering_the_rest_anew_does_not_hide_a_gap(chain: Store):
    table = core.audit
    with chain.begin() as session:
        session.execute(delete(table).where(table.c.id == 3))
        for number in (4, 5):
            session.execute(update(table).where(table.c.id == number).values(id=number - 1))
    assert verify(chain) == [Broken(3, "changed"), Broken(4, "moved", 5), Broken(5, "cut", 5)]


def test_a_true_record_of_another_history_does_not_fit_in(chain: Store):
    """Of a copy of the database, say: signed with our key, under the right number."""
    table = core.audit
    with chain.begin() as session:
        other = session.execute(select(table).where(table.c.id == 3)).one()._mapping
        session.execute(delete(table))
        session.execute(delete(core.house_sequence).where(core.house_sequence.c.name == "audit"))
    for number in (11, 12, 13, 14):
        append(chain, number)
    assert verify(chain) == []
    assert alter(chain, update(table).where(table.c.id == 3).values(**other))[0] == Broken(3, "changed")


def test_another_key_proves_nothing(chain: Store):
    assert verify(chain, b"another key altogether")[0] == Broken(1, "changed")


def test_a_head_kept_elsewhere_tells_of_a_chain_cut_together_with_its_count(chain: Store):
    """Who can change the database can also make it forget how many records there were; the auditor's mail cannot be."""
    with chain.read() as session:
        kept = audit.head(session)
    assert (kept.record_id, verify(chain, witness=kept)) == (5, [])
    with chain.begin() as session:
        session.execute(delete(core.audit).where(core.audit.c.id > 3))
        session.execute(update(core.house_sequence).where(core.house_sequence.c.name == "audit").values(next_value=4))
    assert verify(chain) == []
    assert verify(chain, witness=kept) == [Broken(4, "cut", 5)]
    for number in (24, 25):
        append(chain, number)
    assert verify(chain) == []
    assert verify(chain, witness=kept) == [Broken(5, "witness")]


def test_many_broken_records_are_told_without_end_or_delay(store: Store):
    for number in range(1, 131):
        append(store, number)
    found = alter(store, update(core.audit).values(actor="other"))
    assert found == [Broken(number, "changed") for number in range(1, 101)]


def test_records_are_found_by_who_where_what_and_when(chain: Store):
    def numbers(wanted: Wanted, before: int | None = None, limit: int = 10) -> list[int]:
        with chain.read() as session:
            return [row.id for row in audit.records(session, wanted, before=before, limit=limit)]

    with chain.begin() as session:
        audit.append(
            session, AUDIT_KEY, at=START + timedelta(days=1), actor="account:100%_何", action="login",
            subject="account:100%_何", detail={}, source="203.0.113.7",
        )  # fmt: skip
    assert numbers(Wanted()) == [6, 5, 4, 3, 2, 1]
    assert numbers(Wanted(), before=4, limit=2) == [3, 2]
    assert numbers(Wanted(actor="100%_")) == [6]
    assert numbers(Wanted(actor="%")) == [6]
    assert numbers(Wanted(source="203.0")) == [6]
    assert numbers(Wanted(action="mailing."), limit=1) == [5]
    assert numbers(Wanted(subject="mailing:3")) == [3]
    assert numbers(Wanted(since=START + timedelta(hours=1))) == [6]
    assert numbers(Wanted(until=START + timedelta(hours=1)), limit=1) == [5]
    assert numbers(Wanted(actor="' OR 1=1 --")) == []


def test_the_chain_goes_on_after_a_check(chain: Store):
    append(chain, 6)
    assert verify(chain) == []


def test_a_record_written_in_another_zone_verifies(store: Store):
    with store.begin() as session:
        at = START.astimezone(timezone(timedelta(hours=8)))
        audit.append(session, AUDIT_KEY, at=at, actor="a", action="b", subject="c", detail={"at": at})
    assert verify(store) == []


def test_writers_at_the_same_moment_make_one_chain(store: Store):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: append(store, number), range(1, 13)))
    assert verify(store) == []
    with store.read() as session:
        assert len(session.execute(select(core.audit.c.id)).all()) == 12
