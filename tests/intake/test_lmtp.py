"""The LMTP door: 250 only for what is stored, bounds, and no way to smuggle a second mail in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from mailer.intake.lmtp import KEPT, LmtpServer, _has_bare_end


class Books:
    """What was stored; ``away``: recipients for whom the storage fails."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str, str]] = []
        self.away: set[str] = set()

    def take(self, raw: bytes, rcpt: str, sender: str) -> None:
        if rcpt in self.away:
            raise OSError("disk full")
        self.kept.append((raw, rcpt, sender))


class Client:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")
        assert self.reply().startswith("220 ")
        assert self.ask("LHLO relay").startswith("250")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> str:
        """The last line of the next reply; '' when the server has hung up."""
        while (line := self._file.readline().decode()) and line[3:4] == "-":
            pass
        return line.strip()

    def ask(self, command: str) -> str:
        self.send(f"{command}\r\n".encode())
        return self.reply()

    def mail(self, data: bytes, *recipients: str) -> list[str]:
        assert self.ask("MAIL FROM:<>") == "250 2.1.0 ok"
        for recipient in recipients:
            assert self.ask(f"RCPT TO:<{recipient}>") == "250 2.1.5 ok"
        assert self.ask("DATA").startswith("354")
        self.send(data)
        return [self.reply() for _ in recipients]


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def server(books: Books) -> Iterator[LmtpServer]:
    with ThreadPoolExecutor(1) as executor:
        server = LmtpServer(("127.0.0.1", 0), books.take, executor)
        server.start()
        yield server
        server.stop()


@contextmanager
def talking(server: LmtpServer) -> Iterator[Client]:
    client = Client(server.port)
    yield client
    client.close()


def test_every_recipient_has_an_answer_of_its_own(server: LmtpServer, books: Books):
    books.away.add("b@x.example")
    with talking(server) as client:
        replies = client.mail(b"From: a\r\n\r\n..dot\r\n.\r\n", "a@x.example", "b@x.example", "c@x.example")
        assert [reply[:3] for reply in replies] == ["250", "451", "250"]
        assert books.kept == [(b"From: a\r\n\r\n.dot\r\n", rcpt, "") for rcpt in ("a@x.example", "c@x.example")]
        books.away.clear()
        assert client.mail(b"x\r\n.\r\n", "b@x.example") == ["250 2.0.0 stored"]
        assert client.ask("QUIT").startswith("221")


def test_a_pipelined_transaction(server: LmtpServer, books: Books):
    with talking(server) as client:
        client.send(b"MAIL FROM:<a@b.example> SIZE=3\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<>\r\nDATA\r\n")
        assert [client.reply()[:3] for _ in range(4)] == ["250", "250", "501", "354"]
        client.send(b"x\r\n.\r\nNOOP\r\nQUIT\r\n")
        assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "221"]
    assert books.kept == [(b"x\r\n", "c@d.example", "a@b.example")]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\0.\n"])
def test_data_ends_at_one_sequence_only_and_nothing_is_smuggled(server: LmtpServer, books: Books, end: bytes):
    smuggled = b"MAIL FROM:<>\r\nRCPT TO:<victim@x.example>\r\nDATA\r\nforged\r\n.\r\n"
    with talking(server) as client:
        replies = client.mail(b"a" + end + smuggled, "a@x.example")
        assert replies == ["550 5.6.0 a bare CR or LF"]
        assert client.mail(b"fine\r\n.\r\n", "b@x.example") == ["250 2.0.0 stored"]
        assert client.ask("QUIT").startswith("221"), "no answer is left over of anything that was smuggled"
    assert books.kept == [(b"fine\r\n", "b@x.example", "")]


@pytest.mark.parametrize(
    ("pieces", "bad"),
    [
        ([b"ab\r\n"], False), ([b"ab\r", b"\n"], False), ([b"ab", b"\r\n"], False), ([b"\r", b"\n"], False),
        ([b"ab\r", b"c\r\n"], True), ([b"ab\n"], True), ([b"a\rb\r\n"], True), ([b"\r", b"\r\n"], True),
        ([b"a", b"\n"], True),
    ],
)  # fmt: skip
def test_bare_ends_are_seen_wherever_the_buffer_was_cut(pieces: list[bytes], bad: bool):
    after_cr, found = False, False
    for piece in pieces:
        found = found or _has_bare_end(piece, after_cr=after_cr)
        after_cr = piece.endswith(b"\r")
    assert found is bad


@pytest.mark.parametrize("at", [64 * 1024 - 2, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_a_line_without_end_is_read_in_pieces_and_ends_where_it_ends(server: LmtpServer, books: Books, at: int):
    body = b"x" * at + b"\r\n.y\r\n"
    with talking(server) as client:
        assert client.mail(body.replace(b"\r\n.", b"\r\n..") + b".\r\n", "a@x.example") == ["250 2.0.0 stored"]
        assert client.mail(b"x" * at + b"\rx\r\n.\r\n", "a@x.example") == ["550 5.6.0 a bare CR or LF"]
    assert [raw for raw, _, _ in books.kept] == [body]


def test_of_a_long_mail_the_head_is_kept(server: LmtpServer, books: Books):
    with talking(server) as client:
        assert (
            client.mail(b"y" * 70 + b"\r\n" + (b"x" * 998 + b"\r\n") * 5_000 + b".\r\n", "a@x.example")[0][:3] == "250"
        )
        assert client.ask("MAIL FROM:<> SIZE=99999999999") == "552 5.3.4 too large"
    assert len(books.kept[0][0]) == KEPT


@pytest.mark.parametrize("line", [b"NOOP " + b"x" * 5_000 + b"\r\n", b"NOOP\n", b"NO\rOP\r\n", b"NOOP\0\r\n"])
def test_a_command_that_is_no_line_ends_the_talk(server: LmtpServer, line: bytes):
    with talking(server) as client:
        client.send(line)
        assert client.reply().startswith("500")
        assert client.reply() == ""


def test_who_understands_nothing_is_let_go(server: LmtpServer):
    with talking(server) as client:
        replies = [client.ask("EHLO x") for _ in range(20)]
        assert {reply[:3] for reply in replies} == {"500"}
        assert client.ask("STARTTLS").startswith("421")
        assert client.reply() == ""


def test_without_recipients_there_is_no_data(server: LmtpServer, books: Books):
    with talking(server) as client:
        assert client.ask("DATA").startswith("503")
        assert client.ask("RCPT TO:<a@b.example>").startswith("503")
        assert client.ask("MAIL FROM:<>").startswith("250")
        assert client.ask("MAIL FROM:<>").startswith("503")
        assert client.ask("RSET").startswith("250")
        assert client.ask("DATA").startswith("503")
    assert books.kept == []


def test_what_is_cut_off_is_not_stored(server: LmtpServer, books: Books):
    with talking(server) as client:
        client.ask("MAIL FROM:<>")
        client.ask("RCPT TO:<a@b.example>")
        client.ask("DATA")
        client.send(b"half a mail\r\n.\r")
    with talking(server) as client:
        assert client.mail(b"whole\r\n.\r\n", "a@b.example") == ["250 2.0.0 stored"]
    assert [raw for raw, _, _ in books.kept] == [b"whole\r\n"]


def test_a_port_that_is_taken_is_told(server: LmtpServer):
    with ThreadPoolExecutor(1) as executor, pytest.raises(OSError):
        LmtpServer(("127.0.0.1", server.port), lambda *_: None, executor).start()
