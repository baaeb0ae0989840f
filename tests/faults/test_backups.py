"""The machine is lost in the middle of a mailing and an older backup comes back: nothing goes out before a person has looked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.conftest import MANY, SLOW
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, kill, result_of
from tests.support.waiting import wait_until


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.fault("F57")
def test_what_came_back_sends_nothing_by_itself(relay: FaultServer, make_office: Callable[..., Installation]) -> None:
    office = make_office(MANY)
    relay.change(SLOW)
    sending = office.send()
    wait_until(lambda: len(relay.log.messages()) >= MANY // 10, 60, "the first mails out")
    backup = office.folder / "backup.tar.gz"
    before = set(relay.log.by_address())  # whoever has a copy by now; more get one while the backup is taken
    assert office.run("backup", "create", "--out", backup).code == 0
    at_backup = len(relay.log.messages())
    wait_until(lambda: len(relay.log.messages()) >= at_backup + MANY // 10, 60, "mails after the backup")
    kill(sending)
    relay.change(Scenario())
    restored = office.run("backup", "restore", backup, "--yes", "--json")
    assert restored.code == 0, restored
    assert restored.event("result")["stopped"] == 1

    at_loss = relay.log.by_address()
    # a sender that starts finds the mailing held and lets it be
    told = result_of(office.send())
    assert told["status"] == "held"
    assert relay.log.by_address() == at_loss
    assert sum(told["counts"].values()) == MANY
    assert told["counts"]["accepted"] < len(at_loss), "the backup knew it all, so the run proves nothing"
    assert "备份" in office.show()["reason"]
    assert office.tasks("restored")
    assert "backup.restored" in office.run("audit", "list").out
    assert office.run("audit", "verify").code == 0

    # somebody has compared it with the relay's log and says: go on
    assert office.run("mailings", "resume", 1).code == 0
    counts = result_of(office.send(), 120)["counts"]
    copies = relay.log.by_address()
    assert sum(counts.values()) == MANY
    assert counts["accepted"] + counts["in_doubt"] == MANY
    assert len(copies) + counts["in_doubt"] >= MANY
    twice = {address for address, each in copies.items() if len(each) > 1}
    assert twice <= set(at_loss) - before, "only what went out behind the backup's back may go out again"
    for address in twice:
        assert len({message.message_id for message in copies[address]}) == 1
