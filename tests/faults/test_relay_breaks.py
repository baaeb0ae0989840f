"""A relay that falls silent, breaks off, hangs up or is away: what had not begun is tried again, what had is in doubt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mailer.settings import load
from tests.faults.conftest import CONNECTIONS, MANY
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, result_of
from tests.support.waiting import wait_until

Make = Callable[..., Installation]
Close = Callable[..., Any]

IN_SESSION = (At.MAIL, At.RCPT, At.DATA)
BEFORE_SESSION = (At.CONNECT, At.GREETING, At.EHLO)
EACH = 5
#: Every limit made short, so that silence ends within the test; the long one behind the dot is told below.
IMPATIENT = {
    f"SMTP_TIMEOUT_{phase}": "2s" for phase in ("CONNECT", "HELO", "MAIL", "RCPT", "DATA", "BODY", "DOT")
}  # fmt: skip


def faults(do: Do, *phases: At, **changed: Any) -> tuple[Fault, ...]:
    """EACH at every phase; the precheck's own session is spared."""
    return tuple(Fault(at=at, do=do, times=EACH, after=1 if at in BEFORE_SESSION else 10, **changed) for at in phases)


def hits(relay: FaultServer) -> Counter[str]:
    return Counter(event["phase"] for event in relay.log.events("fault"))


def sent(relay: FaultServer, office: Installation, *struck: Fault, **manners: Any) -> dict[str, Any]:
    """One mailing through a relay with these faults, to its end."""
    relay.change(Scenario(faults=struck, **manners))
    return result_of(office.send(), 90)


@pytest.mark.long
@pytest.mark.fault("F18")
def test_silence_at_each_phase_ends_with_its_limit_and_holds_up_nobody(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY, **IMPATIENT)
    told = sent(relay, office, *faults(Do.HANG, At.CONNECT, At.EHLO, *IN_SESSION))
    assert told["status"] == "closed"
    struck = hits(relay)
    assert all(struck[at] == EACH for at in IN_SESSION), struck
    assert struck[At.CONNECT]
    assert struck[At.EHLO]
    accounts, report = close_accounts(office, hit=struck.total())
    assert accounts.statuses == {"accepted": MANY}
    # silence at the relay's door charges nobody, nor does a kept session that had died before a word about the message
    assert EACH * 2 <= sum(line["attempts"] - 1 for line in report) <= EACH * 3


@pytest.mark.long
@pytest.mark.fault("F22")
def test_resets_at_every_phase(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY)
    struck_at = (*BEFORE_SESSION, *IN_SESSION, At.BODY, At.DOT)
    told = sent(relay, office, *faults(Do.RST, *struck_at))
    assert told["status"] == "closed"
    struck = hits(relay)
    assert all(struck[at] == EACH for at in (*IN_SESSION, At.BODY, At.DOT)), struck
    accounts, _ = close_accounts(office, hit=struck.total())
    # a body in one piece may have left before its reset is seen: that much is not known
    assert EACH <= accounts.statuses["in_doubt"] <= 2 * EACH
    assert accounts.statuses["accepted"] == MANY - accounts.statuses["in_doubt"]


@pytest.mark.long
@pytest.mark.fault("F23")
def test_421_at_every_phase_is_a_reply_and_no_doubt(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY)
    phases = (At.GREETING, *IN_SESSION, At.DOT)
    told = sent(relay, office, *faults(Do.REPLY, *phases, every=3, reply="421 4.3.2 Shutting down"))
    assert told["status"] == "closed"
    struck = hits(relay)
    assert all(struck[at] == EACH for at in (*IN_SESSION, At.DOT)), struck
    accounts, report = close_accounts(office, hit=struck.total())
    assert accounts.statuses == {"accepted": MANY}
    assert max(line["attempts"] for line in report) <= 1 + EACH


@pytest.mark.long
@pytest.mark.fault("F19")
@pytest.mark.parametrize(("policy", "left"), [("hold", {"in_doubt": EACH}), ("resend", {})])
def test_silence_behind_the_dot(
    relay: FaultServer, make_office: Make, close_accounts: Close, policy: str, left: dict[str, int]
) -> None:
    office = make_office(MANY, IN_DOUBT=policy, **IMPATIENT)
    told = sent(relay, office, *faults(Do.HANG, At.DOT, kept=False))
    assert told["status"] == "closed"
    accounts, report = close_accounts(office, hit=hits(relay)[At.DOT], repeats=policy == "resend")
    assert accounts.statuses == Counter(accepted=MANY - sum(left.values())) + Counter(left)
    assert accounts.duplicates == 0
    assert sum(line["doubts"] for line in report) == EACH


@pytest.mark.fault("F19")
def test_in_production_a_late_yes_is_waited_for_ten_minutes() -> None:
    assert load({}).smtp_timeout_dot.total_seconds() >= 600


@pytest.mark.long
@pytest.mark.fault("F31")
def test_a_reply_in_drops_has_one_limit_for_all_of_it(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY, **IMPATIENT)
    told = sent(relay, office, *faults(Do.DRIP, *IN_SESSION, At.DOT, seconds=0.5))
    assert told["status"] == "closed"
    struck = hits(relay)
    assert all(struck[at] == EACH for at in (*IN_SESSION, At.DOT)), struck
    accounts, _ = close_accounts(office, hit=struck.total())
    assert accounts.statuses == Counter(accepted=MANY - EACH, in_doubt=EACH)


@pytest.mark.long
@pytest.mark.fault("F29")
@pytest.mark.parametrize("down", ["refuse", "reset"])
def test_a_relay_that_is_away_charges_nobody_and_is_asked_ever_more_rarely(
    relay: FaultServer, make_office: Make, close_accounts: Close, down: str
) -> None:
    office = make_office(MANY)
    relay.change(Scenario(latency=0.2))
    sending = office.send()
    relay.log.wait_until(40, 60)
    relay.change(Scenario(down=down))
    if down == "reset":
        wait_until(lambda: relay.log.count("turned_away") >= 4 * CONNECTIONS, within=90, what="rounds of tries")
    wait_until(lambda: office.tasks("relay"), within=60, what="the office to be told")
    at = [event["at"] for event in relay.log.events("turned_away")]
    relay.change(Scenario())
    assert result_of(sending, 90)["status"] == "closed"
    if at:  # every place tries once a round, and the rounds are 1, 2, 4, 8 seconds apart at least
        assert len(at) <= CONNECTIONS * (math.log2(1 + at[-1] - at[0]) + 2)
    accounts, report = close_accounts(office, hit=len(at) or len(office.tasks("relay")))
    assert set(accounts.statuses) <= {"accepted", "in_doubt"}
    assert accounts.statuses["in_doubt"] <= CONNECTIONS
    assert Counter(line["attempts"] for line in report)[2] <= CONNECTIONS, "only what was on the wire was an attempt"
