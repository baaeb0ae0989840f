"""One visit to the database: windows granted in order, budgets kept across restarts, turns taken between mailings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from mailer.flow.control_mailing import cancel, pause
from mailer.flow.leases import WINDOW, HeldLease
from mailer.flow.office import Office
from mailer.flow.send_kit import PaceLimits, SendKit
from mailer.flow.visit import Desk, Renewal, Visit
from mailer.store import upkeep
from mailer.store.engine import Store
from mailer.store.journal import JournalError
from recipients.audience import Audience
from tests.flow.test_release_and_control import statuses
from tests.store.queueing import disagreement, ended, lease_row, row_of, rows_of
from tests.support.builders import (
    START,
    Clock,
    make_audience,
    make_entry,
    make_kit,
    make_office,
    make_sending,
    make_worker,
    suppress,
)


def begun(kit: SendKit) -> tuple[Desk, HeldLease]:
    desk = Desk(kit)
    held = desk.visit([], claim=True).claimed
    assert held is not None
    return desk, held


def visit(desk: Desk, held: HeldLease, *, grant: bool = True) -> tuple[Visit, Renewal]:
    """As the loop does it: plan, visit, confirm."""
    plan = held.plan(grant=grant)
    found = desk.visit([plan], claim=False)
    held.confirm(plan, 0.0)
    renewal = found.renewals[held.lease.id]
    if renewal is Renewal.GRANTED:
        held.take_granted(plan, found.withheld[held.lease.id])
    return found, renewal


def test_a_lease_is_granted_window_by_window(office: Office, kit: SendKit):
    make_sending(office, make_audience(WINDOW + 5))
    desk, held = begun(kit)
    assert lease_row(office.store, held.lease.id).begun_to == 0
    assert visit(desk, held)[1] is Renewal.GRANTED
    assert (held.granted, lease_row(office.store, held.lease.id).begun_to) == (WINDOW, WINDOW)
    assert visit(desk, held, grant=False)[1] is Renewal.HELD
    assert held.granted == WINDOW
    assert visit(desk, held)[1] is Renewal.GRANTED
    assert (held.granted, held.ungranted) == (WINDOW + 5, False)


def test_a_visit_settles_and_finishes(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(3))
    desk, held = begun(kit)
    visit(desk, held)
    for row in held.lease.rows:
        held.ended(ended(row), clock.elapsed())
    assert held.is_done
    assert visit(desk, held)[1] is Renewal.HELD
    assert lease_row(office.store, held.lease.id).state == "done"
    assert statuses(office, mailing_id) == ["accepted"] * 3
    held.journal.drop()


def test_a_visit_whose_commit_was_not_seen_can_be_repeated(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(2))
    desk, held = begun(kit)
    visit(desk, held)
    held.ended(ended(held.lease.rows[0]), clock.elapsed())
    plan = held.plan(grant=False)
    for _ in range(2):
        assert desk.visit([plan], claim=False).renewals[held.lease.id] is Renewal.HELD
    assert sorted(statuses(office, mailing_id)) == ["accepted", "attempting"]
    assert disagreement(office.store, mailing_id) == ""


def test_a_lease_that_recovery_took_is_lost(office: Office, kit: SendKit, worker: Callable[..., Any], clock: Clock):
    mailing_id = make_sending(office, make_audience(2))
    desk, held = begun(kit)
    visit(desk, held)
    with office.store.begin() as session:
        upkeep.take_lease(session, held.lease.id)
    held.ended(ended(held.lease.rows[0]), clock.elapsed())
    assert visit(desk, held)[1] is Renewal.LOST
    held.lose()
    assert not held.ungranted
    assert disagreement(office.store, mailing_id) == ""


@pytest.mark.parametrize(("stop", "left"), [(pause, "queued"), (cancel, "cancelled")])
def test_after_a_pause_or_cancel_no_window_is_granted_and_the_rest_goes_back(
    office: Office, kit: SendKit, stop: Callable[[Office, int, str], object], left: str
):
    mailing_id = make_sending(office, make_audience(WINDOW + 3))
    desk, held = begun(kit)
    visit(desk, held)
    stop(office, mailing_id, "cli:a")
    assert visit(desk, held)[1] is Renewal.STOPPED
    assert held.granted == WINDOW, "what was granted already may still leave"
    held.withdraw()
    visit(desk, held, grant=False)
    counted = Counter(statuses(office, mailing_id))
    assert counted == {"attempting": WINDOW, left: 3}
    assert {row.attempts for row in rows_of(office.store, mailing_id) if row.status == left} == {0}
    assert disagreement(office.store, mailing_id) == ""


def test_what_was_suppressed_since_the_claim_is_not_sent(office: Office, kit: SendKit):
    make_sending(office, make_audience(3))
    desk, held = begun(kit)
    suppress(office.store, held.lease.rows[1].address, START)
    plan = held.plan(grant=True)
    found = desk.visit([plan], claim=False)
    held.confirm(plan, 0.0)
    ready = held.take_granted(plan, found.withheld[held.lease.id])
    assert [row.seq for row in ready] == [0, 2]
    assert row_of(office.store, held.lease.rows[1].id).status == "withheld"
    for row in ready:
        held.ended(ended(row), 0.0)
    assert held.is_done


def test_nothing_is_claimed_when_the_disk_is_full(office: Office, kit: SendKit):
    mailing_id = make_sending(office, make_audience(2))
    kit.home.folder.rename(kit.home.folder.with_name(".away"))
    with pytest.raises(JournalError):
        Desk(kit).visit([], claim=True)
    assert statuses(office, mailing_id) == ["queued", "queued"]


def test_two_mailings_take_turns(office: Office, kit: SendKit):
    first = make_sending(office, make_audience(6), key="a")
    second = make_sending(office, make_audience(6), key="b")
    limited = replace(kit, limits=PaceLimits(domain_per_minute=2))
    desk = Desk(limited)
    found = [held.facts.id for _ in range(2) if (held := desk.visit([], claim=True).claimed)]
    assert sorted(found) == [first, second]


# --- budgets ---------------------------------------------------------------------------------------------------------


def claim_all(desk: Desk, leases: list[HeldLease] | None = None) -> tuple[int, float | None]:
    """Claims until there is nothing more to be had, holding on to ``leases``; how many rows, and how long to wait."""
    leases = [] if leases is None else leases
    before = sum(len(held.lease.rows) for held in leases)
    while True:
        found = desk.visit([held.plan(grant=False) for held in leases], claim=True)
        if found.claimed is None:
            return sum(len(held.lease.rows) for held in leases) - before, found.wait
        leases.append(found.claimed)


def test_a_minutes_budget_is_not_renewed_by_a_restart(
    office: Office, kit: SendKit, clock: Clock, worker: Callable[..., Any]
):
    make_sending(office, make_audience(50))
    limits = PaceLimits(per_minute=20)
    assert claim_all(Desk(replace(kit, limits=limits))) == (20, 60.0)
    clock.turn(seconds=10)
    again = Desk(make_kit(office.store, worker("again"), clock, limits=limits))
    assert claim_all(again) == (0, 50.0)
    clock.turn(seconds=50)
    assert claim_all(again)[0] == 20


def test_a_lease_takes_what_half_a_minute_allows(office: Office, kit: SendKit):
    make_sending(office, make_audience(50))
    held = Desk(replace(kit, limits=PaceLimits(per_minute=30))).visit([], claim=True).claimed
    assert held is not None
    assert len(held.lease.rows) == 15


def test_the_tightest_budget_counts(office: Office, kit: SendKit, clock: Clock):
    make_sending(office, make_audience(50))
    desk = Desk(replace(kit, limits=PaceLimits(per_minute=30, per_hour=40, per_day=45)))
    held: list[HeldLease] = []
    assert claim_all(desk, held)[0] == 30
    clock.turn(minutes=1)
    assert claim_all(desk, held) == (10, 3_540.0)
    clock.turn(hours=1)
    assert claim_all(desk, held)[0] == 5
    clock.turn(hours=1)
    rows, wait = claim_all(desk, held)
    assert rows == 0
    assert wait == (timedelta(days=1) - (clock.now() - START)).total_seconds()


def test_a_domains_budget_lets_the_others_go(office: Office, kit: SendKit, clock: Clock):
    entries = [make_entry(n, address=f"r{n}@big.example") for n in range(9)] + [
        make_entry(99, address="one@small.example")
    ]
    mailing_id = make_sending(office, Audience(tuple(entries)))
    desk = Desk(replace(kit, limits=PaceLimits(domain_per_minute=4)))
    held: list[HeldLease] = []
    assert claim_all(desk, held)[0] == 5
    domains = Counter(row.domain for row in rows_of(office.store, mailing_id) if row.status == "attempting")
    assert domains == {"big.example": 4, "small.example": 1}
    clock.turn(minutes=1)
    assert claim_all(desk, held)[0] == 4


def test_a_row_past_its_days_expires_at_the_claim(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(2))
    clock.turn(hours=72)
    assert Desk(kit).visit([], claim=True).claimed is None
    assert statuses(office, mailing_id) == ["expired", "expired"]


def test_workers_that_claim_at_the_same_moment_share_one_budget(either: Store, clock: Clock, tmp_path: Path):
    make_sending(make_office(either, clock), make_audience(60))
    homes = [make_worker(either, tmp_path, f"w{number}") for number in range(6)]
    desks = [Desk(make_kit(either, home, clock, limits=PaceLimits(per_minute=4))) for home in homes]
    together = Barrier(len(desks))

    def claim(desk: Desk) -> int:
        together.wait()
        held = desk.visit([], claim=True).claimed
        return len(held.lease.rows) if held else 0

    with ThreadPoolExecutor(len(desks)) as pool:
        assert sum(pool.map(claim, desks)) == 4
    for home in homes:
        home.close()
