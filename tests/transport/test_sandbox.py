"""The built-in relay does what the local part of an address says (DESIGN 6), and nothing of it leaves this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from mailer.feedback.report import read_report
from mailer.model.reply import Fault, Phase
from mailer.transport.sandbox import SandboxServer, behaviour
from tests.support.waiting import wait_until
from tests.transport.talk import LETTER, make_relay, send


class Sandbox:
    def __init__(self, folder: Path) -> None:
        self.returned: Queue[tuple[bytes, str]] = Queue()
        self.folder = folder
        self.server = SandboxServer(folder, lambda raw, to: self.returned.put((raw, to)))
        self.server.start()

    def kept(self) -> list[str]:
        """The recipients of what it took, in order."""
        log = self.folder / "relay.jsonl"
        return [json.loads(line)["to"] for line in log.read_text("utf-8").splitlines()] if log.exists() else []

    def send(self, *recipients: str):
        return send(make_relay(self.server.port, dot=10), *recipients)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path / "sandbox")
    yield sandbox
    sandbox.server.stop()


@pytest.mark.parametrize("address", ["zhang@unit.example", "director@unit.test", "z.unknown@unit.example"])
def test_an_ordinary_address_is_accepted(sandbox, address):
    [outcome] = sandbox.send(address)
    assert outcome.is_accepted
    assert str(outcome.reply).startswith("250 2.0.0")
    assert sandbox.kept() == [address]
    assert (sandbox.folder / "last.eml").read_bytes() == b"".join(LETTER).replace(b"\r\n..dots", b"\r\n.dots")


@pytest.mark.parametrize(
    ("word", "phase", "reply"),
    [
        ("unknown", Phase.RCPT, "550 5.1.1"),
        ("full", Phase.RCPT, "552 5.2.2"),
        ("rate", Phase.RCPT, "450 4.7.1"),
        ("spam", Phase.DOT, "554 5.7.1"),
    ],
)
def test_words_that_refuse(sandbox, word, phase, reply):
    for address in (f"{word}@unit.example", f"{word}17@unit.example", f"{word.upper()}.x@unit.example"):
        refused, after = sandbox.send(address, "next@unit.example")
        assert refused.phase is phase
        assert str(refused.reply).startswith(reply)
        assert after.is_accepted
    assert sandbox.kept() == ["next@unit.example"] * 3


def test_grey_is_put_off_once(sandbox):
    first, second, other = sandbox.send("grey1@unit.example", "grey1@unit.example", "grey2@unit.example")
    assert (first.phase, first.reply.code) == (Phase.RCPT, 451)
    assert second.is_accepted
    assert other.reply.code == 451


def test_never_is_always_put_off(sandbox):
    outcomes = sandbox.send(*["never@unit.example"] * 3)
    assert {outcome.reply.code // 100 for outcome in outcomes} == {4}
    assert sandbox.kept() == []


@pytest.mark.parametrize(("word", "kept"), [("drop", True), ("lose", False)])
def test_cut_after_the_dot(sandbox, word, kept):
    cut, after = sandbox.send(f"{word}@unit.example", "next@unit.example")
    assert (cut.phase, cut.fault) == (Phase.DOT, Fault.CUT)
    assert cut.is_unknown
    assert after.is_accepted
    assert (f"{word}@unit.example" in sandbox.kept()) is kept


def test_slow_takes_its_time(sandbox):
    [impatient] = send(make_relay(sandbox.server.port, dot=0.5), "slow@unit.example")
    assert impatient.fault is Fault.TIMEOUT
    [patient] = sandbox.send("slow@unit.example")
    assert patient.is_accepted


@pytest.mark.parametrize(
    ("word", "action", "status"),
    [("late", "failed", "5.1.1"), ("success", "delivered", "2.0.0"), ("delay", "delayed", "4.4.1")],
)
def test_words_that_return_a_report(sandbox, word, action, status):
    [outcome] = sandbox.send(f"{word}3@unit.example")
    assert outcome.is_accepted
    raw, to = sandbox.returned.get(timeout=10)
    assert to == "office@bureau.example"
    [report] = read_report(raw).reports
    assert (report.action, str(report.status), report.recipient) == (action, status, f"{word}3@unit.example")
    assert b"Message-ID: <17@bureau.example>" in raw


def test_who_waits_for_reports_gets_them(sandbox):
    sandbox.send("late1@unit.example", "late2@unit.example")
    sandbox.server.wait_for_reports(within=10)
    assert sandbox.returned.qsize() == 2


def test_the_words_of_the_agreement():
    words = ["unknown", "full", "grey", "rate", "spam", "drop", "lose", "slow", "late", "success", "delay", "never"]
    assert [behaviour(f"{word}.anything@x.example") for word in words] == words
    assert behaviour("Unknown@x.example") == "unknown"
    assert behaviour("ordinary@unknown.example") == ""


def test_its_folder_is_nobody_elses(sandbox):
    assert sandbox.folder.stat().st_mode & 0o077 == 0


def test_it_ends(tmp_path):
    sandbox = Sandbox(tmp_path / "sandbox")
    port = sandbox.server.port
    sandbox.server.stop()
    sandbox.server.stop()

    def refused() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    assert wait_until(refused)
