"""A relay that takes fewer than we send: the sending stops and asks; slowed down by its office, it brings every mail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from mailer.flow.leases import WINDOW
from tests.faults.conftest import CONNECTIONS, MANY
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, result_of
from tests.support.waiting import wait_until

Make = Callable[..., Installation]
Close = Callable[..., Any]

LIMIT = 100  # messages in LIMIT_FOR
LIMIT_FOR = 5.0  # seconds


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.fault("F30")
@pytest.mark.parametrize(
    "reply", ["450 4.7.1 Rate limit exceeded", "451 4.7.1 Too fast, slow down", "421 4.7.0 Too many mails"]
)
def test_a_rate_limit_is_not_run_against(
    relay: FaultServer, make_office: Make, close_accounts: Close, reply: str
) -> None:
    office = make_office(MANY)
    relay.change(Scenario(rate=LIMIT, rate_window=LIMIT_FOR, rate_reply=reply))
    told = result_of(office.send(), 120)
    assert told["status"] == "held"
    [task] = office.tasks("held")
    assert "频率" in task["detail"]
    refused = refusals(relay)
    assert refused <= 2 * WINDOW + CONNECTIONS, "what was granted when the limit struck, and no more"
    # the office sets half of what its relay takes, and goes on when the relay's memory has passed
    office.set(PACE_PER_MINUTE=int(LIMIT * 60 / LIMIT_FOR / 2))
    last = relay.log.events()[-1]["at"]
    wait_until(lambda: time.time() > last + LIMIT_FOR, what="the relay to forget")
    assert office.run("mailings", "resume", 1, "--json").code == 0
    told = result_of(office.send(), 300)
    assert told["status"] == "closed"
    assert refusals(relay) - refused <= 0.2 * MANY
    accounts, _ = close_accounts(office, hit=refused)
    assert accounts.statuses == {"accepted": MANY}


def refusals(relay: FaultServer) -> int:
    """421 ends the session before its line about MAIL."""
    refused = [event for event in relay.log.events("mail") if event["code"] != 250]
    return len(refused) + len([event for event in relay.log.events("close") if event["by"] == "server: 421"])
