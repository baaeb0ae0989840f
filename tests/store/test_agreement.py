"""Whatever happens to a mailing's rows, in any order: frozen count, counters and rows are one number each (I5, I1, I2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus, cell
from mailer.model.mailing import IllegalMailingTransitionError, MailingEventKind
from mailer.store import ledger_rows, queue, upkeep, windows, writes
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.store.queue import Lease
from tests.store.queueing import claim, disagreement, ended, rows_of, settle
from tests.support.builders import START, plain_mailing

ENDINGS = (
    DeliveryEventKind.ACCEPTED,
    DeliveryEventKind.DEFERRED,
    DeliveryEventKind.PARKED,
    DeliveryEventKind.BOUNCED,
    DeliveryEventKind.DOUBTED,
)
LATE = (
    DeliveryEventKind.REPORTED_DELIVERED,
    DeliveryEventKind.RETURNED,
    DeliveryEventKind.RETURNED_FOR_RETRY,
    DeliveryEventKind.RESOLVED_RESEND,
)
STEPS = st.one_of(
    st.tuples(st.just("claim"), st.integers(1, 4)),
    st.tuples(st.just("settle"), st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=4)),
    st.tuples(st.just("settle_old"), st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=4)),
    st.tuples(st.just("give_back"), st.integers(0, 3)),
    st.tuples(st.just("withhold"), st.integers(0, 7)),
    st.tuples(st.just("window"), st.integers(0, 7)),
    st.tuples(st.just("late"), st.tuples(st.integers(0, 7), st.sampled_from(LATE))),
    st.tuples(st.just("expire"), st.just(0)),
    st.tuples(st.just("unpark"), st.just(0)),
    st.tuples(st.just("cancel"), st.just(0)),
    st.tuples(st.just("pass"), st.integers(1, 200)),
)


class World:
    """One mailing of eight rows on three lists, and whoever does things to it."""

    def __init__(self, store: Store, key: str) -> None:
        self.store = store
        rows = [(f"r{n}@d{n % 2}.example", "报送发"[n % 3]) for n in range(8)]
        self.mailing_id = plain_mailing(store, rows, key=key)
        self.first = rows_of(store, self.mailing_id)[0].id
        self.now: datetime = START
        self.leases: list[Lease] = []
        self.old: list[Lease] = []  # given back and finished

    def do(self, name: str, value) -> None:
        getattr(self, f"_{name}")(value)

    def _pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _claim(self, limit: int) -> None:
        lease = claim(self.store, self.mailing_id, now=self.now, limit=limit)
        if lease is not None:
            self.leases.append(lease)

    def _settle(self, kinds: list[DeliveryEventKind]) -> None:
        for lease in self.leases[:1]:
            due = self.now + timedelta(minutes=5)
            settle(
                self.store,
                lease,
                [
                    ended(row, kind, due_at=due if kind is DeliveryEventKind.DEFERRED else None)
                    for row, kind in zip(lease.rows, kinds, strict=False)
                ],
            )

    def _settle_old(self, kinds: list[DeliveryEventKind]) -> None:
        """A worker that does not know that its lease is gone, or tells what it has told."""
        for lease in self.old[:1]:
            before = [row.status for row in rows_of(self.store, self.mailing_id)]
            assert (
                settle(self.store, lease, [ended(row, kind) for row, kind in zip(lease.rows, kinds, strict=False)]) == 0
            )
            assert [row.status for row in rows_of(self.store, self.mailing_id)] == before

    def _give_back(self, of: int) -> None:
        for lease in self.leases[:1]:
            with self.store.begin() as session:
                queue.give_back(
                    session, lease_id=lease.id, mailing_id=self.mailing_id, ids=[row.id for row in lease.rows[of:]],
                    now=self.now, crashed=bool(of),
                )  # fmt: skip
                if of == 0:
                    queue.finish_lease(session, lease.id)
            if of == 0:
                self.old.append(self.leases.pop(0))

    def _withhold(self, number: int) -> None:
        with self.store.begin() as session:
            upkeep.withhold_waiting(session, self.mailing_id, delivery.c.id == self.first + number, self.now)

    def _window(self, number: int) -> None:
        for lease in self.leases[:1]:
            with self.store.begin() as session:
                guard = windows.WindowGuard(delivery.c.id == self.first + number)
                guard.withhold(session, lease, slice(0, 2), self.now)

    def _late(self, what: tuple[int, DeliveryEventKind]) -> None:
        number, kind = what
        with self.store.begin() as session:
            row = session.execute(delivery.select().where(delivery.c.id == self.first + number).with_for_update()).one()
            after = cell(DeliveryStatus(row.status), kind)
            if isinstance(after, DeliveryStatus):
                due = self.now if after.is_open else None
                ledger_rows.move_rows(session, self.mailing_id, [row], after, {"due_at": due})

    def _expire(self, _: int) -> None:
        with self.store.begin() as session:
            upkeep.expire_waiting(session, self.mailing_id, self.now - timedelta(hours=2), self.now)

    def _unpark(self, _: int) -> None:
        with self.store.begin() as session:
            upkeep.unpark(session, self.mailing_id, self.now, "cli:test")

    def _cancel(self, _: int) -> None:
        with self.store.begin() as session:
            try:
                writes.move_mailing(session, self.mailing_id, MailingEventKind.CANCELLED)
            except IllegalMailingTransitionError:
                return
            upkeep.cancel_waiting(session, self.mailing_id, self.now)

    def check(self) -> None:
        assert disagreement(self.store, self.mailing_id) == ""
        for row in rows_of(self.store, self.mailing_id):
            holds = [lease for lease in self.leases if row.lease_id == lease.id]
            assert (row.status == "attempting") is (row.lease_id is not None) is bool(holds)
            assert row.attempts >= 0


@given(steps=st.lists(STEPS, min_size=3, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_steps_keeps_the_sums(store: Store, steps: list[tuple[str, Any]]) -> None:
    world = World(store, f"k{number(store)}")
    for name, value in steps:
        world.do(name, value)
        world.check()


def number(store: Store) -> int:
    """One that no earlier example has."""
    with store.begin() as session:
        return writes.next_ids(session, "test", 1)
