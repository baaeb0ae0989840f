"""Redis restarted, flushed, cut off, full, silent: it only wakes workers, so none of it costs a mail or makes two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailer.wake.celery import QUEUE
from tests.faults.conftest import CONNECTIONS, MANY, SLOW
from tests.faults.inside import opened
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_redis, pytest.mark.needs_postgres, pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]


@pytest.fixture
def production(relay: FaultServer, make_production: Make) -> Installation:
    """Two workers and a beat, and a relay slow enough to be hit in mid-mailing."""
    relay.change(SLOW)
    office = make_production(MANY)
    office.serve("worker", "worker", "beat")
    return office


def in_mid_mailing(office: Installation, relay: FaultServer, kept: int = 60) -> None:
    office.release()
    relay.log.wait_until(kept, 60)
    assert len(relay.log.kept()) < MANY - 60, "the fault has to strike in mid-mailing"


def all_accepted(office: Installation, relay: FaultServer, close_accounts: Close, hit: int) -> None:
    relay.change(Scenario())
    office.wait_for_status("closed", within=120)
    accounts, report = close_accounts(office, hit=hit)
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.fault("F08")
def test_restarted_three_times(
    production: Installation, relay: FaultServer, redis_server: RedisServer, close_accounts: Close
) -> None:
    in_mid_mailing(production, relay)
    for _ in range(3):
        redis_server.restart()
        relay.log.wait_until(len(relay.log.kept()) + 10, 60)
    all_accepted(production, relay, close_accounts, hit=3)


@pytest.mark.fault("F09")
def test_flushed(
    production: Installation, relay: FaultServer, redis_server: RedisServer, close_accounts: Close
) -> None:
    in_mid_mailing(production, relay, MANY * 3 // 10)
    redis_server.flush_all()
    all_accepted(production, relay, close_accounts, hit=1)


@pytest.mark.fault("F10")
def test_connections_reset_five_times_and_the_consumers_come_back(
    production: Installation, relay: FaultServer, redis_server: RedisServer, close_accounts: Close
) -> None:
    in_mid_mailing(production, relay)
    cut = 0
    for _ in range(5):
        cut += int(redis_server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        relay.log.wait_until(len(relay.log.kept()) + 10, 60)
    all_accepted(production, relay, close_accounts, hit=cut)
    with opened(production) as inside:
        inside.office.wake.nudge(1)
    wait_until(lambda: waiting(redis_server) == 0, within=120, what="somebody to take the hint off the queue")


def waiting(redis_server: RedisServer) -> int:
    return int(redis_server.command("LLEN", f"mailer:{QUEUE}"))


@contextmanager
def full(redis_server: RedisServer) -> Iterator[None]:
    redis_server.command("CONFIG", "SET", "maxmemory", "1")
    try:
        yield
    finally:
        redis_server.command("CONFIG", "SET", "maxmemory", "0")


@contextmanager
def read_only(redis_server: RedisServer) -> Iterator[None]:
    redis_server.command("CONFIG", "SET", "min-replicas-to-write", "1")
    try:
        yield
    finally:
        redis_server.command("CONFIG", "SET", "min-replicas-to-write", "0")


@contextmanager
def silent(redis_server: RedisServer) -> Iterator[None]:
    redis_server.freeze()
    try:
        yield
    finally:
        redis_server.thaw()


@pytest.mark.fault("F11")
@pytest.mark.parametrize("state", [full, read_only, silent])
def test_a_broker_that_takes_nothing_holds_up_nobody(
    production: Installation,
    relay: FaultServer,
    redis_server: RedisServer,
    close_accounts: Close,
    state: Callable[[RedisServer], Any],
) -> None:
    with state(redis_server):
        production.release()  # the office's command returns: it does not wait for the broker
        all_accepted(production, relay, close_accounts, hit=1)


@pytest.mark.fault("F12")
def test_a_task_delivered_again_and_again(production: Installation, relay: FaultServer, close_accounts: Close) -> None:
    """What the end of a visibility timeout does: the task runs again beside itself, here twenty times, behind a dot that
    is answered late."""
    late = Fault(at=At.DOT, do=Do.LATE, seconds=8, times=2 * CONNECTIONS, after=50)
    relay.change(Scenario(latency=0.5, faults=(late,)))
    in_mid_mailing(production, relay)
    with opened(production) as inside:
        for _ in range(20):
            inside.office.wake.nudge(1)
    wait_until(lambda: relay.log.count("fault") >= CONNECTIONS, within=60, what="late answers")
    all_accepted(production, relay, close_accounts, hit=relay.log.count("fault"))


@pytest.mark.fault("F47")
def test_one_worker_eight_workers_one_worker(relay: FaultServer, make_production: Make, close_accounts: Close) -> None:
    relay.change(SLOW)
    office = make_production(MANY, RELAY_CONNECTIONS=2)
    [first] = office.serve("worker")
    in_mid_mailing(office, relay, 10)
    others = office.serve(*["worker"] * 7)
    relay.log.wait_until(len(relay.log.kept()) + 30, 60)
    for program in (first, *others[:-1]):
        program.stop()
    assert len(relay.log.kept()) < MANY, "still in mid-mailing"
    all_accepted(office, relay, close_accounts, hit=7)
