"""Ids nobody else gets, rows that are made once, jobs that one process does at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from mailer.model.mailing import IllegalMailingTransitionError, MailingEventKind, MailingStatus
from mailer.store import accounts, core, queries, writes
from mailer.store.core import delivery, tally
from mailer.store.engine import Store
from tests.store.queueing import together
from tests.support.builders import START, addresses, plain_mailing


def test_ids_drawn_by_many_at_once_are_drawn_once(store: Store):
    def draw(number: int) -> list[range]:
        found = []
        for count in (1, 3, number + 1):
            with store.begin() as session:
                first = writes.next_ids(session, "delivery", count)
                found.append(range(first, first + count))
        return found

    drawn = [id_ for ranges in together(4, draw) for part in ranges for id_ in part]
    assert sorted(drawn) == list(range(1, len(drawn) + 1))


def test_sequences_do_not_share_their_numbers(store: Store):
    with store.begin() as session:
        assert [writes.next_ids(session, name, 2) for name in ("a", "b", "a")] == [1, 1, 3]


def test_a_draw_that_is_rolled_back_leaves_no_gap(store: Store):
    def fail() -> None:
        with store.begin() as session:
            writes.next_ids(session, "audit", 5)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.begin() as session:
        assert writes.next_ids(session, "audit", 1) == 1


def test_of_many_who_insert_the_same_key_one_does(store: Store):
    def add(number: int) -> bool:
        with store.begin() as session:
            made = accounts.add(
                session, name=f"Admin{number}", name_key="admin", password_hash="h", given=True, now=START
            )
        return made is not None

    made = together(4, add)
    assert sum(made) == 1
    with store.read() as session:
        assert accounts.count(session) == 1


def test_a_task_is_opened_once(store: Store):
    with store.begin() as session:
        assert [writes.open_task(session, kind="k", title="t", dedupe_key=key, now=START) for key in "aab"] == [
            True, False, True,
        ]  # fmt: skip
        assert len(queries.open_tasks(session)) == 2


def test_a_fact_is_remembered_replaced_and_forgotten(store: Store):
    with store.begin() as session:
        assert writes.fact(session, "relay") is None
        for value in ("down", "refused", None, None):
            writes.set_fact(session, "relay", value)
            assert writes.fact(session, "relay") == value


def test_a_house_lease_is_held_by_one_until_it_is_over(store: Store):
    def take(holder: str, after: int) -> bool:
        now = START + timedelta(seconds=after)
        with store.begin() as session:
            return writes.take_house_lease(session, "sweep", holder, now, timedelta(seconds=30))

    assert take("a", 0)
    assert not take("b", 10)
    assert take("a", 20), "its holder may go on"
    assert not take("b", 49)
    assert take("b", 50)
    assert not take("a", 51)


def test_of_many_who_want_a_house_lease_one_gets_it(store: Store):
    def take(number: int) -> bool:
        with store.begin() as session:
            return writes.take_house_lease(session, "sweep", f"w{number}", START, timedelta(seconds=30))

    assert sum(together(4, take)) == 1


def test_a_lock_is_held_until_the_transaction_ends(store: Store):
    order: list[str] = []

    def work(number: int) -> None:
        with store.begin() as session:
            writes.lock(session, "addresses")
            order.append(f"in {number}")
            order.append(f"out {number}")

    together(4, work)
    assert [word.split()[0] for word in order] == ["in", "out"] * 4
    assert [a.split()[1] for a in order[::2]] == [b.split()[1] for b in order[1::2]]


def test_a_mailing_moves_by_its_table_only(store: Store):
    mailing_id = plain_mailing(store, addresses(1))
    with store.begin() as session:
        assert writes.move_mailing(session, mailing_id, MailingEventKind.PAUSED, reason="why") is MailingStatus.PAUSED
        row = queries.mailing(session, mailing_id)
        assert (row.status, row.reason) == ("paused", "why")
        with pytest.raises(IllegalMailingTransitionError):
            writes.move_mailing(session, mailing_id, MailingEventKind.RELEASED)
        with pytest.raises(NoResultFound):
            writes.move_mailing(session, 999, MailingEventKind.PAUSED)


def test_a_freezing_that_died_is_thawed_without_a_trace(store: Store):
    mailing_id = plain_mailing(store, addresses(5), released=False)
    other = plain_mailing(store, addresses(2), key="other", released=False)
    with store.begin() as session:
        writes.thaw_rows(session, mailing_id)
    with store.read() as session:
        for table in (delivery, tally, core.duty):
            left = session.execute(select(table.c.mailing_id, func.count()).group_by(table.c.mailing_id)).all()
            assert [row[0] for row in left] == [other]


def test_an_attempt_granted_counts_against_its_budget_for_its_time(store: Store):
    def used(after: int, seconds: int) -> tuple[int, object]:
        since = START + timedelta(seconds=after - seconds)
        with store.read() as session:
            return queries.pace_used(session, "relay-1", since)

    with store.begin() as session:
        for after, n in ((0, 10), (30, 5)):
            writes.grant_pace(session, "relay-1", START + timedelta(seconds=after), n)
        writes.grant_pace(session, "relay-2", START, 100)
    assert used(40, 60) == (15, START)
    assert used(60, 60) == (5, START + timedelta(seconds=30)), "what is as old as the window no longer counts"
    assert used(200, 60) == (0, None)
    assert used(200, 3_600) == (15, START)


def test_old_grants_are_swept_out_by_the_next_one(store: Store):
    with store.begin() as session:
        writes.grant_pace(session, "relay-1", START, 10)
        writes.grant_pace(session, "relay-1", START + timedelta(days=2, seconds=1), 1)
        assert queries.pace_used(session, "relay-1", START - timedelta(days=1)) == (
            1, START + timedelta(days=2, seconds=1),
        )  # fmt: skip


def test_domains_that_have_used_their_budget(store: Store):
    with store.begin() as session:
        for domain, n in (("a.example", 3), ("a.example", 2), ("b.example", 4), ("a_example", 9)):
            writes.grant_pace(session, queries.domain_scope(domain), START, n)
        writes.grant_pace(session, "relay-1", START, 50)
        since = START - timedelta(minutes=1)
        assert sorted(queries.domains_over(session, since, 5)) == ["a.example", "a_example"]
        assert queries.domains_over(session, START, 5) == ()


def test_a_domain_is_held_until_its_time_or_a_person(store: Store):
    mailing_id = plain_mailing(store, addresses(1))

    def hold(after: int, until: int | None) -> bool:
        moment = None if until is None else START + timedelta(seconds=until)
        with store.begin() as session:
            return writes.hold_domain(
                session, mailing_id, "d0.example", reason="speeding", now=START + timedelta(seconds=after), until=moment
            )

    assert hold(0, 60)
    assert not hold(30, 90), "it already is"
    assert hold(60, None), "its time is over, and it is held anew"
    assert not hold(10_000, 20_000)
    with store.begin() as session:
        writes.release_domains(session, mailing_id)
    assert hold(10_001, None)
