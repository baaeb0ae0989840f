"""The same wish many times at once, two clocks that strike, clocks that jump: one mailing, released once, in its hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailer.flow.approve_mailing import approve
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import BeingPreparedError, KeyConflictError, Order, prepare_mailing
from mailer.flow.recover import recover
from mailer.flow.release_mailing import release, schedule
from mailer.flow.sweep import sweep
from mailer.store import core
from mailer.store.engine import Store
from mailer.store.journal import JournalHome
from tests.flow.test_release_and_control import status, statuses, tasks
from tests.store.queueing import LEASE_FOR, claimed, disagreement, rows_of, together
from tests.support.builders import (
    START,
    Clock,
    make_audience,
    make_kit,
    make_office,
    make_order,
    make_sending,
    make_worker,
)

CLICKS = 50
ACTOR = "account:clerk"
HOUR = START + timedelta(hours=2)
Workers = Callable[..., JournalHome]


def press(office: Office, order: Order) -> int:
    """One press of the button: told that another press is being worked on, it is pressed again."""
    while True:
        try:
            mailing_id, _ = prepare_mailing(office, order, ACTOR)
        except BeingPreparedError:
            continue
        approve(office, mailing_id, ACTOR)
        release(office, mailing_id, ACTOR)
        return mailing_id


@pytest.mark.fault("F41")
def test_fifty_presses_at_once_make_one_mailing(
    either: Store, clock: Clock, record_property: Callable[[str, object], None]
) -> None:
    office = make_office(either, clock)
    order = make_order(either, make_audience(20), key="pressed")
    found = together(CLICKS, lambda _number: press(office, order))
    [mailing_id] = set(found)
    assert statuses(office, mailing_id) == ["queued"] * 20
    assert len({row.address for row in rows_of(either, mailing_id)}) == 20
    assert disagreement(either, mailing_id) == ""
    with either.read() as session:
        acts = Counter(session.execute(select(core.audit.c.action)).scalars())
    assert acts == {
        "mailing.made": 1,
        "mailing.approved": 1,
        "mailing.released": 1,
    }
    other = make_order(either, make_audience(20), key="pressed", rehearsal=True)
    with pytest.raises(KeyConflictError):
        press(office, other)
    record_property("hit", CLICKS)


def scheduled(office: Office) -> int:
    mailing_id, _ = prepare_mailing(office, make_order(office.store, make_audience(20)), ACTOR)
    approve(office, mailing_id, ACTOR)
    schedule(office, mailing_id, HOUR, ACTOR)
    return mailing_id


@pytest.mark.fault("F42")
def test_the_hour_strikes_on_many_at_once(
    either: Store, clock: Clock, worker: Workers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    office = make_office(either, clock)
    mailing_id = scheduled(office)
    root = tmp_path_factory.mktemp("journal")
    homes = [make_worker(either, root, f"beat{number}") for number in range(8)]
    clock.moment = HOUR
    together(8, lambda number: sweep(make_kit(either, homes[number], clock)))
    for home in homes:
        home.close()
    assert status(office, mailing_id) == "sending"
    assert statuses(office, mailing_id) == ["queued"] * 20
    assert {row.attempts for row in rows_of(either, mailing_id)} == {0}
    assert disagreement(either, mailing_id) == ""


@pytest.mark.fault("F39")
def test_a_clock_that_jumps_releases_nothing_early_and_nothing_twice(
    store: Store, clock: Clock, worker: Workers
) -> None:
    office = make_office(store, clock)
    first, kit = scheduled(office), make_kit(store, worker("beat"), clock)
    clock.turn(days=1)  # a day ahead by mistake: far beyond the hour, so a person is asked instead
    sweep(kit)
    assert (status(office, first), tasks(office)) == ("held", ["missed"])
    assert statuses(office, first) == ["planned"] * 20


@pytest.mark.fault("F39")
def test_a_clock_that_jumps_back_sends_nothing_again(store: Store, clock: Clock, worker: Workers) -> None:
    office = make_office(store, clock)
    mailing_id, kit = scheduled(office), make_kit(store, worker("beat"), clock)
    clock.moment = HOUR
    sweep(kit)
    lease = claimed(store, mailing_id, worker="beat", now=HOUR)
    assert len(lease.rows) == 20
    for jump in (timedelta(days=-1), timedelta(hours=-1), timedelta(days=1)):
        clock.moment = HOUR + jump
        sweep(kit)
        assert status(office, mailing_id) == "sending"
        assert statuses(office, mailing_id) == ["attempting"] * 20


@pytest.mark.fault("F39")
@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)], ids=["ahead", "back"])
def test_the_lease_of_a_live_worker_outlives_any_jump(
    store: Store, clock: Clock, worker: Workers, jump: timedelta
) -> None:
    office = make_office(store, clock)
    mailing_id = make_sending(office, make_audience(6))
    worker("other")
    claimed(store, mailing_id, worker="other")
    kit = make_kit(store, worker("me"), clock)
    clock.moment = START + jump
    assert recover(kit) == 0
    assert statuses(office, mailing_id) == ["attempting"] * 6
    clock.moment = START + LEASE_FOR
    assert recover(kit) == 0
