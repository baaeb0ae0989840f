"""The way in: encryption that is taken away, certificates of others, logins refused, names nobody knows.

Each strikes twice: before anything is made, where `send` says so and makes nothing; and in mid-mailing, where nothing goes
out in the clear, nobody is charged, the office is told, and the rest follows when the door is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import MANY
from tests.support.certificates import Authority, Certificate
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, result_of
from tests.support.waiting import wait_until

Make = Callable[..., Installation]
Close = Callable[..., Any]
Doors = Callable[[Certificate | None, Scenario], FaultServer]

#: New sessions again and again, so that what changes at the door is met in mid-mailing.
SHORT = Scenario(messages_per_connection=10, latency=0.3)
QUICK = Scenario(messages_per_connection=10)
LOGIN, PASSWORD = "office@bureau.example", "right"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def door(relay: FaultServer, tmp_path: Path) -> Iterator[Doors]:
    """Opens the relay anew behind a certificate, on the same port and with the same books."""
    with ExitStack() as stack:
        current = [relay]

        def open_door(certificate: Certificate | None, scenario: Scenario) -> FaultServer:
            current[-1].change(replace(scenario, down="refuse"))
            context = certificate.server_context() if certificate else None
            current.append(FaultServer(relay.log.path, scenario, port=relay.port, tls_context=context))
            stack.enter_context(current[-1])
            return current[-1]

        yield open_door


def closed_afterwards(office: Installation, sending: Any) -> None:
    """Held for a person who sees to the door and resumes, or waiting for it; in the end everything is out."""
    if result_of(sending, 90)["status"] == "held":
        assert office.run("mailings", "resume", 1, "--json").code == 0
        assert result_of(office.send(), 90)["status"] == "closed"


STRIPPED = {
    "stripped": replace(SHORT, starttls=False),
    "refused": replace(SHORT, faults=(Fault(at=At.STARTTLS, do=Do.REPLY, reply="454 4.7.0 Not now"),)),
    "noise": replace(SHORT, faults=(Fault(at=At.STARTTLS, do=Do.GARBAGE),)),
    "injected": replace(SHORT, faults=(Fault(at=At.STARTTLS, do=Do.INJECT),)),
}


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F34")
@pytest.mark.parametrize("way", STRIPPED)
def test_without_encryption_nothing_goes_out(
    relay: FaultServer, door: Doors, authority: Authority, make_office: Make, close_accounts: Close, way: str
) -> None:
    own = authority.issue("relay")
    office = make_office(MANY, RELAY_URL=f"smtp+starttls://localhost:{relay.port}", RELAY_CA=authority.file)
    server = door(own, STRIPPED[way])
    told = office.run("send", office.write_issue(), "--yes", "--wait", "--json", "--key", "k")
    assert (told.code, told.event("error")["code"]) == (1, "relay_refused")
    assert office.mailings() == []
    server.change(SHORT)
    sending = office.send()
    relay.log.wait_until(40, 60)
    server.change(STRIPPED[way])
    wait_until(lambda: office.tasks("relay"), within=60, what="the office to be told")
    in_the_clear(relay)
    server.change(QUICK)
    closed_afterwards(office, sending)
    in_the_clear(relay)
    accounts, _ = close_accounts(office, hit=1)
    assert accounts.statuses["accepted"] + accounts.statuses["in_doubt"] == MANY


def in_the_clear(relay: FaultServer) -> None:
    """Every session that was told a sender had been encrypted before."""
    encrypted = {event["session"] for event in relay.log.events("tls")}
    assert {event["session"] for event in relay.log.events("mail")} <= encrypted


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F35")
@pytest.mark.parametrize("kind", ["expired", "another host's", "nobody's"])
def test_behind_a_false_certificate_nothing_goes_out(
    relay: FaultServer,
    door: Doors,
    authority: Authority,
    make_office: Make,
    close_accounts: Close,
    tmp_path: Path,
    kind: str,
) -> None:
    if kind == "nobody's":
        (tmp_path / "stranger").mkdir()
        false = Authority(tmp_path / "stranger").issue("relay")
    else:
        false = authority.issue(
            kind.replace("'", "").replace(" ", "-"),
            host="elsewhere.example" if kind == "another host's" else "localhost",
            expired=kind == "expired",
        )
    office = make_office(MANY, RELAY_URL=f"smtp+starttls://localhost:{relay.port}", RELAY_CA=authority.file)
    door(false, SHORT)
    told = office.run("send", office.write_issue(), "--yes", "--wait", "--json", "--key", "k")
    assert told.code == 1
    assert "证书" in told.event("error")["message"]
    assert office.mailings() == []
    door(authority.issue("good"), SHORT)
    sending = office.send()
    relay.log.wait_until(40, 60)
    door(false, SHORT)
    assert result_of(sending, 90)["status"] == "held"
    [task] = office.tasks("held")
    assert "证书" in task["detail"]
    assert relay.log.events("mail")[-1]["session"] in {event["session"] for event in relay.log.events("tls")}
    door(authority.issue("good"), QUICK)
    assert office.run("mailings", "resume", 1, "--json").code == 0
    assert result_of(office.send(), 90)["status"] == "closed"
    accounts, _ = close_accounts(office, hit=1)
    assert accounts.statuses["accepted"] + accounts.statuses["in_doubt"] == MANY


HOSTED = replace(SHORT, logins={LOGIN: PASSWORD}, sender_is_login=True)
QUICKLY_HOSTED = replace(HOSTED, latency=0.0)


def logins_refused(relay: FaultServer) -> int:
    return sum(event["code"] >= 400 for event in relay.log.events("auth"))


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F36")
def test_a_login_refused_in_mid_mailing_is_tried_once_and_asks(
    relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY, RELAY_USER=LOGIN, RELAY_PASSWORD=PASSWORD, PACE_PER_MINUTE=0, RELAY_CONNECTIONS=1)
    relay.change(HOSTED)
    sending = office.send()
    relay.log.wait_until(40, 60)
    relay.change(replace(HOSTED, logins={LOGIN: "another"}))
    assert result_of(sending, 90)["status"] == "held"
    assert logins_refused(relay) == 1, "a second try may lock the mailbox"
    assert "授权码" in office.tasks("held")[0]["detail"]
    relay.change(QUICKLY_HOSTED)
    assert office.run("mailings", "resume", 1, "--json").code == 0
    assert result_of(office.send(), 90)["status"] == "closed"
    accounts, report = close_accounts(office, hit=logins_refused(relay))
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F36")
@pytest.mark.parametrize(
    "struck",
    [
        Fault(at=At.AUTH, do=Do.REPLY, reply="454 4.7.0 Temporary authentication failure", every=2, times=5),
        Fault(at=At.AUTH, do=Do.CUT, every=2, times=5),
    ],
    ids=["put off", "cut"],
)
def test_a_login_put_off_is_tried_again(
    relay: FaultServer, make_office: Make, close_accounts: Close, struck: Fault
) -> None:
    office = make_office(MANY, RELAY_USER=LOGIN, RELAY_PASSWORD=PASSWORD, PACE_PER_MINUTE=0)
    relay.change(HOSTED)
    sending = office.send()
    relay.log.wait_until(40, 60)
    relay.change(replace(QUICKLY_HOSTED, faults=(struck,)))
    assert result_of(sending, 90)["status"] == "closed"
    accounts, report = close_accounts(office, hit=relay.log.count("fault"))
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report} == {1}


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.fault("F40")
def test_a_relay_whose_name_nobody_knows(relay: FaultServer, make_office: Make, close_accounts: Close) -> None:
    office = make_office(MANY, CONSOLE_LISTEN="127.0.0.1:0")
    lost = office.but(RELAY_URL="smtp://relay.invalid:25", RELAY_CA="plain:relay.invalid", SMTP_TIMEOUT_CONNECT="3s")
    told = lost.run("send", lost.write_issue(), "--yes", "--wait", "--json", "--key", "k")
    assert (told.code, told.event("error")["code"]) == (1, "relay_refused")
    assert office.mailings() == []
    relay.change(SHORT)
    sending = office.send()
    relay.log.wait_until(40, 60)
    sending.terminate()
    sending.wait(timeout=60)
    kept = len(relay.log.kept())
    [_waiting] = lost.serve("serve")
    wait_until(lambda: office.tasks("relay"), within=60, what="the office to be told")
    lost.close()
    assert len(relay.log.kept()) == kept
    relay.change(QUICK)
    assert result_of(office.send(), 90)["status"] == "closed"
    accounts, report = close_accounts(office, hit=1)
    assert accounts.statuses == {"accepted": MANY}
    assert {line["attempts"] for line in report} == {1}
