"""The sender killed, stopped and terminated again and again, and its rows never taken while it only stands still."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, kill, result_of
from tests.support.waiting import wait_until

CONNECTIONS = 10
Make = Callable[..., Installation]
Close = Callable[..., Any]

# one answer in twenty is lost behind the dot, in half of them the message with it
DROPPED = (
    Fault(at=At.DOT, do=Do.CUT, kept=True, share=0.025),
    Fault(at=At.DOT, do=Do.CUT, kept=False, share=0.025),
)


def grown(relay: FaultServer, sending: subprocess.Popen[bytes], by: int) -> None:
    """Waits until the relay has so many messages more, or the sending is over."""
    wanted = len(relay.log.messages()) + by
    wait_until(
        lambda: len(relay.log.messages()) >= wanted or sending.poll() is not None,
        within=60,
        what="the relay's log to grow",
    )


def finish(office: Installation) -> dict[str, Any]:
    """Sends to the end. Rows that were granted in five crashes wait for a person, who says: go on."""
    told = result_of(office.send(), 300)
    while told["parked"]:
        assert office.run("mailings", "resume", told["mailing"], "--json").code == 0
        told = result_of(office.send(), 300)
    return told


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("recipients", "kills"),
    [
        pytest.param(300, 2, id="quick"),
        pytest.param(2_000, 50, id="long", marks=pytest.mark.long),
    ],
)
@pytest.mark.fault("F06")
def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    relay: FaultServer, make_office: Make, close_accounts: Close, recipients: int, kills: int
) -> None:
    office = make_office(recipients, RELAY_CONNECTIONS=CONNECTIONS)
    relay.change(Scenario(faults=DROPPED, seed=7, latency=0.1))
    chance = random.Random(7)
    for _ in range(kills):
        sending = office.send()
        grown(relay, sending, chance.randrange(1, recipients // (kills + 1)))
        kill(sending)
    told = finish(office)
    assert (told["status"], told["recipients"]) == ("closed", recipients)
    assert sum(told["counts"].values()) == recipients
    accounts, _ = close_accounts(office, hit=kills)
    assert set(accounts.statuses) <= {"accepted", "in_doubt"}
    assert accounts.statuses["in_doubt"] <= accounts.unanswered + kills * CONNECTIONS


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault("F13")
def test_terminated_and_started_ten_times_nothing_is_in_doubt(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(300)
    relay.change(Scenario(latency=0.2))
    for _ in range(10):
        sending = office.send()
        grown(relay, sending, 15)
        assert sending.poll() is None
        sending.terminate()
        sending.wait(timeout=60)
    relay.change(Scenario())
    assert result_of(office.send())["status"] == "closed"
    accounts, report = close_accounts(office, hit=10)
    assert accounts.statuses == {"accepted": 300}
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.timeout(200)
@pytest.mark.long
@pytest.mark.fault("F06")
def test_a_stopped_sender_that_comes_back_sends_nothing_twice(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(700)  # more than one lease holds: without its lock the second would find rows to claim
    relay.change(Scenario(latency=0.1))
    first = office.send()
    grown(relay, first, 60)
    os.kill(first.pid, signal.SIGSTOP)
    second = office.send()
    # the second waits for the lock of the one that is only stopped; it must not take its rows
    kept = len(relay.log.kept())
    with pytest.raises(AssertionError):
        wait_until(lambda: len(relay.log.kept()) > kept + CONNECTIONS, within=3, what="the second to send")
    relay.change(Scenario())
    os.kill(first.pid, signal.SIGCONT)
    assert {result_of(each)["status"] for each in (first, second)} == {"closed"}
    accounts, _ = close_accounts(office, hit=1)
    assert accounts.statuses == {"accepted": 700}
