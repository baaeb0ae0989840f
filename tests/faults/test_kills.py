"""The sender killed again and again while the relay drops answers: the relay's own log and the report must agree."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.sender import Sender, finish
from tests.support.fault_smtp.books import RelayLog
from tests.support.fault_smtp.program import FaultProgram
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.waiting import wait_until

RECIPIENTS = 1_000
CONNECTIONS = 10
KILLS = 5
GROWTH = 60  # messages the relay logs between two kills


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[FaultProgram]:
    # one answer in twenty is lost behind the dot, in half of them the message with it; the latency keeps a kill in the
    # middle of things
    dropped = (
        Fault(at=At.DOT, do=Do.CUT, kept=True, share=0.025),
        Fault(at=At.DOT, do=Do.CUT, kept=False, share=0.025),
    )
    scenario = Scenario(faults=dropped, seed=7, latency=0.01)
    with FaultProgram(tmp_path, scenario) as running:
        yield running


@pytest.fixture
def sender(tmp_path: Path, relay: FaultProgram) -> Iterator[Sender]:
    made = Sender(tmp_path, relay.port, RELAY_CONNECTIONS=str(CONNECTIONS))
    try:
        yield made
    finally:
        made.stop_all()


def agree(log: RelayLog, report: list[dict[str, object]], kills: int) -> None:
    """The invariants of a crash: nothing lost, nobody sent again whose reply was read, doubts few and honest."""
    copies = log.by_address()
    dropped = sum(message.outcome == "dropped" for message in log.messages())
    by_status: dict[object, set[str]] = {}
    for line in report:
        by_status.setdefault(line["status"], set()).add(str(line["recipient"]))
    assert set(by_status) <= {"accepted", "in_doubt"}
    accepted, in_doubt = by_status.get("accepted", set()), by_status.get("in_doubt", set())
    assert len(accepted) + len(in_doubt) == len(report)
    assert all(len(copies.get(address, [])) == 1 for address in accepted), "accepted means the relay has one copy"
    assert all(len(copies.get(address, [])) <= 1 for address in in_doubt), "a doubt is never sent again by itself"
    assert len(in_doubt) <= dropped + kills * CONNECTIONS
    attempts = {str(line["recipient"]): int(str(line["attempts"])) for line in report}
    assert all(attempts[address] >= len(kept) for address, kept in copies.items()), "an attempt is written before DATA"
    ids = {str(line["recipient"]): line["message_id"] for line in report}
    assert all(f"<{ids[address]}>" == kept[0].message_id for address, kept in copies.items())
    assert log.count("violation") == 0


@pytest.mark.timeout(170)
def test_a_sender_killed_five_times_loses_and_doubles_nothing(relay: FaultProgram, sender: Sender) -> None:
    sender.set_up(RECIPIENTS)
    for _ in range(KILLS):
        before = len(relay.log.kept())
        process = sender.start()
        wait_until(lambda b=before: len(relay.log.kept()) >= b + GROWTH, within=40, what="the relay's log to grow")
        assert process.poll() is None, "the fault must hit in mid-send"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    result = finish(sender.start())
    report = sender.report()
    assert result["status"] == "closed"
    assert result["recipients"] == RECIPIENTS == len(report)
    assert sum(result["counts"].values()) == RECIPIENTS
    agree(relay.log, report, KILLS)


@pytest.mark.timeout(100)
def test_a_stopped_sender_that_comes_back_sends_nothing_twice(relay: FaultProgram, sender: Sender) -> None:
    sender.set_up(700)  # more than one lease holds: without its lock the second would find rows to claim
    first = sender.start()
    wait_until(lambda: len(relay.log.kept()) >= 60, within=40, what="the first sender to be in mid-send")
    os.kill(first.pid, signal.SIGSTOP)
    second = sender.start()
    # the second waits for the lock of the one that is only stopped; it must not take its rows
    kept = len(relay.log.kept())
    with pytest.raises(AssertionError):
        wait_until(lambda: len(relay.log.kept()) > kept + CONNECTIONS, within=3, what="the second to send")
    os.kill(first.pid, signal.SIGCONT)
    results = [finish(first), finish(second)]
    assert {result["status"] for result in results} == {"closed"}
    agree(relay.log, sender.report(), kills=1)
