"""What a worker remembers of a lease: pure bookkeeping between two visits."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.flow.leases import WINDOW, HeldLease, SendFacts
from mailer.store.journal import LeaseJournal
from mailer.store.queue import Claimed, Lease
from tests.store.queueing import ended
from tests.support.builders import START


def held(count: int) -> HeldLease:
    rows = tuple(Claimed(n, n, f"r{n}@x.example", "", "x.example", "发", f"{n}@x", 1, 0, START) for n in range(count))
    return HeldLease(Lease(1, 1, rows, START), LeaseJournal(Path("unused"), -1), SendFacts(1, "", "hold", {}), 0.0)


def test_windows_follow_each_other_to_the_end():
    lease = held(WINDOW * 2 + 3)
    slices = []
    while lease.ungranted:
        plan = lease.plan(grant=True)
        slices.append((plan.start, plan.stop))
        assert [row.seq for row in lease.take_granted(plan, frozenset())] == list(range(plan.start, plan.stop))
    assert slices == [(0, WINDOW), (WINDOW, 2 * WINDOW), (2 * WINDOW, 2 * WINDOW + 3)]
    plan = lease.plan(grant=True)
    assert plan.start == plan.stop


def test_without_a_grant_a_plan_only_tells():
    lease = held(5)
    assert (lease.plan(grant=False).start, lease.plan(grant=False).stop) == (0, 0)


def test_it_is_done_when_every_row_is_ended_taken_out_or_back():
    lease = held(4)
    lease.take_granted(lease.plan(grant=True), frozenset({1}))
    for number in (0, 2):
        lease.ended(ended(lease.lease.rows[number]), 1.0)
        assert not lease.is_done
    lease.unbegun.append(3)
    assert lease.is_done
    assert lease.plan(grant=False).finishes


def test_confirming_forgets_what_was_told_and_keeps_what_came_meanwhile():
    lease = held(3)
    lease.take_granted(lease.plan(grant=True), frozenset())
    lease.ended(ended(lease.lease.rows[0]), 1.0)
    plan = lease.plan(grant=False)
    lease.ended(ended(lease.lease.rows[1]), 2.0)
    lease.confirm(plan, 3.0)
    assert [change.delivery_id for change in lease.changes] == [1]
    assert lease.outstanding == {1, 2}


def test_the_oldest_untold_outcome_counts():
    lease = held(3)
    lease.ended(ended(lease.lease.rows[0]), 5.0)
    lease.ended(ended(lease.lease.rows[1]), 9.0)
    assert lease.changed_at == 5.0


@pytest.mark.parametrize("granted", [0, WINDOW])
def test_withdrawing_takes_back_what_was_not_granted_once(granted: int):
    lease = held(WINDOW + 2)
    if granted:
        lease.take_granted(lease.plan(grant=True), frozenset())
    for _ in range(2):
        lease.withdraw()
        assert lease.unbegun == list(range(granted, WINDOW + 2))
        assert not lease.ungranted


def test_a_lost_lease_gives_nothing_back():
    lease = held(WINDOW + 2)
    lease.take_granted(lease.plan(grant=True), frozenset())
    lease.lose()
    lease.withdraw()
    assert (lease.unbegun, lease.outstanding, lease.ungranted) == ([], set(range(WINDOW)), False)
