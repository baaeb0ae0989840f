"""kill -9 at every instant of one delivery that recovery must tell apart, each hit for certain.

The relay holds the sender at a step (or the test holds the database), the kill comes, the relay is well again, and a new
sender finishes. What the table of recovery says about that instant must be in the report, and the relay's log agree.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.sender import Sender, finish
from tests.support.fault_smtp.program import FaultProgram
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.waiting import wait_until

RECIPIENTS = 40
CONNECTIONS = 4


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[FaultProgram]:
    with FaultProgram(tmp_path, Scenario()) as running:
        yield running


@pytest.fixture
def sender(tmp_path: Path, relay: FaultProgram) -> Iterator[Sender]:
    made = Sender(tmp_path, relay.port, RELAY_CONNECTIONS=str(CONNECTIONS))
    try:
        made.set_up(RECIPIENTS)
        yield made
    finally:
        made.stop_all()


def kill(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, "the fault must hit while it sends"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    ("at", "kept", "doubts"),
    [
        # before a body: nothing can have left, whatever was claimed goes back to the queue
        (At.CONNECT, False, 0),
        (At.MAIL, False, 0),
        (At.RCPT, False, 0),
        (At.DATA, False, 0),
        # the relay took the message and its answer never came: one doubt for each connection, never a second copy
        (At.DOT, True, CONNECTIONS),
        (At.DOT, False, CONNECTIONS),
    ],
)
def test_killed_while_the_relay_is_silent(relay: FaultProgram, sender: Sender, at: At, kept: bool, doubts: int) -> None:
    # the precheck of `send` opens the first session, the four of the loop come after it
    held = Fault(at=at, do=Do.HANG, kept=kept if at is At.DOT else None, after=1 if at is At.CONNECT else 0)
    relay.change(Scenario(faults=(held,)))
    process = sender.start()
    wait_until(lambda: relay.log.count("fault") >= CONNECTIONS, within=40, what=f"every session to hang at {at}")
    kill(process)
    relay.change(Scenario())
    result = finish(sender.start())
    copies = relay.log.by_address()
    report = sender.report()
    statuses = Counter(str(line["status"]) for line in report)
    assert result["status"] == "closed"
    assert statuses == Counter({"accepted": RECIPIENTS - doubts} | ({"in_doubt": doubts} if doubts else {}))
    doubtful = {str(line["recipient"]) for line in report if line["status"] == "in_doubt"}
    for line in report:
        address = str(line["recipient"])
        wanted = int(kept) if address in doubtful else 1
        assert len(copies.get(address, [])) == wanted
        assert line["attempts"] == 1, "what surely never began gets its attempt back"


@pytest.mark.timeout(100)
def test_killed_in_mid_body(relay: FaultProgram, sender: Sender) -> None:
    """A body that had begun is in doubt: from here nobody can know how much of it left."""
    relay.change(Scenario(faults=(Fault(at=At.BODY, do=Do.HANG),)))
    process = sender.start()
    wait_until(lambda: relay.log.count("fault") >= CONNECTIONS, within=40, what="every session to hang in the body")
    kill(process)
    relay.change(Scenario())
    finish(sender.start())
    report = sender.report()
    assert Counter(str(line["status"]) for line in report) == {
        "accepted": RECIPIENTS - CONNECTIONS,
        "in_doubt": CONNECTIONS,
    }
    copies = relay.log.by_address()
    assert all(len(copies.get(str(line["recipient"]), [])) == (line["status"] == "accepted") for line in report)


@pytest.mark.timeout(100)
def test_killed_after_the_reply_and_before_the_commit(relay: FaultProgram, sender: Sender) -> None:
    """The database is held, so no outcome can be settled; every reply that was read is in the journal."""
    relay.change(Scenario(latency=0.02))
    process = sender.start()
    wait_until(relay.log.kept, within=40, what="the first message")
    with closing(sqlite3.connect(sender.folder / "data" / "mailer.db", timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        settled = other.execute("SELECT count(*) FROM delivery WHERE status = 'accepted'").fetchone()[0]
        wait_until(lambda: len(relay.log.kept()) >= settled + 8, within=20, what="messages beyond the last commit")
        kill(process)
        other.execute("ROLLBACK")
    relay.change(Scenario())
    finish(sender.start())
    report = sender.report()
    statuses = Counter(str(line["status"]) for line in report)
    assert statuses["accepted"] + statuses["in_doubt"] == RECIPIENTS
    assert statuses["in_doubt"] <= CONNECTIONS
    copies = relay.log.by_address()
    assert all(len(copies[str(line["recipient"])]) == 1 for line in report if line["status"] == "accepted")
    assert all(len(kept) == 1 for kept in copies.values())


@pytest.mark.timeout(100)
def test_stopped_by_sigterm_it_finishes_what_is_on_the_wire(relay: FaultProgram, sender: Sender) -> None:
    relay.change(Scenario(latency=0.05))
    process = sender.start()
    wait_until(relay.log.kept, within=40, what="the first message")
    process.terminate()
    process.wait(timeout=30)
    report = sender.report()
    assert not {str(line["status"]) for line in report} - {"accepted", "queued"}, "no doubt after an orderly end"
    finish(sender.start())
    assert Counter(str(line["status"]) for line in sender.report()) == {"accepted": RECIPIENTS}
    assert all(len(kept) == 1 for kept in relay.log.by_address().values())
