"""How attempts end: rows, events and counters together, and nothing for whoever no longer holds them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.store import queries, queue, upkeep, windows
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.store.queue import Lease
from tests.store.queueing import claimed, disagreement, ended, events_of, lease_row, row_of, settle
from tests.support.builders import START, addresses, plain_mailing

ENDINGS = {
    DeliveryEventKind.ACCEPTED: DeliveryStatus.ACCEPTED,
    DeliveryEventKind.DEFERRED: DeliveryStatus.DEFERRED,
    DeliveryEventKind.PARKED: DeliveryStatus.DEFERRED,
    DeliveryEventKind.BOUNCED: DeliveryStatus.BOUNCED,
    DeliveryEventKind.DOUBTED: DeliveryStatus.IN_DOUBT,
}


@pytest.mark.parametrize("kind", ENDINGS)
def test_an_attempt_ends_with_its_row_its_event_and_its_counter(store: Store, kind: DeliveryEventKind):
    mailing_id = plain_mailing(store, addresses(2))
    lease = claimed(store, mailing_id)
    row = lease.rows[0]
    change = ended(
        row, kind, phase="dot", reply_code=250, reply_text="2.0.0 Ok", host="mx.example", reason="r", fault="none"
    )
    assert settle(store, lease, [change]) == 1
    found = row_of(store, row.id)
    assert (found.status, found.reply_code, found.reply_text, found.host) == (
        str(ENDINGS[kind]), 250, "2.0.0 Ok", "mx.example",
    )  # fmt: skip
    assert (found.lease_id, found.lease_seq, found.attempts) == (None, None, 1)
    assert events_of(store, mailing_id) == [(row.id, str(kind))]
    assert disagreement(store, mailing_id) == ""
    with store.read() as session:
        assert queries.ledger_sum(session, mailing_id).by_list["发"][ENDINGS[kind]] == 1


def test_settling_twice_changes_nothing_twice(store: Store):
    mailing_id = plain_mailing(store, addresses(2))
    lease = claimed(store, mailing_id)
    changes = [ended(row) for row in lease.rows]
    assert settle(store, lease, changes) == 2
    before = events_of(store, mailing_id)
    assert settle(store, lease, changes) == 0
    assert settle(store, lease, []) == 0
    assert events_of(store, mailing_id) == before
    assert disagreement(store, mailing_id) == ""


def test_of_a_group_only_what_is_still_held_moves(store: Store):
    mailing_id = plain_mailing(store, addresses(3))
    lease = claimed(store, mailing_id)
    assert settle(store, lease, [ended(lease.rows[1], DeliveryEventKind.BOUNCED)]) == 1
    assert settle(store, lease, [ended(row) for row in lease.rows]) == 2
    assert row_of(store, lease.rows[1].id).status == "bounced"
    assert [kind for _, kind in events_of(store, mailing_id)] == ["bounced", "accepted", "accepted"]
    assert disagreement(store, mailing_id) == ""


def unchanged(store: Store, mailing_id: int, lease: Lease) -> bool:
    rows = [row_of(store, row.id) for row in lease.rows]
    return (
        all((row.status, row.attempts, row.lease_id) == ("attempting", 1, lease.id) for row in rows)
        and events_of(store, mailing_id) == []
        and disagreement(store, mailing_id) == ""
    )


def test_a_foreign_lease_changes_nothing_and_writes_nothing(store: Store):
    mailing_id = plain_mailing(store, addresses(4))
    mine = claimed(store, mailing_id, limit=2)
    foreign = claimed(store, mailing_id, worker="w2", limit=2)
    assert settle(store, foreign, [ended(row) for row in mine.rows]) == 0
    with store.begin() as session:
        assert (
            queue.give_back(
                session, lease_id=foreign.id, mailing_id=mailing_id, ids=[row.id for row in mine.rows], now=START,
                crashed=True,
            )
            == 0
        )  # fmt: skip
        guard = windows.WindowGuard(delivery.c.id.in_([row.id for row in mine.rows]))
        taken = guard.withhold(session, foreign, slice(0, 2), START)
    assert taken == frozenset()
    assert unchanged(store, mailing_id, mine)


def test_an_older_attempt_changes_nothing_and_writes_nothing(store: Store):
    mailing_id = plain_mailing(store, addresses(1))
    lease = claimed(store, mailing_id)
    old = ended(lease.rows[0])
    assert settle(store, lease, [ended(lease.rows[0], DeliveryEventKind.DEFERRED, due_at=START)]) == 1
    again = claimed(store, mailing_id)
    assert again.rows[0].attempts == 2
    before = events_of(store, mailing_id)
    for held in (lease, again):
        assert settle(store, held, [old]) == 0
    assert row_of(store, again.rows[0].id).status == "attempting"
    assert events_of(store, mailing_id) == before
    assert disagreement(store, mailing_id) == ""


def test_what_was_surely_not_begun_goes_back_with_its_attempt(store: Store):
    mailing_id = plain_mailing(store, addresses(3))
    lease = claimed(store, mailing_id)
    later = START + timedelta(seconds=9)

    def give_back(ids: list[int], *, crashed: bool) -> int:
        with store.begin() as session:
            return queue.give_back(
                session, lease_id=lease.id, mailing_id=mailing_id, ids=ids, now=later, crashed=crashed
            )

    first, second, third = (row.id for row in lease.rows)
    assert give_back([], crashed=False) == 0
    assert give_back([first], crashed=False) == 1
    assert give_back([first, second], crashed=True) == 1
    assert [(row_of(store, id_).status, row_of(store, id_).attempts, row_of(store, id_).crashes) for id_ in (first, second, third)] == [
        ("queued", 0, 0), ("queued", 0, 1), ("attempting", 1, 0),
    ]  # fmt: skip
    assert row_of(store, first).due_at == later
    assert disagreement(store, mailing_id) == ""


def test_a_lease_is_taken_for_recovery_once_and_its_worker_can_renew_it_no_more(store: Store):
    mailing_id = plain_mailing(store, addresses(1))
    lease = claimed(store, mailing_id)
    with store.begin() as session:
        assert upkeep.take_lease(session, lease.id)
        assert not windows.renew(session, lease.id, worker_id="w1", expires_at=START)
        assert not windows.grant(session, lease, worker_id="w1", begun_to=1, expires_at=START)
        queue.finish_lease(session, lease.id, "recovered")
        assert not upkeep.take_lease(session, lease.id)
    assert lease_row(store, lease.id).state == "recovered"


def test_late_evidence_resolves_the_very_attempt_in_doubt(store: Store):
    mailing_id = plain_mailing(store, addresses(4))
    lease = claimed(store, mailing_id)
    settle(store, lease, [ended(row, DeliveryEventKind.DOUBTED) for row in lease.rows[:3]])
    first, second, third, fourth = lease.rows
    late = [
        ended(first, DeliveryEventKind.ACCEPTED, accepted_at=START),
        ended(second, DeliveryEventKind.DOUBTED),
        ended(fourth, DeliveryEventKind.ACCEPTED),
    ]
    older = ended(third, DeliveryEventKind.BOUNCED)
    object.__setattr__(older, "attempt", 0)
    with store.begin() as session:
        assert upkeep.resolve_doubts(session, mailing_id=mailing_id, changes=[*late, older]) == 1
        assert upkeep.resolve_doubts(session, mailing_id=mailing_id, changes=late) == 0
    assert [row_of(store, row.id).status for row in lease.rows] == ["accepted", "in_doubt", "in_doubt", "attempting"]
    assert [kind for _, kind in events_of(store, mailing_id)] == ["doubted"] * 3 + ["accepted"]
    assert disagreement(store, mailing_id) == ""
