"""What the office does while its mailing goes out: pauses, suppressions, new lists, a new text. All in mid-send."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from mailer.flow.control_mailing import pause, resume
from mailer.flow.leases import WINDOW
from mailer.flow.suppress_address import suppress_address
from mailer.model.mailing import MailingStatus
from mailer.store import queries
from mailer.store.core import delivery
from recipients.address import EmailAddress
from recipients.suppression import Suppression, SuppressionReason
from tests.faults.conftest import CONNECTIONS, MANY, SLOW, addresses
from tests.faults.inside import Inside, opened
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import ISSUE, Installation, result_of
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]
ACTOR = "cli:test"
TOGGLES = 100


@contextmanager
def in_mid_mailing(office: Installation, relay: FaultServer) -> Iterator[Any]:
    """A ``send`` that goes on outside while the block acts on the same database."""
    relay.change(SLOW)
    sending = office.send()
    relay.log.wait_until(20, 60)
    yield sending
    relay.change(Scenario())


def on_the_wire(inside: Inside) -> int:
    with inside.store.read() as session:
        return int(
            session.execute(
                select(func.count()).select_from(delivery).where(delivery.c.status == "attempting")
            ).scalar_one()
        )


def the_sum_is_right(inside: Inside) -> None:
    """In one snapshot (I5)."""
    with inside.store.read() as session:
        ledger = queries.ledger_sum(session, 1)
        assert ledger.adds_up
        assert queries.counted(session, 1) == ledger.counts


@pytest.mark.fault("F43")
def test_a_hundred_pauses_and_resumes(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(2_000, CONSOLE_LISTEN="127.0.0.1:0")
    relay.change(Scenario(latency=0.02))
    sending = office.send()
    sending_programs = office.serve("serve")  # it dispatches on when the waiting `send` has seen the first pause
    relay.log.wait_until(20, 60)
    with opened(office) as inside:
        for _ in range(TOGGLES):
            pause(inside.office, 1, ACTOR)
            at_the_answer = len(relay.log.messages())
            the_sum_is_right(inside)
            wait_until(lambda: on_the_wire(inside) == 0, within=60, what="what was granted to end")
            assert len(relay.log.messages()) - at_the_answer <= WINDOW + CONNECTIONS, "one window a worker (I8)"
            still = len(relay.log.messages())
            the_sum_is_right(inside)
            assert len(relay.log.messages()) == still, "nothing leaves while it is paused"
            assert resume(inside.office, 1, ACTOR) is MailingStatus.SENDING
    sending.communicate(timeout=60)
    office.wait_for_status("closed", within=120)
    assert sending_programs
    accounts, report = close_accounts(office, hit=TOGGLES)
    assert accounts.statuses == {"accepted": 2_000}
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.fault("F45")
def test_a_hundred_addresses_suppressed(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(2_000)  # more than one lease holds: some are claimed, some wait
    chosen = random.Random(45).sample(addresses(2_000), 100)
    at_once: set[str] = set()
    with in_mid_mailing(office, relay) as sending, opened(office) as inside:
        for address in chosen:
            wanted = Suppression(EmailAddress.parse(address).key, SuppressionReason.OFFICE, "")
            if suppress_address(inside.office, wanted, ACTOR).withheld:
                at_once.add(address)
        answered, copies_then = len(relay.log.messages()), relay.log.by_address()
        assert answered < 2_000
    assert result_of(sending, 120)["status"] == "closed"
    accounts, report = close_accounts(office, hit=len(chosen))
    copies = relay.log.by_address()
    assert at_once, "some of them were waiting when they were suppressed"
    assert not at_once & set(copies), "withheld in the very transaction: nothing is sent (I4)"
    late = [address for address in chosen if address in copies and address not in copies_then]
    assert len(late) <= 2 * WINDOW + CONNECTIONS, "only what was granted may still leave"
    statuses = {line["recipient"]: line["status"] for line in report}
    assert all(statuses[address] == ("accepted" if address in copies else "withheld") for address in chosen)
    assert accounts.statuses["accepted"] + accounts.statuses["withheld"] == 2_000


@pytest.mark.fault("F44", "F46")
def test_lists_and_text_changed_and_people_removed(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY)
    with in_mid_mailing(office, relay) as sending:
        # half of the people leave, the others get another name, and a newcomer joins
        rows = ["单位,姓名,人员类别,邮箱,名单"]
        rows += [f"第{n}局,李{n},信息员,{address},发" for n, address in enumerate(addresses(MANY)) if n % 2]
        roster = office.folder / "reshuffle.csv"
        roster.write_text("\n".join([*rows, "新局,新来,信息员,new@d0.example,发"]) + "\n", encoding="utf-8")
        removed = office.run("recipients", "import", roster, "--full", "--yes", "--confirm-removals", "--json")
        assert removed.code == 0, removed
        changed = office.write_issue(ISSUE.replace("“板凳会”开到居民家门口", "改了的题目"), "changed.md")
        assert office.run("issues", "import", changed, "--json").code == 0
        struck_at = len(relay.log.messages())
        assert struck_at < MANY, "in mid-mailing"
    assert result_of(sending, 120)["status"] == "closed"
    accounts, report = close_accounts(office, hit=MANY // 2)
    assert accounts.statuses == {"accepted": MANY}
    assert Counter(line["name"][0] for line in report) == {"张": MANY}, "the names of the frozen audience"
    assert len({message.subject for message in relay.log.messages()}) == 1
    # and the next mailing is the new list's and the new text's
    sending = office.send(changed, key="next")
    assert result_of(sending, 120)["status"] == "closed"
    rows_now = [row for row in office.report("key:next") if row["recipient"]]
    assert {line["name"][0] for line in rows_now} == {"李", "新"}
    assert len(rows_now) == MANY // 2 + 1
    assert len({message.subject for message in relay.log.messages()}) == 2
