"""What comes back of a mailing: a real Postfix with hosts beyond it, and a real Dovecot in front of the shared mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mailer.transport.sandbox import SandboxServer
from tests.conftest import missing
from tests.support.installation import Installation
from tests.support.servers.dovecot_server import JUNK_BY_NAME, DovecotServer
from tests.support.servers.postfix_server import OFFICE, OFFICE_PASSWORD, PostfixServer
from tests.support.servers.programs import ServerMissingError, free_port
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_postfix, pytest.mark.needs_dovecot]

BOUNCES = "bounces.bureau.example"
READ, UNKNOWN, FULL, SPAM = "zhang@unit.example", "unknown@far.example", "full@far.example", "spam@far.example"
LATE = "wang@down.example"
RATE = "rate@far.example"
SUPERIOR = "leader@city.example"


class Post(NamedTuple):
    """The office's mail system: the relay, the mailbox behind it, and where LMTP would be delivered."""

    relay: PostfixServer
    mailbox: DovecotServer
    lmtp_port: int


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    far, lmtp_port = SandboxServer(None, None), free_port()
    far.start()
    users = {OFFICE: "office", READ: "zhang", SUPERIOR: "leader"}
    try:
        relay = PostfixServer(
            users,
            next_hops={"far.example": far.port, "down.example": free_port()},
            lmtp_hops={BOUNCES: lmtp_port},
            settings={"delay_warning_time": "1s"},
        )
        mailbox = DovecotServer({OFFICE: (OFFICE_PASSWORD, relay.mailbox().folder)})
    except ServerMissingError as error:
        far.stop()
        missing(str(error))
    with relay, mailbox:
        yield Post(relay, mailbox, lmtp_port)
    far.stop()


def people(office: Installation) -> None:
    office.init()
    members = [(f"第{n}局", f"张{n}", address, "发") for n, address in enumerate((READ, UNKNOWN, FULL, SPAM, LATE), 1)]
    office.import_people([*members, ("区委", "领导", SUPERIOR, "报")])


def letter(sender: str, subject: str, extra: str = "") -> bytes:
    return (
        f"Return-Path: <{sender}>\r\nFrom: {sender}\r\nTo: {OFFICE}\r\nSubject: {subject}\r\n"
        f"Date: Mon, 23 Nov 2026 09:00:00 +0800\r\nMessage-ID: <{abs(hash(subject))}@x.example>\r\n{extra}\r\nhello\r\n"
    ).encode()


def rows(office: Installation) -> dict[str, tuple[str, str, str | None]]:
    return {row["recipient"]: (row["status"], row["reason"], row["bounced_by"]) for row in office.report()}


def outcomes(office: Installation) -> dict[str, tuple[str, str, str | None]]:
    """Status, reason and way of each address in a ledger at rest; its counts say the same."""
    told = rows(office)
    counts = {status: n for status, n in office.show()["counts"].items() if n}
    assert counts == Counter(status for status, _, _ in told.values())
    return told


WANTED = {
    READ: ("delivered", "", None),
    SUPERIOR: ("delivered", "", None),
    UNKNOWN: ("bounced", "userunknown", "return"),
    FULL: ("bounced", "mailboxfull", "return"),
    SPAM: ("bounced", "spamdetected", "return"),
    LATE: ("accepted", "", None),
}


