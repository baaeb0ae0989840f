"""A relay that answers, but not what was hoped for: each reply is charged to whom it belongs and stored as it came."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import MANY
from tests.faults.test_relay_breaks import IMPATIENT, IN_SESSION, hits, sent
from tests.support.fault_smtp.scenario import MALFORMED, At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, kill, result_of
from tests.support.waiting import wait_until

Make = Callable[..., Installation]
Close = Callable[..., Any]

TEN_PERCENT = 0.1


@pytest.mark.fault("F20", "F21")
def test_answers_lost_behind_the_dot_are_doubts(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY)
    cut = [Fault(at=At.DOT, do=Do.CUT, kept=kept, share=TEN_PERCENT) for kept in (True, False)]
    assert sent(relay, office, *cut)["status"] == "closed"
    accounts, report = close_accounts(office, hit=hits(relay)[At.DOT])
    assert accounts.statuses == Counter(accepted=MANY - accounts.unanswered, in_doubt=accounts.unanswered)
    unanswered = {message.rcpt_to[0] for message in relay.log.messages() if message.outcome == "dropped"}
    assert {line["recipient"] for line in report if line["status"] == "in_doubt"} == unanswered


@pytest.mark.long
@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(True, marks=pytest.mark.fault("F20"), id="kept"),
        pytest.param(False, marks=pytest.mark.fault("F21"), id="lost"),
    ],
)
def test_an_office_that_wants_doubts_sent_again_gets_them_under_the_same_id(
    relay: FaultServer, make_office: Make, close_accounts: Close, kept: bool
) -> None:
    office = make_office(MANY, IN_DOUBT="resend")
    cut = Fault(at=At.DOT, do=Do.CUT, kept=kept, share=TEN_PERCENT, times_each=1)
    assert sent(relay, office, cut)["status"] == "closed"
    struck = hits(relay)[At.DOT]
    accounts, report = close_accounts(office, hit=struck, repeats=True)
    assert accounts.statuses == {"accepted": MANY}
    assert accounts.duplicates == (struck if kept else 0)
    assert Counter(line["attempts"] for line in report) == {1: MANY - struck, 2: struck}


@pytest.mark.long
@pytest.mark.fault("F24")
def test_a_relay_that_ends_sessions_after_seven_messages(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY)
    assert sent(relay, office, messages_per_connection=7)["status"] == "closed"
    ended = sum(event["by"] == "server: 421" for event in relay.log.events("close"))
    accounts, report = close_accounts(office, hit=ended)
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report} == {1}, "the end of a session is no attempt"


@pytest.mark.long
@pytest.mark.fault("F25")
def test_only_those_who_were_put_off_wait(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY)
    busy = Fault(at=At.RCPT, do=Do.REPLY, reply="450 4.2.0 Mailbox busy", to="r*@d3.example", times_each=1)
    assert sent(relay, office, busy)["status"] == "closed"
    struck = hits(relay)[At.RCPT]
    assert struck == MANY // 5
    accounts, report = close_accounts(office, hit=struck)
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report if line["recipient"].endswith("@d3.example")} == {2}
    assert {line["attempts"] for line in report if not line["recipient"].endswith("@d3.example")} == {1}


@pytest.mark.long
@pytest.mark.fault("F26")
def test_each_recipient_has_a_message_and_an_outcome_of_its_own(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    """Too many recipients is about our pace, as each message has one: so few of them stop nothing."""
    office = make_office(MANY)
    reply = "452 4.5.3 Too many recipients, try again in 1 sec"
    full = Fault(at=At.RCPT, do=Do.REPLY, reply=reply, to="r[0-3]@*", times_each=1)
    relay.change(Scenario(faults=(full,), recipients_per_message=1))
    sending = office.send()
    relay.log.wait_until(MANY - 4, 60)
    wait_until(lambda: office.show()["counts"]["deferred"] == 4, within=60, what="four to be put off")
    kill(sending)
    accounts, report = close_accounts(office, hit=hits(relay)[At.RCPT])
    assert accounts.statuses == {"accepted": MANY - 4, "deferred": 4}
    assert {line["reply_code"] for line in report if line["status"] == "deferred"} == {452}


@pytest.mark.long
@pytest.mark.fault("F27")
@pytest.mark.parametrize("grey", [{"times_each": 2}, {"seconds_each": 3.0}], ids=["count", "time"])
def test_greylisting_is_waited_out(
    relay: FaultServer, make_office: Make, close_accounts: Close, grey: dict[str, Any]
) -> None:
    office = make_office(MANY, RETRY_FIRST="1s", RETRY_MAX="2s")
    fault = Fault(at=At.RCPT, do=Do.REPLY, reply="451 4.7.1 Greylisted, try again later", to="r*@d1.example", **grey)
    assert sent(relay, office, fault)["status"] == "closed"
    accounts, _ = close_accounts(office, hit=hits(relay)[At.RCPT])
    assert accounts.statuses == {"accepted": MANY}
    tried: dict[str, list[float]] = {}
    for event in relay.log.events("rcpt"):
        tried.setdefault(event["address"], []).append(event["at"])
    gaps = [later - earlier for times in tried.values() for earlier, later in itertools.pairwise(times)]
    assert gaps
    assert min(gaps) >= 0.99  # the backoff of one second, less what two clocks' reading may differ


# what is said -> what becomes of the row: permanent for the recipient, or parked because the fault is ours
SAID = {
    "550 5.1.1 No such user here": "bounced",
    "552 5.2.2 Mailbox full": "bounced",
    "553 5.1.3 Mailbox name not allowed": "bounced",
    "554 5.7.1 Message refused as spam": "deferred",
}


@pytest.mark.fault("F28")
def test_refusals_are_stored_as_they_came(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY)
    # one domain, so that our own faults are too few to stop the mailing
    at_rcpt = {f"r{5 * number}@d0.example": said for number, said in enumerate(SAID)}
    at_dot = {f"r{5 * number + 100}@d0.example": said for number, said in enumerate(SAID)}
    told = sent(
        relay,
        office,
        *(Fault(at=At.RCPT, do=Do.REPLY, reply=said, to=to) for to, said in at_rcpt.items()),
        *(Fault(at=At.DOT, do=Do.REPLY, reply=said, to=to) for to, said in at_dot.items()),
    )
    rows = {line["recipient"]: line for line in office.report()}
    for phase, sayings in (("rcpt", at_rcpt), ("dot", at_dot)):
        for address, said in sayings.items():
            row = rows[address]
            code, enhanced, words = said.split(" ", 2)
            assert (row["phase"], row["reply_code"], row["enhanced_status"]) == (phase, int(code), enhanced)
            assert row["reply_text"].endswith(words)
            if phase == "rcpt":
                assert row["status"] == SAID[said]
    accounts, _ = close_accounts(office, hit=hits(relay).total())
    assert accounts.statuses["accepted"] == MANY - 8
    assert told["parked"] == accounts.statuses["deferred"]


@pytest.mark.fault("F33")
def test_nothing_that_is_not_a_clean_yes_is_called_sent(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY, **IMPATIENT)
    struck: list[Fault] = []
    for place, at in enumerate((At.RCPT, At.DATA, At.DOT)):
        for number, kind in enumerate(MALFORMED):
            to = f"r{place * len(MALFORMED) + number}@*"
            struck.append(Fault(at=at, do=Do.MALFORMED, kind=kind, to=to, times_each=1, kept=number % 2 == 0 or None))
    struck += [Fault(at=At.MAIL, do=Do.MALFORMED, kind=kind, after=20, times=1) for kind in MALFORMED]
    assert sent(relay, office, *struck)["status"] == "closed"
    assert hits(relay) == dict.fromkeys((*IN_SESSION, At.DOT), len(MALFORMED))
    accounts, report = close_accounts(office, hit=hits(relay).total())
    assert accounts.statuses == Counter(accepted=MANY - len(MALFORMED), in_doubt=len(MALFORMED))
    doubtful = {line["recipient"] for line in report if line["status"] == "in_doubt"}
    assert doubtful == {message.rcpt_to[0] for message in relay.log.messages() if message.outcome == "dropped"}


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.fault("F32")
def test_a_flood_of_reply_costs_no_memory(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY, **IMPATIENT)
    relay.change(Scenario(latency=0.1))
    sending = office.send()
    relay.log.wait_until(40, 60)
    before = most_memory(sending.pid)
    flood = [Fault(at=at, do=Do.GIANT, megabytes=50, times=3) for at in (At.EHLO, At.RCPT)]
    flood += [Fault(at=at, do=Do.ENDLESS, times=3) for at in (At.MAIL, At.DATA, At.DOT)]
    relay.change(Scenario(faults=tuple(flood), latency=0.02, messages_per_connection=20))
    relay.log.wait_until(MANY - 20, 120)
    grown = most_memory(sending.pid) - before
    assert result_of(sending, 60)["status"] == "closed"
    accounts, _ = close_accounts(office, hit=hits(relay).total())
    assert accounts.statuses["in_doubt"] == hits(relay)[At.DOT]
    assert grown < 20_000, f"{grown} KB"


def most_memory(pid: int) -> int:
    """KB, at the highest so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found is not None
    return int(found[1])


