"""A suppression counts from its commit: what waits is withheld with it, what is claimed later is not claimed (I4)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from mailer.flow.suppress_address import lift_suppression, suppress_address
from mailer.model.delivery import DeliveryStatus
from mailer.store import audit, queries, queue
from mailer.store.engine import Store
from mailer.wiring import excluded
from recipients import directory
from recipients.suppression import Suppression, SuppressionReason
from tests.store.queueing import disagreement, rows_of, together
from tests.support.builders import AUDIT_KEY, EPOCH, START, Clock, make_office, plain_mailing

ROUNDS = 200


def stop(address: str, scope: str = "") -> Suppression:
    return Suppression(address, SuppressionReason.OFFICE, scope, evidence="电话核实")


@pytest.fixture
def office(either: Store):
    with either.begin() as session:
        directory.seed_lists(session, 1)
    return make_office(either, Clock())


def test_waiting_deliveries_are_withheld_in_every_mailing_that_is_not_over(office):
    ids = [
        plain_mailing(office.store, [("a@x.example", "发"), ("b@x.example", "发")], key=key, released=released)
        for key, released in (("sending", True), ("prepared", False))
    ]
    done = suppress_address(office, stop("a@x.example"), "cli:test")
    assert (done.withheld, done.mailings) == (2, tuple(ids))
    for mailing_id, other in zip(ids, ("queued", "planned"), strict=True):
        assert {row.address: row.status for row in rows_of(office.store, mailing_id)} == {
            "a@x.example": "withheld", "b@x.example": other,
        }  # fmt: skip
        assert disagreement(office.store, mailing_id) == ""


def test_a_suppression_of_another_list_takes_nothing_out(office):
    plain_mailing(office.store, [("a@x.example", "发")])
    assert suppress_address(office, stop("a@x.example", "送"), "cli:test").withheld == 0


def test_the_last_waiting_row_closes_its_mailing(office):
    mailing_id = plain_mailing(office.store, [("a@x.example", "发")])
    suppress_address(office, stop("a@x.example"), "cli:test")
    with office.store.read() as session:
        assert queries.mailing(session, mailing_id).status == "closed"


def test_lifting_needs_one_to_lift_and_both_acts_are_on_record(office):
    number = suppress_address(office, stop("a@x.example"), "cli:test").number
    assert lift_suppression(office, number, "号码写错", "cli:test")
    assert not lift_suppression(office, number, "号码写错", "cli:test")
    with office.store.read() as session:
        records = session.execute(audit.audit.select().order_by(audit.audit.c.id)).all()
        assert [record.action for record in records] == ["address.suppressed", "suppression.lifted"]
        assert "号码写错" in records[1].detail
        assert not audit.verify(session, AUDIT_KEY)


def test_suppressing_and_claiming_at_once(office):
    """200 rounds: the one who suppresses and the one who claims start together. Either the row was claimed before the commit,
    or it is withheld; a claim after it never gets the row, and the sums agree.
    """
    random = Random(20260130)
    addresses = [f"r{number}@x.example" for number in range(ROUNDS)]
    mailing_id = plain_mailing(office.store, [(address, "发") for address in addresses])
    late: list[str] = []
    for start in range(0, ROUNDS, 20):
        part = addresses[start : start + 20]
        random.shuffle(part)

        def work(number: int, part: list[str] = part) -> None:
            if number == 0:
                for address in part:
                    suppress_address(office, stop(address), "cli:test")
                return
            for _ in range(10):
                with office.store.begin() as session:
                    queue.claim(
                        session, mailing_id=mailing_id, worker_id=f"w{number}", epoch=EPOCH, now=START + timedelta(seconds=1),
                        expires_at=START + timedelta(hours=1), limit=2, excluded=excluded(START + timedelta(seconds=1)),
                    )  # fmt: skip

        together(2, work)
        # everything of this part is now claimed (before its commit) or withheld; a claim now gets none of it
        with office.store.begin() as session:
            lease = queue.claim(
                session, mailing_id=mailing_id, worker_id="late", epoch=EPOCH, now=START + timedelta(seconds=1),
                expires_at=START + timedelta(hours=1), limit=1, excluded=excluded(START + timedelta(seconds=1)),
            )  # fmt: skip
            late += [row.address for row in lease.rows if row.address in part] if lease else []
    assert late == []
    statuses = {row.address: row.status for row in rows_of(office.store, mailing_id)}
    assert set(statuses.values()) <= {DeliveryStatus.WITHHELD, DeliveryStatus.ATTEMPTING}
    assert statuses.keys() == set(addresses)
    assert disagreement(office.store, mailing_id) == ""