def test_a_shared_mailbox_is_read_and_stays_byte_for_byte(tmp_path: Path, post: Post):
    relay, mailbox = post.relay, post.mailbox
    relay.clear()
    office = Installation(
        tmp_path,
        RELAY_URL=f"smtp+starttls://localhost:{relay.submission_port}",
        RELAY_USER=OFFICE,
        RELAY_PASSWORD=OFFICE_PASSWORD,
        FROM=f"澄江区创建办 <{OFFICE}>",
        RELAY_CA=relay.authority.file,
        PACE_PER_MINUTE=0,
        INTAKE_URL=mailbox.url,
        INTAKE_CA=mailbox.authority.file,
    )
    people(office)
    mailbox.deliver(OFFICE, letter("li@x.example", "from a friend"), "1.before")
    done = office.run("send", office.write_issue(), "--yes", "--wait", "--json")
    assert done.code == 0, done
    sent = {row["recipient"]: row["message_id"] for row in office.report()}
    mailbox.deliver(OFFICE, letter(READ, "Re: 128", f"References: <{sent[READ]}>\r\n"), "2.answer")
    mailbox.deliver(OFFICE, letter(SUPERIOR, "请修改第三段"), "3.superior")
    relay.mailbox().wait_for(6, within=40, where=lambda raw: b"multipart/report" in raw)
    before = mailbox.snapshot(OFFICE)
    assert len(before) >= 9

    polled = office.run("bounces", "poll", "--json")
    assert polled.code == 0, polled
    assert polled.event("result") == {"event": "result", "seen": 9, "taken": 6, "letters": 2}
    assert outcomes(office) == WANTED
    assert mailbox.snapshot(OFFICE) == before, "not a mail, not a flag, not a name of a file is another"

    again = office.run("bounces", "poll", "--json")
    assert again.event("result")["seen"] == 0
    morning = office.run("morning")
    assert morning.code == 0, morning
    for words in ("第2局", "张2", "没有这个邮箱", "第3局", "邮箱已满", "第4局", "垃圾邮件"):
        assert words in morning.out
    assert "第1局" not in morning.out


def test_returns_come_by_lmtp_and_from_the_junk_folder_while_the_console_runs(tmp_path: Path, post: Post):
    relay, mailbox = post.relay, post.mailbox
    relay.clear()
    office = Installation(
        tmp_path,
        RELAY_URL=f"smtp://127.0.0.1:{relay.port}",
        FROM=f"澄江区创建办 <{OFFICE}>",
        BOUNCE_DOMAIN=BOUNCES,
        LMTP_LISTEN=f"127.0.0.1:{post.lmtp_port}",
        INTAKE_URL=mailbox.url,
        INTAKE_USER=OFFICE,
        INTAKE_PASSWORD=OFFICE_PASSWORD,
        INTAKE_CA=mailbox.authority.file,
        CONSOLE_LISTEN=f"127.0.0.1:{free_port()}",
    )
    people(office)
    office.serve("serve")
    try:
        assert office.run("send", office.write_issue(), "--yes").code == 0
        wait_until(lambda: rows(office) == WANTED, 40, f"every return in its row: {relay.log_text()[-2000:]}")
        assert relay.mailbox().messages() == [], "returns to signed addresses do not go to people"
        answered = next(row["message_id"] for row in office.report() if row["recipient"] == LATE)
        report = letter("postmaster@down.example", "Undelivered", "").replace(
            b"hello", b"<wang@down.example>: 550 5.1.1 User unknown\r\n\r\n> Message-ID: <%b>" % answered.encode()
        )
        mailbox.deliver(
            OFFICE,
            report.replace(b"Return-Path: <postmaster@down.example>", b"Return-Path: <>"),
            "4.junk",
            JUNK_BY_NAME,
        )
        wanted = WANTED | {LATE: ("bounced", "userunknown", "return")}
        # the junk folder's turn comes with the next look, a minute later at most: another process may look at once
        assert office.run("bounces", "poll").code == 0
        assert outcomes(office) == wanted
    finally:
        office.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Post]:
    """A relay that tries once and returns what was not taken: what a queue's end brings, without waiting for it."""
    far, lmtp_port = SandboxServer(None, None), free_port()
    far.start()
    try:
        relay = PostfixServer(
            {OFFICE: "office"},
            next_hops={"far.example": far.port, "down.example": free_port()},
            lmtp_hops={BOUNCES: lmtp_port},
            settings={"maximal_queue_lifetime": "0", "bounce_queue_lifetime": "0"},
        )
        mailbox = DovecotServer({OFFICE: (OFFICE_PASSWORD, relay.mailbox().folder)})
    except ServerMissingError as error:
        far.stop()
        missing(str(error))
    with relay, mailbox:
        yield Post(relay, mailbox, lmtp_port)
    far.stop()


