"""kill -9 at every instant of one delivery that recovery must tell apart, each hit for certain.

The relay holds the sender at a step (or the test holds the database), the kill comes, the relay is well again, and a new
sender finishes. What the table of recovery says about that instant must be in the report, and the relay's log agree.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.faults.conftest import CONNECTIONS, SLOW
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, kill, result_of
from tests.support.waiting import wait_until

RECIPIENTS = 40
Make = Callable[..., Installation]
Close = Callable[..., Any]


def row(name: str, *values: object, long: bool = False) -> Any:
    marks = [pytest.mark.fault(name), *([pytest.mark.long] if long else [])]
    return pytest.param(*values, marks=marks, id=f"{name}-{values[0]}")


@pytest.mark.parametrize(
    ("at", "kept", "doubts"),
    [
        # before a body: nothing can have left, whatever was claimed goes back to the queue
        row("F01", At.CONNECT, None, 0),
        row("F02", At.MAIL, None, 0, long=True),
        row("F02", At.RCPT, None, 0),
        row("F02", At.DATA, None, 0, long=True),
        # a body that had begun is in doubt: from here nobody can know how much of it left
        row("F03", At.BODY, None, CONNECTIONS, long=True),
        # the relay took the message and its answer never came: one doubt for each connection, never a second copy
        row("F04", At.DOT, True, CONNECTIONS),
        row("F04", At.DOT, False, CONNECTIONS, long=True),
    ],
)
def test_killed_while_the_relay_is_silent(
    relay: FaultServer, make_office: Make, close_accounts: Close, at: At, kept: bool | None, doubts: int
) -> None:
    office = make_office(RECIPIENTS)
    # the precheck of `send` opens the first session, the four of the loop come after it
    relay.change(Scenario(faults=(Fault(at=at, do=Do.HANG, kept=kept, after=1 if at is At.CONNECT else 0),)))
    sending = office.send()
    wait_until(lambda: relay.log.count("fault") >= CONNECTIONS, within=60, what=f"every session to hang at {at}")
    kill(sending)
    relay.change(Scenario())
    assert result_of(office.send())["status"] == "closed"
    accounts, report = close_accounts(office, hit=relay.log.count("fault"))
    assert accounts.statuses == Counter(accepted=RECIPIENTS - doubts) + Counter(in_doubt=doubts)
    assert {line["attempts"] for line in report} == {1}, "what surely never began gets its attempt back"
    copies = relay.log.by_address()
    for line in report:
        wanted = bool(kept) if line["status"] == "in_doubt" else True
        assert len(copies.get(str(line["recipient"]), [])) == wanted


@pytest.mark.fault("F05")
def test_killed_after_the_reply_and_before_the_commit(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    """The database is held, so no outcome can be settled; every reply that was read is in the journal."""
    office = make_office(RECIPIENTS)
    relay.change(SLOW)
    sending = office.send()
    wait_until(relay.log.kept, within=60, what="the first message")
    with closing(sqlite3.connect(office.data_dir / "mailer.db", timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        settled = other.execute("SELECT count(*) FROM delivery WHERE status = 'accepted'").fetchone()[0]
        wait_until(lambda: len(relay.log.kept()) >= settled + 8, within=30, what="messages beyond the last commit")
        kill(sending)
        unsettled = len(relay.log.kept()) - settled
        other.execute("ROLLBACK")
    relay.change(Scenario())
    assert result_of(office.send())["status"] == "closed"
    accounts, _ = close_accounts(office, hit=unsettled)
    assert set(accounts.statuses) <= {"accepted", "in_doubt"}
    assert accounts.statuses["in_doubt"] <= CONNECTIONS
    assert all(len(kept) == 1 for kept in relay.log.by_address().values())


@pytest.mark.fault("F13")
def test_stopped_by_sigterm_it_finishes_what_is_on_the_wire(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(RECIPIENTS)
    relay.change(SLOW)
    sending = office.send()
    wait_until(relay.log.kept, within=60, what="the first message")
    sending.terminate()
    sending.wait(timeout=60)
    accounts, report = close_accounts(office, hit=1)
    assert set(accounts.statuses) == {"accepted", "queued"}, "hit in mid-send, nothing is left in the air"
    assert all(line["attempts"] == (line["status"] == "accepted") for line in report)
    relay.change(Scenario())
    assert result_of(office.send())["status"] == "closed"
    accounts, _ = close_accounts(office, hit=1)
    assert accounts.statuses == {"accepted": RECIPIENTS}
