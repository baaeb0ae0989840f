"""Several workers at the same queue, in threads with connections of their own: no row twice, no sum off."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from mailer.model.delivery import DeliveryEventKind
from mailer.model.mailing import MailingEventKind
from mailer.store import queue, upkeep, writes
from mailer.store.engine import Store
from mailer.store.queue import Lease
from tests.store.queueing import claim, disagreement, ended, rows_of, settle, together
from tests.support.builders import START, addresses, nobody, plain_mailing


def test_workers_that_claim_together_never_get_the_same_row(store: Store):
    mailing_id = plain_mailing(store, addresses(60))

    def work(number: int) -> list[Lease]:
        leases = []
        while (lease := claim(store, mailing_id, worker=f"w{number}", limit=5)) is not None:
            leases.append(lease)
        return leases

    found = together(3, work)
    taken = Counter(row.id for leases in found for lease in leases for row in lease.rows)
    # a claim may come back empty while others hold the front of the queue; what was taken was taken once
    assert set(taken.values()) == {1}
    left = claim(store, mailing_id, worker="last")
    assert len(taken) + len(left.rows if left else ()) == 60
    assert {row.attempts for row in rows_of(store, mailing_id)} == {1}
    assert disagreement(store, mailing_id) == ""


def test_counters_stay_true_while_workers_settle_and_a_person_cancels(store: Store):
    mailing_id = plain_mailing(store, [(f"r{n}@d.example", "报送发"[n % 3]) for n in range(48)])
    endings = [
        DeliveryEventKind.ACCEPTED,
        DeliveryEventKind.BOUNCED,
        DeliveryEventKind.PARKED,
        DeliveryEventKind.DOUBTED,
    ]

    def send(number: int) -> None:
        while (lease := claim(store, mailing_id, worker=f"w{number}", limit=4)) is not None:
            changes = [ended(row, endings[(row.id + number) % 4]) for row in lease.rows[:3]]
            assert settle(store, lease, changes) == len(changes)
            with store.begin() as session:
                queue.give_back(
                    session, lease_id=lease.id, mailing_id=mailing_id, ids=[row.id for row in lease.rows[3:]],
                    now=START + timedelta(seconds=1), crashed=False,
                )  # fmt: skip
                queue.finish_lease(session, lease.id)

    def work(number: int) -> None:
        if number == 2:
            with store.begin() as session:
                writes.move_mailing(session, mailing_id, MailingEventKind.CANCELLED)
                upkeep.cancel_waiting(session, mailing_id, START)
        else:
            send(number)

    together(3, work)
    with store.begin() as session:
        upkeep.cancel_leftovers(session, mailing_id, START)
    assert disagreement(store, mailing_id) == ""
    assert not {row.status for row in rows_of(store, mailing_id)} & {"queued", "attempting"}


def test_of_a_worker_that_settles_and_one_that_recovers_one_wins(store: Store):
    mailing_id = plain_mailing(store, addresses(20))
    lease = claim(store, mailing_id, limit=20)
    assert lease is not None
    counts: dict[str, int] = {}

    def work(number: int) -> None:
        for row in lease.rows:
            if number == 0:
                counts["settled"] = counts.get("settled", 0) + settle(store, lease, [ended(row)])
            else:
                with store.begin() as session:
                    counts["returned"] = counts.get("returned", 0) + queue.give_back(
                        session, lease_id=lease.id, mailing_id=mailing_id, ids=[row.id], now=START, crashed=True
                    )

    together(2, work)
    assert counts["settled"] + counts["returned"] == 20
    statuses = Counter(row.status for row in rows_of(store, mailing_id))
    assert (statuses["accepted"], statuses["queued"]) == (counts["settled"], counts["returned"])
    assert disagreement(store, mailing_id) == ""


def test_workers_that_settle_and_claim_in_one_transaction_never_lock_each_other_out(store: Store):
    """As a visit does it, on two mailings at once. A deadlock would raise here, and cost a second each."""
    ids = [plain_mailing(store, addresses(60), key=key) for key in "ab"]
    endings = [DeliveryEventKind.ACCEPTED, DeliveryEventKind.BOUNCED]

    def work(number: int) -> None:
        lease: Lease | None = None
        for turn in range(8):
            with store.begin() as session:
                if lease is not None:
                    changes = [ended(row, endings[(number + row.id) % 2]) for row in lease.rows]
                    queue.settle(session, lease_id=lease.id, mailing_id=lease.mailing_id, changes=changes)
                lease = queue.claim(
                    session, mailing_id=ids[(number + turn) % 2], worker_id=f"w{number}", epoch="e", now=START,
                    expires_at=START, limit=5, excluded=nobody(START),
                )  # fmt: skip

    together(3, work)
    assert [disagreement(store, mailing_id) for mailing_id in ids] == ["", ""]
