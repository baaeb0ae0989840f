"""The wire against a server that misbehaves: every answer is bounded in size and time, and nothing is ever changed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mailer.flow.poll_mailbox import FolderRefusedError
from mailer.intake.folder_names import decoded, folders_to_read
from mailer.intake.imap_wire import (
    LITERAL_LIMIT,
    ImapError,
    ImapRefusedError,
    ImapWire,
    LoginRefusedError,
    MailboxAddress,
    quoted,
)
from mailer.intake.mailbox import ImapMailbox
from tests.support.certificates import Authority, Certificate

GREETING = b"* OK [CAPABILITY IMAP4rev1 ID IDLE] ready\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Certificate]:
    authority = Authority(tmp_path_factory.mktemp("tls"))
    return authority, authority.issue("imap")


class Scripted:
    """A server for one connection: each line heard is answered by ``answer(tag, words)``."""

    def __init__(self, certificate: Certificate, answer: Callable[[bytes, bytes], bytes | Iterator[bytes]]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context, self._answer = certificate.server_context(), answer
        self.heard: list[bytes] = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        near, _ = self._listener.accept()
        try:
            with self._context.wrap_socket(near, server_side=True) as talk:
                talk.sendall(GREETING)
                for line in talk.makefile("rb"):
                    tag, _, words = line.rstrip(b"\r\n").partition(b" ")
                    self.heard.append(words or tag)
                    answer = self._answer(tag, words)
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        talk.sendall(piece)
        except OSError:
            pass  # the client has had enough


@pytest.fixture
def connect(authority: tuple[Authority, Certificate]) -> Callable[..., tuple[ImapWire, Scripted]]:
    def connect(
        answer: Callable[[bytes, bytes], bytes | Iterator[bytes]], within: float = 5.0
    ) -> tuple[ImapWire, Scripted]:
        server = Scripted(authority[1], answer)
        return ImapWire(address(authority[0], server), within), server

    return connect


def address(authority: Authority, server: Scripted) -> MailboxAddress:
    return MailboxAddress("localhost", server.port, "office", 'pass "\\', authority.client_context())


def test_an_answer_with_literals_inside(connect):
    wire, server = connect(
        lambda tag, _: b"* 1 FETCH (UID 7 BODY[] {5}\r\na\r\nb) X {0}\r\n)\r\n* 2 EXPUNGE\r\n" + tag + b" OK done\r\n"
    )
    first, second = wire.command("UID", "FETCH", "7", "(BODY.PEEK[])")
    assert (first.text, first.literals) == (b"* 1 FETCH (UID 7 BODY[] {} X {})", (b"a\r\nb)", b""))
    assert second.text == b"* 2 EXPUNGE"
    assert server.heard == [b"UID FETCH 7 (BODY.PEEK[])"]


def test_words_beyond_ascii_go_as_literals(connect):
    wire, server = connect(lambda tag, words: b"+ go on\r\n" if words.endswith(b"}") else b"m1 OK\r\n")
    wire.command("LOGIN", quoted("office"), quoted("授权"))
    assert server.heard == [b'LOGIN "office" {6}', "授权".encode()]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (b"* " + b"x" * 3_000_000, "line"),
        (b"* 1 FETCH (BODY[] {%d}\r\n" % (LITERAL_LIMIT + 1), "literal"),
        (b"* 1 FETCH (BODY[] {3000000}\r\n" + b"x" * 3_000_000 + b")\r\n", "end"),
        (b"garbage\r\n", "time"),
    ],
    ids=["line", "literal", "many literals", "garbage"],
)
def test_answers_without_end_are_given_up(connect, answer: bytes, what: str):
    def flood(_tag: bytes, _words: bytes) -> Iterator[bytes]:
        for _ in range(8):
            yield answer

    wire, _ = connect(flood, 1.0)
    with pytest.raises(ImapError, match=what):
        wire.command("NOOP")


def test_a_server_that_drips_does_not_hold_us(connect):
    def drip(_tag: bytes, _words: bytes) -> Iterator[bytes]:
        never = threading.Event()
        while True:
            never.wait(0.05)
            yield b"* OK\r\n"

    wire, _ = connect(drip, 0.5)
    began = time.monotonic()
    with pytest.raises(ImapError, match="in time"):
        wire.command("NOOP")
    assert time.monotonic() - began < 5


def test_refusals_are_told_apart(connect):
    wire, _ = connect(
        lambda tag, words: tag + (b" NO [AUTHENTICATIONFAILED] no\r\n" if b"LOGIN" in words else b" BAD what\r\n")
    )
    with pytest.raises(ImapRefusedError, match="what"):
        wire.command("NOOP")
    with pytest.raises(LoginRefusedError):
        wire.log_in("office", "x")


def test_a_server_that_is_unwell_has_not_refused_us(connect):
    wire, _ = connect(lambda tag, _: tag + b" NO [UNAVAILABLE] try later\r\n")
    with pytest.raises(ImapError) as error:
        wire.log_in("office", "x")
    assert not isinstance(error.value, LoginRefusedError)


def test_news_that_comes_while_idle_begins_is_not_lost(connect):
    def answer(tag: bytes, words: bytes) -> bytes:
        return b"* 3 EXISTS\r\n+ idling\r\n" if words == b"IDLE" else b"m1 OK\r\n"

    wire, _ = connect(answer)
    assert wire.begin_idle()
    wire.end_idle()


def test_netease_is_told_who_we_are_before_any_folder_and_hears_nothing_that_changes(authority):
    def answer(tag: bytes, words: bytes) -> bytes:
        told = {
            b"LIST": b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST () "/" "&V4NXPpCuTvY-"\r\n',
            b"EXAM": b"* OK [UIDVALIDITY 1] ok\r\n",
        }.get(words[:4], b"")
        return told + tag + b" OK [CAPABILITY IMAP4rev1 ID] done\r\n"

    server = Scripted(authority[1], answer)
    with ImapMailbox(address(authority[0], server), within=5.0) as mailbox:
        assert mailbox.folders == ("INBOX", "&V4NXPpCuTvY-")
        for folder in mailbox.folders:
            mailbox.examine(folder)
            assert mailbox.uids_after(0) == []
            assert mailbox.fetch(1, 5, 10) is None
        assert not mailbox.can_wait
    verbs = [line.split(b" ")[0] for line in server.heard]
    assert verbs[:3] == [b"LOGIN", b"ID", b"LIST"]
    assert set(verbs) == {b"LOGIN", b"ID", b"LIST", b"EXAMINE", b"UID"}
    assert server.heard[0] == b'LOGIN "office" "pass \\"\\\\"'
    assert all(b"BODY.PEEK" in line for line in server.heard if b"FETCH" in line)


def test_a_folder_that_may_not_be_opened_is_passed_over_but_the_inbox_is_not(authority):
    def answer(tag: bytes, words: bytes) -> bytes:
        if words.startswith(b"EXAMINE"):
            return tag + b" NO [NOPERM] Unsafe Login\r\n"
        return tag + b" OK [CAPABILITY IMAP4rev1] done\r\n"

    server = Scripted(authority[1], answer)
    with ImapMailbox(address(authority[0], server), within=5.0) as mailbox:
        with pytest.raises(FolderRefusedError):
            mailbox.examine("Junk")
        with pytest.raises(ImapRefusedError, match="Unsafe"):
            mailbox.examine("INBOX")


@pytest.mark.parametrize(
    ("name", "people_read"),
    [("&V4NXPpCuTvY-", "垃圾邮件"), ("a&-b", "a&b"), ("&bad", "&bad"), ("&!!-", "&!!-"), ("INBOX", "INBOX")],
)
def test_modified_utf7(name: str, people_read: str):
    assert decoded(name) == people_read


def test_which_folders_returned_mail_lands_in():
    listed = [
        (b'* LIST (\\HasNoChildren) "/" INBOX', ()),
        (b'* LIST (\\Sent) "/" Sent', ()),
        (b'* LIST (\\Junk \\HasNoChildren) "." "weird \\"name\\""', ()),
        (b'* LIST (\\NoSelect) "/" Spam', ()),
        (b"* LIST () NIL {}", (b"Junk E-mail",)),
        (b'* LIST () "/" &V4NXPpCuTvY-', ()),
        (b"* LIST nonsense", ()),
    ]
    assert folders_to_read(listed) == ("INBOX", 'weird "name"', "Junk E-mail", "&V4NXPpCuTvY-")
