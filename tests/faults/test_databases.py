"""PostgreSQL restarted, crashed, away; connections taken: the queue waits for its database and then tells the truth."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from mailer import wiring
from mailer.flow.leases import WINDOW
from mailer.flow.read_ledger import read_ledger
from mailer.model.mailing import MailingStatus
from mailer.store import queries
from mailer.workers import loop
from tests.faults.conftest import CONNECTIONS, MANY, SLOW
from tests.faults.inside import Inside, opened
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_redis, pytest.mark.needs_postgres, pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]

AWAY_FOR = 60.0  # seconds


def in_mid_mailing(office: Installation, relay: FaultServer, kept: int) -> None:
    office.release()
    relay.log.wait_until(kept, 60)
    assert len(relay.log.kept()) < MANY - 60, "the fault has to strike in mid-mailing"


@pytest.mark.fault("F14")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_at_half_time(
    relay: FaultServer, make_production: Make, postgres_server: PostgresServer, close_accounts: Close, mode: str
) -> None:
    relay.change(SLOW)
    office = make_production(MANY)
    office.serve("worker", "worker", "beat")
    in_mid_mailing(office, relay, MANY // 2)
    postgres_server.restart(mode)
    relay.change(Scenario())
    office.wait_for_status("closed", within=120)
    accounts, report = close_accounts(office, hit=1)
    assert accounts.statuses == {"accepted": MANY}, "every reply was read, so nothing is in doubt"
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.fault("F15")
def test_away_for_a_minute(
    relay: FaultServer, make_production: Make, postgres_server: PostgresServer, close_accounts: Close
) -> None:
    """With leases of 20 seconds, so that they run out meanwhile several times over."""
    relay.change(SLOW)
    office = make_production(MANY)
    office.serve("worker", "worker", "beat")
    in_mid_mailing(office, relay, 40)
    postgres_server.stop("immediate")
    stopped_at, sent_by_then = time.time(), len(relay.log.messages())
    wait_until(lambda: time.time() > stopped_at + AWAY_FOR, within=AWAY_FOR + 5, what="a minute")
    without = len(relay.log.messages()) - sent_by_then
    assert without <= 2 * (2 * WINDOW + CONNECTIONS), "two workers, two windows each"
    last = relay.log.messages()[-1].at
    relay.change(Scenario())
    postgres_server.start()
    office.wait_for_status("closed", within=120)
    accounts, _ = close_accounts(office, hit=1)
    assert set(accounts.statuses) <= {"accepted", "in_doubt"}
    assert accounts.statuses["in_doubt"] <= 2 * CONNECTIONS
    assert all(not stopped_at + AWAY_FOR / 2 < message.at < stopped_at + AWAY_FOR for message in relay.log.messages())
    assert last < stopped_at + AWAY_FOR / 2, "it stopped long before the database came back"


@pytest.mark.fault("F17")
def test_every_connection_but_four_is_taken(relay: FaultServer, make_production: Make, close_accounts: Close) -> None:
    relay.change(Scenario(latency=0.01))
    office = make_production(MANY, RELAY_CONNECTIONS=20)
    office.release()
    with opened(office) as inside, ExitStack() as taken:
        pool = inside.store.engine.pool
        most = pool.size() + pool._max_overflow  # type: ignore[attr-defined]  # QueuePool has no public word for it
        for _ in range(most - 4):
            taken.enter_context(inside.store.engine.connect())
        stop = threading.Event()
        readers = [threading.Thread(target=read_pages, args=(inside, stop)) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            with wiring.sending(inside.settings, inside.store, "worker") as sending:
                loop.run(sending.kit, until=lambda: status(inside) is MailingStatus.CLOSED)
        finally:
            stop.set()
            for reader in readers:
                reader.join(60)
        assert not any(reader.is_alive() for reader in readers)
    accounts, _ = close_accounts(office, hit=most - 4)
    assert accounts.statuses == Counter(accepted=MANY)


def read_pages(inside: Inside, stop: threading.Event) -> None:
    while not stop.is_set():
        with inside.store.read() as session:
            read_ledger(session, 1, inside.office.clock.now())


def status(inside: Inside) -> MailingStatus:
    with inside.store.read() as session:
        return MailingStatus(queries.mailing(session, 1).status)
