"""A correction in mid-send against a slow relay: each recipient ends with the right revision, nobody gets both by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import ISSUE, Done, Installation, kill
from tests.support.waiting import wait_until

PEOPLE = 200  # several windows, of which two at most leave behind the stop
SLOW = Scenario(latency=1.0)  # the office has time to correct, however busy the machine is
#: Some answers are lost behind the dot: whether the message arrived is not known, so its recipient counts as a holder.
DROPPED = (Fault(at=At.DOT, do=Do.CUT, kept=True, share=0.15, times=2),)
Make = Callable[..., Installation]


def corrected(office: Installation) -> list[object]:
    """The command that corrects mailing 1."""
    path = office.write_issue(ISSUE + "\n更正后补充的一句。\n", "corrected.md")
    return ["mailings", "correct", 1, "--file", path, "--yes", "--note", "补充一句", "--json"]


def some_have_left(relay: FaultServer, by: int = 5) -> None:
    """And from here on the relay is slow."""
    wanted = len(relay.log.messages()) + by
    wait_until(lambda: len(relay.log.messages()) >= wanted, within=60, what=f"{by} messages more")
    relay.change(SLOW)


def is_stopped(office: Installation) -> None:
    office.wait_for_status("cancelled", 1, within=150)


def check(office: Installation, relay: FaultServer, done: Done) -> dict[str, Any]:
    """Against the relay's own books: whoever may hold the old one got one correction, every other one corrected issue."""
    assert done.code == 0, done
    made = done.event("follow_up")
    sums = done.event("common_ledger")
    old = {row["recipient"]: row for row in office.report(1)}
    told = {row["recipient"]: row for row in office.report(made["holders_mailing"])}
    rest = {row["recipient"]: row for row in office.report(made["rest_mailing"])}
    holding = {address for address, row in old.items() if row["status"] in {"accepted", "delivered", "in_doubt"}}
    assert holding, "nothing had left: the correction came before the mailing"
    assert rest, "all had left: the correction came behind the mailing"
    assert (set(told), set(rest)) == (holding, set(old) - holding)
    which = {row["message_id"]: address for part in (old, told, rest) for address, row in part.items()}
    assert len(which) == len(old) + len(told) + len(rest)
    copies = relay.log.by_address()
    for address in old:
        ids = [message.message_id.strip("<>") for message in copies.get(address, [])]
        now = told.get(address) or rest[address]
        assert ids.count(now["message_id"]) <= 1
        if now["status"] == "accepted":
            assert ids[-1] == now["message_id"], "the last one it got is the corrected one"
        before = [each for each in ids if each != now["message_id"]]
        assert before in ([], [old[address]["message_id"]])
        if address in rest:
            assert before == [], "whoever gets the corrected issue as the first has no old one"
    assert sums["recipients"] == PEOPLE == sum(sums["counts"].values()) == sum(sums["by_revision"].values())
    return sums


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("dies", [False, True], ids=["in peace", "killed twice"])
def test_corrected_in_mid_send_each_ends_with_the_right_revision(
    relay: FaultServer, make_office: Make, dies: bool
) -> None:
    office = make_office(PEOPLE)
    relay.change(Scenario(faults=DROPPED, seed=3, latency=0.05))
    sending = office.send()
    some_have_left(relay)
    if dies:
        kill(sending)
    correcting = office.begin(*corrected(office), "--wait")
    is_stopped(office)
    relay.change(Scenario(latency=0.05))
    if dies:
        wanted = len(relay.log.messages()) + 5
        wait_until(lambda: len(relay.log.messages()) >= wanted, within=60, what="the correction to go out")
        kill(correcting)
    relay.change(Scenario())
    done = office.run(*corrected(office), "--wait", within=120)
    for each in (sending, correcting):
        each.communicate(timeout=60)
    sums = check(office, relay, done)
    assert sums["counts"]["current"] + sums["counts"]["old"] == PEOPLE, sums
    assert done.event("follow_up")["created"] is False, "it had been ordered before, and is done once"
    assert len(office.mailings()) == 3


@pytest.mark.long
@pytest.mark.needs_redis
@pytest.mark.needs_postgres
@pytest.mark.timeout(300)
def test_so_does_the_office_that_grew(relay: FaultServer, make_production: Make) -> None:
    office = make_production(PEOPLE)
    relay.change(Scenario(faults=DROPPED, seed=3, latency=0.05))
    office.serve("worker", "worker", "beat")
    office.release()
    some_have_left(relay)
    correcting = office.begin(*corrected(office))
    is_stopped(office)
    relay.change(Scenario())
    correcting.communicate(timeout=60)
    check(office, relay, office.run(*corrected(office), "--wait", within=120))
