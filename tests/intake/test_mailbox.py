"""A shared mailbox at a real Dovecot: what is ours is taken once, people's letters and the mailbox stay as they are."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from mailer.flow.poll_mailbox import LENGTH_LIMIT, Reader, poll_mailbox
from mailer.intake.imap_wire import ImapError, LoginRefusedError, MailboxAddress
from mailer.intake.mailbox import ImapMailbox
from mailer.store import queries
from mailer.store.core import returned
from mailer.store.engine import Store
from mailer.workers.intake import MailboxWatch
from tests.intake.conftest import OwnMailbox
from tests.support import returned_mail
from tests.support.servers.dovecot_server import JUNK, JUNK_BY_NAME
from tests.support.waiting import wait_until

pytestmark = pytest.mark.needs_dovecot

LETTER = b"Return-Path: <li@x.example>\r\nFrom: li@x.example\r\nSubject: dinner\r\n\r\nbounce, return, deliver\r\n"


def kept(store: Store) -> list[bytes]:
    with store.read() as session:
        return [row.raw for row in session.execute(select(returned).order_by(returned.c.id))]


def test_only_returns_are_taken_from_every_folder_and_only_once(store: Store, reader: Reader, mailbox: OwnMailbox):
    mailbox.deliver(LETTER)
    for number, folder in enumerate(("INBOX", JUNK, JUNK_BY_NAME, "INBOX")):
        mailbox.deliver(returned_mail.hard(note=str(number)), folder)
    before = mailbox.snapshot()
    polled = mailbox.poll(reader)
    assert (polled.seen, polled.taken, polled.letters) == (5, 4, 0)
    assert sorted(kept(store)) == sorted(returned_mail.hard(note=str(number)) for number in range(4))
    assert mailbox.snapshot() == before
    assert mailbox.poll(reader).seen == 0
    mailbox.deliver(returned_mail.hard(note="later"))
    assert mailbox.poll(reader).seen == 1
    assert len(kept(store)) == 5
    with store.read() as session:
        assert queries.open_tasks(session) == []


def test_a_renumbered_mailbox_is_read_again_and_nothing_counts_twice(store: Store, reader: Reader, mailbox: OwnMailbox):
    for number in range(60):  # more than is asked for at once
        mailbox.deliver(returned_mail.hard(note=str(number)))
    assert mailbox.poll(reader).taken == 60
    mailbox.server.renumber(mailbox.login)
    assert mailbox.poll(reader).seen == 60
    assert len(kept(store)) == 60


def test_of_a_long_mail_only_the_head_is_fetched(store: Store, reader: Reader, mailbox: OwnMailbox):
    mailbox.deliver(returned_mail.hard() + b"x" * 70 + b"\r\n" + b"y" * (3 * LENGTH_LIMIT))
    assert mailbox.poll(reader).taken == 1
    [raw] = kept(store)
    assert len(raw) == LENGTH_LIMIT
    assert raw.startswith(returned_mail.hard())


@pytest.mark.parametrize("bomb", ["parameters", "nested", "headers", "addresses"])
def test_a_bomb_is_put_aside_and_the_next_mail_goes_on(store: Store, reader: Reader, mailbox: OwnMailbox, bomb: str):
    head = b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Returned mail\r\n"
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000))
    mailbox.deliver(
        head
        + {
            "parameters": b"Content-Type: text/plain; "
            + b"; ".join(b"a%d=b" % n for n in range(40_000))
            + b"\r\n\r\nx",
            "nested": nested,
            "headers": b"X-A: b\r\n" * 50_000 + b"\r\nx",
            "addresses": b"To: " + b", ".join(b"a%d@b.example" % n for n in range(32_000)) + b"\r\n\r\nx",
        }[bomb]
    )
    mailbox.deliver(returned_mail.hard())
    assert mailbox.poll(reader).taken == 2
    with store.read() as session:
        found = [(row.state, row.note) for row in session.execute(select(returned).order_by(returned.c.id))]
    assert found[0][0] == "unread"
    assert "quarantined" in found[0][1]
    assert found[1][0] == "unmatched"


@contextmanager
def cut_after(port: int, octets: int) -> Iterator[int]:
    """A way to that port which breaks off when the server has said so many octets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one_way(source: socket.socket, sink: socket.socket, most: float) -> None:
        with contextlib.suppress(OSError):
            while most > 0 and (data := source.recv(4_096)):
                sink.sendall(data[: int(min(most, 4_096))])
                most -= len(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def carry() -> None:
        near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            up = threading.Thread(target=one_way, args=(near, far, float("inf")))
            up.start()
            one_way(far, near, octets)
            up.join()

    carrier = threading.Thread(target=carry, daemon=True)
    carrier.start()
    with listener:
        yield listener.getsockname()[1]
        carrier.join(10)


def test_a_connection_cut_at_any_point_loses_and_doubles_nothing(store: Store, reader: Reader, mailbox: OwnMailbox):
    wanted = [returned_mail.hard(note=f"{number} " + "x" * 20_000) for number in range(8)]
    for raw in wanted:
        mailbox.deliver(raw)
    cuts = 0
    for octets in (2_500, 6_000, 20_000, 33_000, 60_000, 120_000):
        with cut_after(mailbox.server.port, octets) as port:
            try:
                with ImapMailbox(mailbox.address(port=port), within=10.0) as cut:
                    poll_mailbox(reader, cut)
            except ImapError:
                cuts += 1
    assert cuts >= 5
    mailbox.poll(reader)
    assert sorted(kept(store)) == sorted(wanted)


def test_a_refused_login_is_no_broken_connection(mailbox: OwnMailbox):
    with pytest.raises(LoginRefusedError):
        ImapMailbox(mailbox.address(password="wrong"))


def test_a_certificate_nobody_stands_behind_ends_it(mailbox: OwnMailbox):
    address = mailbox.address()
    strict = MailboxAddress(address.host, address.port, address.user, "x", ssl.create_default_context())
    with pytest.raises(ImapError, match="TLS"):
        ImapMailbox(strict)
    pinned = ssl.create_default_context()
    pinned.check_hostname, pinned.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ImapError, match="pinned"):
        ImapMailbox(MailboxAddress(address.host, address.port, address.user, "x", pinned, pin="00" * 32))


def test_the_watch_is_told_of_new_mail_and_outlives_the_servers_death(
    store: Store, reader: Reader, mailbox: OwnMailbox
):
    stop = threading.Event()
    watch = threading.Thread(target=MailboxWatch(mailbox.address(), reader, stop).run)
    watch.start()
    try:
        mailbox.deliver(returned_mail.hard(note="1"))
        wait_until(lambda: len(kept(store)) == 1, 20, "the first return")
        mailbox.deliver(returned_mail.hard(note="2"))
        wait_until(lambda: len(kept(store)) == 2, 20, "the second, told by IDLE long before the minute is over")
        mailbox.server.kill()
        mailbox.server.start()
        mailbox.deliver(returned_mail.hard(note="3"))
        wait_until(lambda: len(kept(store)) == 3, 30, "the third, after the server came back")
    finally:
        stop.set()
        watch.join(15)
    assert not watch.is_alive()
