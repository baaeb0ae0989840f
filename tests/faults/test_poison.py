"""Rows that would kill or mislead a sender: each is refused or parked with its reason, and all the others go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from mailer.flow.read_ledger import meaning
from mailer.flow.send_due import UNSENDABLE
from mailer.store.core import delivery
from tests.faults.conftest import MANY, addresses
from tests.faults.inside import opened
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, result_of

Make = Callable[..., Installation]
Close = Callable[..., Any]

#: What a damaged database may hold; the import would have refused it.
DAMAGED = {
    "r1@d1.example": "r1@d1.example>\r\nRCPT TO:<spy@evil.example",
    "r2@d2.example": "局长@d2.example",
    "r3@d3.example": "r3\0@d3.example",
    "r4@d4.example": "",
}


@pytest.mark.fault("F48")
def test_a_parked_row_has_words_for_the_office() -> None:
    """The ledger, the report and the console read them for every row."""
    for reason in (UNSENDABLE.reason, "crashes"):
        assert all(meaning(reason, UNSENDABLE.owner))


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F48")
def test_damaged_rows_are_parked_and_the_others_go(relay: FaultServer, make_office: Make) -> None:
    office = make_office(MANY, SMTP_TIMEOUT_HELO="2s")
    relay.change(Scenario(faults=(Fault(at=At.GREETING, do=Do.HANG, after=1),)))
    sending = office.send()
    relay.log.wait_for(lambda log: log.count("fault") > 0, 60, "the sender at the door")
    sending.terminate()
    sending.wait(timeout=60)
    with opened(office) as inside, inside.store.begin() as session:
        for address, damaged in DAMAGED.items():
            session.execute(update(delivery).where(delivery.c.address == address).values(address=damaged))
    relay.change(Scenario())
    told = result_of(office.send())
    assert told["counts"]["accepted"] == MANY - len(DAMAGED)
    assert told["counts"]["deferred"] == told["parked"] == len(DAMAGED)
    reached = {address for message in relay.log.messages() for address in message.rcpt_to}
    assert reached == set(addresses(MANY)) - set(DAMAGED)
    assert relay.log.events("violation") == []
    parked = [row for row in office.report() if row["status"] == "deferred"]
    assert {row["reason"] for row in parked} == {"unsendable"}
    assert {row["attempts"] for row in parked} == {1}, "no endless retry"
    assert office.tasks("parked")


HOSTILE = [
    ("局\r\nBcc: spy@evil.example", "h0@d0.example"),
    ("=cmd|' /C calc'!A0", "h1@d1.example"),
    ("长" * 300_000, "h2@d2.example"),
    ("{{ 7*7 }}{% raw %}", "h3@d3.example"),
    ("正常", "坏地址@@d.example"),
    ("\udcff".encode("utf-8", "replace").decode(), "h5@d5.example"),
]


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F48")
def test_hostile_rows_of_a_roster(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY)
    people = office.folder / "hostile.csv"
    lines = ["单位,姓名,人员类别,邮箱,名单"]
    lines += [f'敌意{n}局,"{name}",信息员,{address},发' for n, (name, address) in enumerate(HOSTILE)]
    people.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = office.run("recipients", "import", people, "--yes", "--json")
    assert "Traceback" not in done.err
    told = result_of(office.send())
    assert told["status"] == "closed"
    accounts, report = close_accounts(office, hit=len(HOSTILE))
    assert set(addresses(MANY)) <= {row["recipient"] for row in report}
    assert accounts.statuses == {"accepted": len(report)}
    assert "坏地址@@d.example" not in {row["recipient"] for row in report}
    assert not any("spy" in address for message in relay.log.messages() for address in message.rcpt_to)