@pytest.mark.long
@pytest.mark.fault("F37")
def test_sessions_that_the_relay_closes_for_idleness(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY, RETRY_FIRST="3s", RETRY_MAX="3s")
    grey = Fault(at=At.RCPT, do=Do.REPLY, reply="450 4.2.0 Mailbox busy", to="r*@d2.example", times_each=1)
    assert sent(relay, office, grey, idle_for=0.7)["status"] == "closed"
    idle = sum("Idle" in event["by"] for event in relay.log.events("close"))
    accounts, report = close_accounts(office, hit=idle)
    assert accounts.statuses == {"accepted": MANY}
    assert max(line["attempts"] for line in report) == 2


PLAIN: Sequence[dict[str, Any]] = (
    {"extensions": (), "max_size": None},
    {"faults": (Fault(at=At.EHLO, do=Do.REPLY, reply="502 5.5.1 Not implemented"),), "max_size": None},
)


@pytest.mark.long
@pytest.mark.fault("F38")
@pytest.mark.parametrize("manners", PLAIN, ids=["no extension", "no EHLO"])
def test_a_relay_of_before_1995_gets_mail_of_plain_form(
    relay: FaultServer, make_office: Make, close_accounts: Close, manners: dict[str, Any]
) -> None:
    office = make_office(MANY)
    relay.change(Scenario(**manners))
    assert result_of(office.send())["status"] == "closed"
    plain = [event for event in relay.log.events("mail") if event["parameters"] == {}]
    accounts, _ = close_accounts(office, hit=len(plain))
    assert len(plain) == MANY
    assert accounts.statuses == {"accepted": MANY}
    assert not any(message.eight_bit for message in relay.log.messages())


@pytest.mark.long
@pytest.mark.fault("F38")
def test_what_is_too_big_is_refused_before_its_body_and_asks_a_person(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY)
    told = sent(relay, office, max_size=2_000)
    assert told["status"] == "held"
    assert relay.log.messages() == []
    refused = sum(event["code"] == 552 for event in relay.log.events("mail"))
    accounts, _ = close_accounts(office, hit=refused)
    assert accounts.statuses["accepted"] == 0
    assert office.tasks("held")
