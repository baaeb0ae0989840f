"""What a claim takes, in which order, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailer import wiring
from mailer.model.delivery import DeliveryEventKind
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import freeze, queue, windows, writes
from mailer.store.core import delivery, mailing
from mailer.store.engine import Store
from tests.store.queueing import claim, claimed, disagreement, ended, lease_row, row_of, rows_of, settle
from tests.support.builders import EPOCH, START, addresses, plain_mailing, suppress


def test_a_claim_raises_the_attempt_before_anything_is_sent(store: Store):
    mailing_id = plain_mailing(store, addresses(3))
    lease = claimed(store, mailing_id)
    for seq, row in enumerate(lease.rows):
        found = row_of(store, row.id)
        assert (found.status, found.attempts, found.lease_id, found.lease_seq) == ("attempting", 1, lease.id, seq)
        assert (row.attempts, row.seq, row.address, row.message_id) == (1, seq, found.address, found.message_id)
        assert row.queued_at == START
    kept = lease_row(store, lease.id)
    assert (kept.worker_id, kept.epoch, kept.state, kept.size, kept.begun_to) == ("w1", EPOCH, "open", 3, 0)
    assert disagreement(store, mailing_id) == ""


def test_what_is_claimed_is_not_claimed_again(store: Store):
    mailing_id = plain_mailing(store, addresses(5))
    first = claimed(store, mailing_id, limit=3)
    second = claimed(store, mailing_id, worker="w2", limit=3)
    assert claim(store, mailing_id) is None
    assert len({row.id for row in (*first.rows, *second.rows)}) == 5
    assert [len(first.rows), len(second.rows)] == [3, 2]
    assert first.id != second.id


def test_only_what_is_due_and_the_longest_waiting_first(store: Store):
    mailing_id = plain_mailing(
        store, addresses(6), due=lambda number: START + timedelta(seconds=[5, 0, 9, 3, 1, 7][number])
    )
    lease = claimed(store, mailing_id, now=START + timedelta(seconds=5))
    assert [row.address[:2] for row in lease.rows] == ["r1", "r4", "r3", "r0"]


def test_a_deferred_row_is_claimed_when_its_time_has_come_and_a_parked_one_never(store: Store):
    mailing_id = plain_mailing(store, addresses(2))
    lease = claimed(store, mailing_id)
    later = START + timedelta(minutes=5)
    first, second = lease.rows
    settle(
        store,
        lease,
        [ended(first, DeliveryEventKind.DEFERRED, due_at=later), ended(second, DeliveryEventKind.PARKED)],
    )
    assert claim(store, mailing_id, now=later - timedelta(seconds=1)) is None
    again = claimed(store, mailing_id, now=later)
    assert [(row.id, row.attempts) for row in again.rows] == [(first.id, 2)]
    assert claim(store, mailing_id, now=later + timedelta(days=9)) is None


@pytest.mark.parametrize("status", [status for status in MailingStatus if status is not MailingStatus.SENDING])
def test_nothing_is_claimed_or_granted_but_for_a_mailing_that_sends(store: Store, status: MailingStatus):
    mailing_id = plain_mailing(store, addresses(2))
    lease = claimed(store, mailing_id, limit=1)
    with store.begin() as session:
        session.execute(update(mailing).where(mailing.c.id == mailing_id).values(status=str(status)))
    assert claim(store, mailing_id) is None
    with store.begin() as session:
        assert queue.due_mailings(session, START) == ()
        assert queue.next_due(session) is None
        assert not windows.grant(session, lease, worker_id="w1", begun_to=1, expires_at=START)
        assert windows.renew(session, lease.id, worker_id="w1", expires_at=START), "what is on the wire keeps its lease"
    assert lease_row(store, lease.id).begun_to == 0


def test_a_window_is_granted_to_the_worker_that_holds_the_lease(store: Store):
    mailing_id = plain_mailing(store, addresses(3))
    lease = claimed(store, mailing_id)
    later = START + timedelta(seconds=300)

    def grant(worker: str) -> bool:
        with store.begin() as session:
            return windows.grant(session, lease, worker_id=worker, begun_to=2, expires_at=later)

    assert not grant("w2")
    assert lease_row(store, lease.id).begun_to == 0
    assert grant("w1")
    assert (lease_row(store, lease.id).begun_to, lease_row(store, lease.id).expires_at) == (2, later)
    with store.begin() as session:
        assert not windows.renew(session, lease.id, worker_id="w2", expires_at=later)
        assert windows.renew(session, lease.id, worker_id="w1", expires_at=START)
        queue.finish_lease(session, lease.id)
        assert not windows.renew(session, lease.id, worker_id="w1", expires_at=later)
    assert not grant("w1")


def test_a_suppressed_address_is_not_claimed(store: Store):
    mailing_id = plain_mailing(store, [("a@x.example", "发"), ("b@x.example", "发"), ("c@x.example", "报")])
    suppress(store, "A@x.example", START)
    suppress(store, "b@x.example", START, scope="报")
    suppress(store, "c@x.example", START, scope="报")
    lease = claimed(store, mailing_id, excluded=wiring.excluded(START))
    assert [row.address for row in lease.rows] == ["b@x.example"], "a suppression holds for its own list only"


def test_a_suppression_begins_and_ends_at_its_time(store: Store):
    mailing_id = plain_mailing(store, [("a@x.example", "发")])
    suppress(store, "a@x.example", START + timedelta(hours=1))
    for hours, wanted in ((2, False), (0, True)):
        now = START + timedelta(hours=hours)
        assert (claim(store, mailing_id, now=now, excluded=wiring.excluded(now)) is not None) is wanted


def test_what_was_suppressed_since_the_claim_is_taken_out_of_its_window_only(store: Store):
    mailing_id = plain_mailing(store, addresses(4))
    lease = claimed(store, mailing_id)
    for number in (1, 3):
        suppress(store, lease.rows[number].address, START)
    with store.begin() as session:
        taken = windows.WindowGuard(wiring.excluded(START)).withhold(session, lease, slice(0, 2), START)
    assert taken == {lease.rows[1].id}
    out = row_of(store, lease.rows[1].id)
    assert (out.status, out.reason, out.attempts, out.lease_id, out.finished_at) == (
        "withheld", "suppressed", 0, None, START,
    )  # fmt: skip
    assert [row_of(store, lease.rows[number].id).status for number in (0, 2, 3)] == ["attempting"] * 3
    assert settle(store, lease, [ended(lease.rows[1])]) == 0, "it is no longer in the lease"
    assert disagreement(store, mailing_id) == ""


def test_no_domain_gets_more_than_its_cap_in_a_lease(store: Store):
    rows = [(f"a{n}@big.example", "发") for n in range(12)] + [(f"b{n}@small.example", "发") for n in range(3)]
    mailing_id = plain_mailing(store, rows)
    lease = claimed(store, mailing_id, limit=6, per_domain=4)
    assert Counter(row.domain for row in lease.rows) == {"big.example": 4, "small.example": 2}
    assert disagreement(store, mailing_id) == ""
    assert sum(row.status == "attempting" for row in rows_of(store, mailing_id)) == 6


def test_a_domain_whose_budget_is_spent_lets_the_others_go(store: Store):
    mailing_id = plain_mailing(store, addresses(6, domains=2))
    lease = claimed(store, mailing_id, blocked=("d0.example",))
    assert {row.domain for row in lease.rows} == {"d1.example"}


def test_a_held_domain_waits_until_its_time(store: Store):
    mailing_id = plain_mailing(store, addresses(4, domains=2))
    until = START + timedelta(minutes=15)
    with store.begin() as session:
        writes.hold_domain(session, mailing_id, "d0.example", reason="speeding", now=START, until=until)
        writes.hold_domain(session, mailing_id + 1, "d1.example", reason="another mailing's", now=START, until=None)
    assert {row.domain for row in claimed(store, mailing_id).rows} == {"d1.example"}
    assert claim(store, mailing_id, now=until - timedelta(seconds=1)) is None
    assert {row.domain for row in claimed(store, mailing_id, now=until).rows} == {"d0.example"}


def test_the_lists_leave_in_order(store: Store):
    rows = [(f"{code}{n}@x.example", code) for n in range(2) for code in ("发", "送", "报")]
    mailing_id = plain_mailing(store, rows, released=False)
    with store.begin() as session:
        writes.move_mailing(session, mailing_id, MailingEventKind.APPROVED)
        writes.move_mailing(session, mailing_id, MailingEventKind.RELEASED)
        assert freeze.release_rows(session, mailing_id, START) == 6
        assert freeze.release_rows(session, mailing_id, START) == 0
    assert [row.list_code for row in claimed(store, mailing_id).rows] == ["报", "报", "送", "送", "发", "发"]
    assert disagreement(store, mailing_id) == ""


def test_the_mailing_that_waits_longest_is_due_first(store: Store):
    def waiting(key: str, seconds: int) -> int:
        return plain_mailing(
            store, [(f"{key}@x.example", "发")], key=key, due=lambda _: START + timedelta(seconds=seconds)
        )

    ids = [waiting(key, seconds) for key, seconds in (("a", 3), ("b", 1), ("c", 2), ("d", 50))]
    with store.read() as session:
        assert queue.due_mailings(session, START + timedelta(seconds=3)) == (ids[1], ids[2], ids[0])
        assert queue.due_mailings(session, START) == ()
        assert queue.next_due(session) == START + timedelta(seconds=1)


def test_an_empty_queue_makes_no_lease(store: Store):
    mailing_id = plain_mailing(store, [])
    assert claim(store, mailing_id) is None
    with store.begin() as session:
        assert session.execute(delivery.select()).all() == []
        assert writes.next_unused(session, "lease") == 1
