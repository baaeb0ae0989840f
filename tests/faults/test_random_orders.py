"""Whatever happens in whatever order: claims, answers, deaths, recoveries, pauses, suppressions, returns, second thoughts.

After every step the ledger's sum is right and no row says more than the relay knows; in the end nobody is left out.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailer.flow.close_mailing import close_if_done
from mailer.flow.control_mailing import cancel, pause, resolve_in_doubt, resume
from mailer.flow.suppress_address import suppress_address
from mailer.flow.take_in_report import take_in_report
from mailer.model.mailing import IllegalMailingTransitionError
from mailer.model.return_path import ReturnPath, envelope_sender
from mailer.store import queries
from mailer.store.engine import Store, sqlite_url
from recipients.address import EmailAddress
from recipients.suppression import Suppression, SuppressionReason
from tests.faults.puppet import ENDS, Puppet
from tests.store.queueing import disagreement, rows_of
from tests.support import returned_mail
from tests.support.builders import SIGNER, Clock, make_audience, make_kit, make_office, make_sending, make_worker
from tests.support.databases import make_sqlite_template, open_sqlite

ROWS = 8
ACTOR = "cli:test"
SAID_SENT = {"accepted", "delivered"}
TEMPLATE = Path(tempfile.mkdtemp(prefix="mt-ledger-"))


@pytest.fixture(scope="module", autouse=True)
def _template() -> Any:
    """A mailing on its way, made once: every run begins with a copy of it."""
    store = Store(sqlite_url(make_sqlite_template(TEMPLATE).parent))
    make_sending(make_office(store, Clock()), make_audience(ROWS))
    store.close()
    yield
    shutil.rmtree(TEMPLATE, ignore_errors=True)


class Ledger(RuleBasedStateMachine):
    workers = st.integers(0, 1)
    rows = st.integers(0, ROWS - 1)

    @initialize()
    def set_scene(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mt-order-"))
        self.store = open_sqlite(TEMPLATE / "mailer.db", self.folder)
        self.clock = Clock()
        self.office = make_office(self.store, self.clock)
        self.mailing = 1
        self.ids = [row.id for row in rows_of(self.store, self.mailing)]
        self.copies: Counter[int] = Counter()
        self.excused: set[int] = set()  # a person said: send again, or: take it as sent
        self.told: Counter[int] = Counter()  # returns about it
        self.names = (f"w{number}" for number in itertools.count())
        self.puppets = [self._worker() for _ in range(2)]
        for worker in range(len(self.puppets)):
            self.takes_work(worker)

    def _worker(self) -> Puppet:
        home = make_worker(self.store, self.folder / "journal", next(self.names))
        return Puppet(make_kit(self.store, home, self.clock), self.copies)

    @property
    def status(self) -> str:
        with self.store.read() as session:
            return str(queries.mailing(session, self.mailing).status)

    # --- workers ------------------------------------------------------------------------------------------------------

    @rule(worker=workers)
    def takes_work(self, worker: int) -> None:
        for _ in range(2):  # one visit claims, the next is granted a window
            self.puppets[worker].visit(claim=True)

    @rule(worker=workers, grant=st.booleans())
    def visits_the_desk(self, worker: int, grant: bool) -> None:
        self.puppets[worker].visit(claim=False, grant=grant)

    @precondition(lambda self: self.has_ready)
    @rule(how=st.sampled_from(sorted(ENDS)), count=st.integers(1, 5))
    def sends(self, how: str, count: int) -> None:
        for _ in range(count):
            if self.has_ready:
                self.has_ready[0].attempt(ENDS[how])

    @precondition(lambda self: self.has_ready)
    @rule(how=st.sampled_from(sorted(ENDS)))
    def dies_with_a_message_on_the_wire(self, how: str) -> None:
        victim = self.has_ready[0]
        victim.begin(ENDS[how])
        self._replace(victim)

    @rule(worker=workers)
    def dies(self, worker: int) -> None:
        self._replace(self.puppets[worker])

    @property
    def has_ready(self) -> list[Puppet]:
        return [puppet for puppet in self.puppets if puppet.has_ready]

    def _replace(self, victim: Puppet) -> None:
        victim.die()
        self.puppets[self.puppets.index(victim)] = self._worker()

    @rule(worker=workers)
    def sweeps(self, worker: int) -> None:
        self.puppets[worker].sweep()

    @rule(seconds=st.sampled_from([1, 130, 700, 20_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    # --- the office and the world -------------------------------------------------------------------------------------

    @rule(act=st.sampled_from([pause, resume]))
    def is_steered(self, act: Any) -> None:
        try:
            act(self.office, self.mailing, ACTOR)
        except IllegalMailingTransitionError:
            assert self.status in {"closed", "cancelled", "held"}

    @rule(row=rows)
    def an_address_is_suppressed(self, row: int) -> None:
        address = rows_of(self.store, self.mailing)[row].address
        wanted = Suppression(EmailAddress.parse(address).key, SuppressionReason.OFFICE, "")
        suppress_address(self.office, wanted, ACTOR)

    @precondition(lambda self: self.status != "cancelled")
    @rule(resend=st.booleans())
    def doubts_are_resolved(self, resend: bool) -> None:
        self.excused |= {row.id for row in rows_of(self.store, self.mailing) if row.status == "in_doubt"}
        resolve_in_doubt(self.office, self.mailing, ACTOR, resend=resend)

    @rule(row=rows, what=st.sampled_from([returned_mail.hard, returned_mail.delivered, returned_mail.delayed]))
    def a_return_comes_in(self, row: int, what: Any) -> None:
        delivery_id = self.ids[row]
        if not self.copies[delivery_id]:
            return  # nobody can report on what nobody has got
        self.told[delivery_id] += 1
        to = envelope_sender(
            ReturnPath.VERP, "office@office.example", "bounce.office.example", SIGNER.token(delivery_id)
        )
        take_in_report(
            self.store,
            raw=what(note=f"{delivery_id}"),
            envelope_rcpt=to,
            sender="",
            signer=SIGNER,
            retry=self.office.retry,
            now=self.clock.now(),
        )

    @rule(really=st.sampled_from([False] * 9 + [True]))
    def it_is_cancelled(self, really: bool) -> None:
        if really and self.status not in {"closed", "cancelled"}:
            cancel(self.office, self.mailing, ACTOR)

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_tells_the_truth(self) -> None:
        assert disagreement(self.store, self.mailing) == ""
        rows = rows_of(self.store, self.mailing)
        assert [row.id for row in rows] == self.ids
        for row in rows:
            copies = self.copies[row.id]
            assert row.attempts >= copies, "an attempt is committed before its body (I2)"
            if row.id in self.excused:
                continue
            assert copies <= 1, "nothing is sent twice by itself (I3)"
            if row.status in SAID_SENT:
                assert copies == 1, "nobody is called reached who is not (I6)"
            if row.status in {"withheld", "cancelled", "expired", "queued"}:
                assert copies == 0 or self.told[row.id], "whoever has a copy is not said to wait or to be left out"
        if self.status == "closed":
            assert not [row for row in rows if row.status in {"queued", "attempting", "deferred", "planned"}]

    def teardown(self) -> None:
        if hasattr(self, "puppets"):
            self._drain()
            for puppet in self.puppets:
                puppet.kit.home.close()
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _drain(self) -> None:
        """Every fault ends: the queue empties by itself, but for what waits for a person, who says: go on."""
        worker = self.puppets[0]
        for _ in range(40):
            if self.status in {"paused", "held"}:
                resume(self.office, self.mailing, ACTOR)
            worker.sweep()
            self.puppets[1].visit(claim=False)
            worker.visit(claim=True)
            for puppet in self.puppets:
                while puppet.has_ready:
                    puppet.attempt(ENDS["accepted"])
            close_if_done(self.store, self.mailing, self.clock.now())
            if self.status in {"closed", "cancelled"} and not any(puppet.is_busy for puppet in self.puppets):
                break
            self.clock.turn(minutes=10)
            pause_if_parked(self)
        self.the_ledger_tells_the_truth()
        assert self.status in {"closed", "cancelled"}
        open_rows = [row for row in rows_of(self.store, self.mailing) if row.status in {"queued", "attempting"}]
        assert open_rows == []


def pause_if_parked(ledger: Ledger) -> None:
    """Resuming is what brings parked rows back, and it is a step for a mailing that has stopped."""
    with ledger.store.read() as session:
        parked = queries.parked_count(session, ledger.mailing)
    if parked and ledger.status == "sending":
        resume(ledger.office, ledger.mailing, ACTOR)


ORDERS = 12
STEPS = 30


def test_any_order_of_events() -> None:
    """The same orders every time: a run of the suite is no lottery."""
    for seed in range(ORDERS):
        in_order(random.Random(seed))


def in_order(chance: random.Random) -> None:
    """One ledger's life, its steps drawn by ``chance``."""
    ledger = Ledger()
    ledger.set_scene()
    worker, row, how = (
        partial(chance.randrange, 2),
        partial(chance.randrange, ROWS),
        partial(chance.choice, sorted(ENDS)),
    )
    returns = (returned_mail.hard, returned_mail.delivered, returned_mail.delayed)
    steps: dict[Callable[[], None], int] = {
        lambda: ledger.takes_work(worker()): 4,
        lambda: ledger.visits_the_desk(worker(), chance.random() < 0.5): 4,
        lambda: ledger.sends(how(), chance.randint(1, 3)) if ledger.has_ready else None: 6,
        lambda: ledger.dies_with_a_message_on_the_wire(how()) if ledger.has_ready else None: 3,
        lambda: ledger.dies(worker()): 1,
        lambda: ledger.sweeps(worker()): 3,
        lambda: ledger.time_passes(chance.choice([1, 130, 700])): 2,
        lambda: ledger.is_steered(chance.choice([pause, resume])): 2,
        lambda: ledger.an_address_is_suppressed(row()): 1,
        lambda: ledger.doubts_are_resolved(chance.random() < 0.5) if ledger.status != "cancelled" else None: 1,
        lambda: ledger.a_return_comes_in(row(), chance.choice(returns)): 2,
        lambda: ledger.it_is_cancelled(chance.random() < 0.1): 1,
    }
    try:
        for step in chance.choices(list(steps), list(steps.values()), k=STEPS):
            step()
            ledger.the_ledger_tells_the_truth()
    finally:
        ledger.teardown()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_any_order_of_events_at_length() -> None:
    how = settings(
        max_examples=60,
        stateful_step_count=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(Ledger, settings=how)