def hosted(folder: Path, post: Post, **settings: object) -> Installation:
    """An office with one hosted mailbox: it logs in to send, and returns come into the same mailbox."""
    return Installation(
        folder,
        RELAY_URL=f"smtp+starttls://localhost:{post.relay.submission_port}",
        RELAY_USER=OFFICE,
        RELAY_PASSWORD=OFFICE_PASSWORD,
        FROM=f"澄江区创建办 <{OFFICE}>",
        RELAY_CA=post.relay.authority.file,
        PACE_PER_MINUTE=0,
        INTAKE_URL=post.mailbox.url,
        INTAKE_CA=post.mailbox.authority.file,
        **settings,
    )


HASTILY_TRIED = ((LATE, "第1局"), (RATE, "第2局"), (UNKNOWN, "第3局"))
#: neither the line nor their pace is the recipient's fault: the mailing is open again, and their turn comes
TRIED_AGAIN = {
    LATE: ("deferred", "networkerror", None),
    RATE: ("deferred", "speeding", None),
    UNKNOWN: ("bounced", "userunknown", "return"),
}


def _is_open_again(office: Installation) -> bool:
    shown = office.show()
    counts = {status: n for status, n in shown["counts"].items() if n}
    return shown["status"] == "sending" and counts == {"deferred": 2, "bounced": 1}


@pytest.mark.timeout(300)
def test_what_expired_and_what_came_too_fast_is_tried_again(tmp_path: Path, hasty: Post):
    office = hosted(tmp_path, hasty)
    office.init()
    office.import_people((unit, "张三", address, "发") for address, unit in HASTILY_TRIED)
    assert office.run("send", office.write_issue(), "--yes", "--wait").code == 0
    hasty.relay.mailbox().wait_for(3, within=40, where=lambda raw: b"Action: failed" in raw)
    before = hasty.mailbox.snapshot(OFFICE)
    assert office.run("bounces", "poll").code == 0
    assert rows(office) == TRIED_AGAIN
    assert _is_open_again(office)
    assert hasty.mailbox.snapshot(OFFICE) == before


@pytest.mark.timeout(300)
def test_what_expired_and_what_came_too_fast_is_tried_again_by_lmtp(tmp_path: Path, hasty: Post):
    office = Installation(
        tmp_path,
        RELAY_URL=f"smtp://127.0.0.1:{hasty.relay.port}",
        FROM=f"澄江区创建办 <{OFFICE}>",
        BOUNCE_DOMAIN=BOUNCES,
        LMTP_LISTEN=f"127.0.0.1:{hasty.lmtp_port}",
        CONSOLE_LISTEN=f"127.0.0.1:{free_port()}",
    )
    office.init()
    office.import_people((unit, "张三", address, "发") for address, unit in HASTILY_TRIED)
    office.serve("serve")
    try:
        assert office.run("send", office.write_issue(), "--yes").code == 0
        wait_until(
            lambda: rows(office) == TRIED_AGAIN, 60, f"every return in its row: {hasty.relay.log_text()[-2000:]}"
        )
        assert _is_open_again(office)
        assert hasty.relay.mailbox().messages() == [], "returns to signed addresses do not go to people"
    finally:
        office.close()


@pytest.mark.timeout(300)
def test_doctor_mails_itself_and_tells_which_marks_survive(tmp_path: Path, hasty: Post):
    # a relay of its own: late reports of another test's mails would be returns of nobody's here
    office = hosted(tmp_path, hasty)
    office.init()
    told = office.run("doctor", "--relay", "--json")
    assert told.code == 0, told
    [marks] = [check for check in told.objects if check.get("name") == "退信记号"]
    assert marks["message"] == "认得出的：Message-ID、X-Mailer-Delivery、信封发件人、加号地址、ENVID"
    [known] = [check for check in office.run("doctor", "--json").objects if check.get("name") == "退信记号"]
    assert known["message"].endswith(marks["message"])
    # the next look finds nothing in it for anybody
    polled = office.run("bounces", "poll", "--json").event("result")
    assert polled["letters"] == 0
    left = office.run("bounces", "list", "--json")
    assert left.event("result")["returns"] == 0, (left, hasty.relay.mailbox().messages())
