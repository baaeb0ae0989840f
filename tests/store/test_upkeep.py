"""What time and second thoughts do to waiting rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement

from mailer import wiring
from mailer.model.delivery import DeliveryEventKind
from mailer.model.mailing import MailingEventKind
from mailer.store import queries, queue, upkeep, writes
from mailer.store.core import delivery
from mailer.store.engine import Store
from tests.store.queueing import claim, claimed, disagreement, ended, events_of, row_of, rows_of, settle
from tests.support.builders import START, addresses, plain_mailing, suppress

LATER = START + timedelta(hours=1)


@pytest.fixture
def mixed(store: Store) -> tuple[Store, int]:
    """Rows 0 queued, 1 attempting, 2 deferred and due, 3 parked, 4 accepted, 5 in doubt."""
    mailing_id = plain_mailing(store, addresses(6))
    lease = claimed(store, mailing_id)
    rows = lease.rows
    with store.begin() as session:
        queue.give_back(session, lease_id=lease.id, mailing_id=mailing_id, ids=[rows[0].id], now=START, crashed=False)
    changes = [
        ended(rows[2], DeliveryEventKind.DEFERRED, due_at=START),
        ended(rows[3], DeliveryEventKind.PARKED),
        ended(rows[4]),
        ended(rows[5], DeliveryEventKind.DOUBTED),
    ]
    assert settle(store, lease, changes) == 4
    return store, mailing_id


def statuses(store: Store, mailing_id: int) -> list[str]:
    return [row.status for row in rows_of(store, mailing_id)]


def everybody() -> ColumnElement[bool]:
    return delivery.c.id > 0


def test_cancelling_takes_what_waits_and_leaves_what_is_on_the_wire_or_ended(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    with store.begin() as session:
        assert upkeep.cancel_waiting(session, mailing_id, LATER, "cli:a") == 3
        assert upkeep.cancel_waiting(session, mailing_id, LATER) == 0
    assert statuses(store, mailing_id) == ["cancelled", "attempting", "cancelled", "cancelled", "accepted", "in_doubt"]
    assert (row_of(store, rows_of(store, mailing_id)[0].id).finished_at) == LATER
    assert disagreement(store, mailing_id) == ""


def test_withholding_takes_what_waits_only(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    with store.begin() as session:
        assert upkeep.withhold_waiting(session, mailing_id, everybody(), LATER) == 3
    assert statuses(store, mailing_id) == ["withheld", "attempting", "withheld", "withheld", "accepted", "in_doubt"]
    assert disagreement(store, mailing_id) == ""


def test_withholding_takes_the_suppressed_only(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    first = rows_of(store, mailing_id)[0]
    suppress(store, first.address, START)
    with store.begin() as session:
        assert upkeep.withhold_waiting(session, mailing_id, wiring.excluded(LATER), LATER) == 1
    assert row_of(store, first.id).reason == "suppressed"


def test_giving_up_takes_what_waited_too_long_and_would_be_due(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    with store.begin() as session:
        assert upkeep.expire_waiting(session, mailing_id, START - timedelta(seconds=1), LATER) == 0
        assert upkeep.expire_waiting(session, mailing_id, START, START - timedelta(seconds=1)) == 0
        assert upkeep.expire_waiting(session, mailing_id, START, LATER) == 2
    assert statuses(store, mailing_id) == ["expired", "attempting", "expired", "deferred", "accepted", "in_doubt"]
    assert disagreement(store, mailing_id) == ""


def test_a_person_orders_another_try_of_what_is_parked(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    with store.begin() as session:
        assert queries.parked_count(session, mailing_id) == 1
        assert upkeep.unpark(session, mailing_id, LATER, "cli:a") == 1
        assert queries.parked_count(session, mailing_id) == 0
    row = rows_of(store, mailing_id)[3]
    assert (row.status, row.due_at) == ("queued", LATER)
    assert (row.id, "retry_ordered") in events_of(store, mailing_id)
    assert disagreement(store, mailing_id) == ""


def test_rows_in_doubt_are_found_by_mailing_and_by_address(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    doubtful = rows_of(store, mailing_id)[5]
    with store.begin() as session:
        for address, wanted in ((None, [doubtful.id]), (doubtful.address.upper(), [doubtful.id]), ("x@y.example", [])):
            assert [row.id for row in upkeep.rows_in_doubt(session, mailing_id, address)] == wanted


def test_a_parked_domain_waits_for_a_person(mixed: tuple[Store, int]):
    store, mailing_id = mixed
    with store.begin() as session:
        upkeep.park_domain(session, mailing_id, "d2.example")
    assert [row.due_at for row in rows_of(store, mailing_id) if row.domain == "d2.example"] == [None, None]
    assert [row.status for row in rows_of(store, mailing_id)] == statuses(store, mailing_id)
    assert [row.address[:2] for row in claimed(store, mailing_id, now=LATER).rows] == ["r0"]
    assert disagreement(store, mailing_id) == ""


def test_a_row_that_was_granted_in_five_crashes_waits_for_a_person(store: Store):
    mailing_id = plain_mailing(store, addresses(2))
    with store.begin() as session:
        session.execute(delivery.update().where(delivery.c.address == "r1@d1.example").values(crashes=5))
        assert upkeep.park_crashers(session, mailing_id, 5) == 1
    assert [row.address for row in claimed(store, mailing_id).rows] == ["r0@d0.example"]
    assert claim(store, mailing_id, now=LATER) is None
    with store.read() as session:
        assert queries.parked_count(session, mailing_id) == 1


@pytest.mark.parametrize(
    ("stop", "left"),
    [(MailingEventKind.CANCELLED, ["cancelled", "attempting"]), (MailingEventKind.PAUSED, ["queued", "attempting"])],
)
def test_leftovers_are_cancelled_with_their_mailing_only(store: Store, stop: MailingEventKind, left: list[str]):
    mailing_id = plain_mailing(store, addresses(2))
    lease = claimed(store, mailing_id)

    with store.begin() as session:
        writes.move_mailing(session, mailing_id, stop)
        queue.give_back(
            session, lease_id=lease.id, mailing_id=mailing_id, ids=[lease.rows[0].id], now=START, crashed=False
        )
        upkeep.cancel_leftovers(session, mailing_id, LATER)
    assert statuses(store, mailing_id) == left
    assert disagreement(store, mailing_id) == ""
