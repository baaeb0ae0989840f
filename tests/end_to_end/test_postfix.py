"""A real Postfix as the office's hosted mailbox, the five settings of the README, and a whole issue's way through."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.installation import Installation, check_sum
from tests.support.servers.postfix_server import OFFICE, OFFICE_PASSWORD, STRICT_DOMAIN, PostfixServer
from tests.support.servers.programs import ServerMissingError

pytestmark = pytest.mark.needs_postfix

KNOWN = ("zhang", "li", "wang", "zhao")
UNKNOWN, REFUSED = "nobody@unit.example", f"nobody@{STRICT_DOMAIN}"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[PostfixServer]:
    """The office's mailbox at a host that demands STARTTLS, a login, and MAIL FROM equal to it."""
    users = {OFFICE: "office", **{f"{name}@unit.example": name for name in KNOWN}}
    try:
        server = PostfixServer(users)
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


def install(folder: Path, mailbox: PostfixServer) -> Installation:
    office = Installation(
        folder,
        # the five of the README
        RELAY_URL=f"smtp+starttls://localhost:{mailbox.submission_port}",
        RELAY_USER=OFFICE,
        RELAY_PASSWORD=OFFICE_PASSWORD,
        FROM=f"澄江区创建办 <{OFFICE}>",
        ALERT_TO="clerk@bureau.example",
        # and this test's: its own authority, and no thirty a minute
        RELAY_CA=mailbox.authority.file,
        PACE_PER_MINUTE=0,
    )
    office.init()
    return office


@pytest.fixture
def office(tmp_path: Path, mailbox: PostfixServer) -> Installation:
    mailbox.clear()
    return install(tmp_path, mailbox)


@pytest.fixture(scope="module")
def office_with_people(tmp_path_factory: pytest.TempPathFactory, mailbox: PostfixServer) -> Installation:
    """For sendings that come to nothing."""
    office = install(tmp_path_factory.mktemp("office"), mailbox)
    people(office, "zhang@unit.example")
    return office


def people(office: Installation, *addresses: str) -> None:
    office.import_people((f"第{n}局", f"张{n}", address, "发") for n, address in enumerate(addresses, 1))


def is_return(raw: bytes) -> bool:
    return b"report-type=delivery-status" in raw and b"Action: failed" in raw


def parse(raw: bytes) -> Message:
    return message_from_bytes(raw)


def test_an_issue_goes_out_and_what_comes_back_finds_its_row(office: Installation, mailbox: PostfixServer) -> None:
    known = [f"{name}@unit.example" for name in KNOWN]
    people(office, *known, UNKNOWN, REFUSED)
    done = office.run("send", office.write_issue(), "--yes", "--wait", "--json")
    assert done.code == 0, done
    told = done.event("result")
    assert told["status"] == "closed"
    rows = {row["recipient"]: row for row in office.report()}
    assert check_sum(told, list(rows.values())) == {"accepted": 5, "bounced": 1}
    assert (rows[REFUSED]["bounced_by"], rows[REFUSED]["reply_code"]) == ("session", 550)
    assert (rows[REFUSED]["enhanced_status"], rows[REFUSED]["reason"]) == ("5.1.1", "userunknown")

    for name in KNOWN:
        [copy] = mailbox.mailbox(name).wait_for(1)
        letter = parse(copy)
        # one envelope sender for all, as a hosted mailbox demands it
        assert letter["Return-Path"] == f"<{OFFICE}>"
        assert letter["Delivered-To"] == f"{name}@unit.example"
        assert letter["Message-ID"] == f"<{rows[f'{name}@unit.example']['message_id']}>"
        assert not any(other in str(letter["To"]) for other in KNOWN if other != name)

    # the office's own mailbox gets the return, and no good news about everybody else
    [returned] = mailbox.mailbox().wait_for(1, where=is_return)
    assert b"Action: delivered" not in b"".join(mailbox.mailbox().messages())
    assert f"Final-Recipient: rfc822; {UNKNOWN}".encode() in returned

    taken = office.run("bounces", "take-in", "--recipient", OFFICE, "--json", stdin=returned)
    assert (taken.code, taken.event("result")["state"]) == (0, "applied")
    after = {row["recipient"]: row for row in office.report()}
    assert {address for address in rows if rows[address] != after[address]} == {UNKNOWN}
    moved = after[UNKNOWN]
    assert (moved["status"], moved["bounced_by"], moved["enhanced_status"]) == ("bounced", "return", "5.1.1")
    assert moved["reason"] == "userunknown"
    assert check_sum(office.show(), list(after.values())) == {"accepted": 4, "bounced": 2}

    again = office.run("bounces", "take-in", "--recipient", OFFICE, stdin=returned)
    assert again.code == 0
    assert {row["recipient"]: row for row in office.report()} == after
    assert all(len(mailbox.mailbox(name).messages()) == 1 for name in KNOWN)


def test_a_return_with_another_signature_moves_nothing(office: Installation, mailbox: PostfixServer) -> None:
    people(office, UNKNOWN)
    assert office.run("send", office.write_issue(), "--yes", "--wait").code == 0
    [returned] = mailbox.mailbox().wait_for(1, where=is_return)
    [row] = office.report()
    token = row["message_id"].partition("@")[0].encode()
    forged = returned.replace(token, token[:-1] + (b"a" if token[-1:] != b"a" else b"b"))
    assert forged != returned
    taken = office.run("bounces", "take-in", "--recipient", OFFICE, "--json", stdin=forged)
    assert (taken.code, taken.event("result")["state"]) == (0, "unmatched")
    assert office.report() == [row]


def test_the_door_with_encryption_from_the_first_byte(office: Installation, mailbox: PostfixServer) -> None:
    people(office, "zhang@unit.example")
    office.set(RELAY_URL=f"smtps://localhost:{mailbox.smtps_port}")
    done = office.run("send", office.write_issue(), "--yes", "--wait", "--json")
    assert done.code == 0, done
    mailbox.mailbox("zhang").wait_for(1)


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"RELAY_PASSWORD": "wrong"}, "relay_refused", ["535", "授权码"]),
        ({"RELAY_CA": ""}, "relay_refused", ["证书", "MAILER_RELAY_CA"]),
        ({"FROM": "某某办 <director@bureau.example>"}, "from_not_login", ["director@bureau.example", OFFICE]),
        ({"FROM": ""}, "bad_setting", ["MAILER_FROM"]),
    ],
    ids=["password", "certificate", "sender", "no sender"],
)
def test_what_is_set_wrong_is_told_before_anything_is_made(
    office_with_people: Installation, mailbox: PostfixServer, settings: dict[str, str], code: str, words: list[str]
) -> None:
    mailbox.clear()
    office = office_with_people.but(**settings)
    done = office.run("send", office.write_issue(), "--yes", "--wait", "--json")
    assert done.code == (2 if code == "bad_setting" else 1), done
    error = done.event("error")
    assert error["code"] == code
    told = error["message"] + error["hint"]
    assert all(word in told for word in words), told
    assert OFFICE_PASSWORD not in done.out + done.err
    assert "Traceback" not in done.err
    assert office.mailings() == []
    assert mailbox.mailbox("zhang").messages() == []
