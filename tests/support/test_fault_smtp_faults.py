"""The relay that misbehaves does so exactly where it was told to, and its books say so."""

from __future__ import annotations

import smtplib
import socket
import threading

import pytest

from tests.support.fault_smtp.scenario import MALFORMED, At, Do, Fault, FaultPicker, Scenario
from tests.support.relay_clients import LETTER, raw, read_reply, send
from tests.support.waiting import wait_until


@pytest.mark.parametrize("kept", [True, False])
def test_cut_after_the_dot_kept_or_lost(start, kept):
    server = start(Fault(at=At.DOT, do=Do.CUT, kept=kept))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(server)
    server.log.wait_for(lambda log: log.count("outcome") == 1)
    [message] = server.log.messages()
    assert (message.kept, message.outcome) == (kept, "dropped")


@pytest.mark.parametrize("at", [at for at in At if at not in {At.STARTTLS, At.AUTH, At.QUIT}])
@pytest.mark.parametrize("do", [Do.CUT, Do.RST])
def test_cut_and_reset_at_every_step(start, at, do):
    server = start(Fault(at=at, do=do))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError)):
        send(server)
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert server.log.kept() == []
    assert [(event["phase"], event["do"]) for event in server.log.events("fault")] == [(at, do)]


@pytest.mark.parametrize("at", [At.GREETING, At.EHLO, At.MAIL, At.RCPT, At.DATA, At.DOT])
def test_421_at_every_step_ends_the_session(start, at):
    server = start(Fault(at=at, do=Do.REPLY, reply="421 4.3.2 Closing"))
    with pytest.raises((smtplib.SMTPException, smtplib.SMTPServerDisconnected)):
        send(server)
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert server.log.events("close")[0]["by"] == "server: 421"
    assert server.log.kept() == []


def test_a_reply_in_mid_body_reaches_a_client_that_is_still_sending(start):
    server = start(Fault(at=At.BODY, do=Do.REPLY, reply="421 4.3.0 Enough"))
    with raw(server, b"MAIL FROM:<o@bureau.example>\r\n", b"RCPT TO:<a@unit.example>\r\n", b"DATA\r\n") as connection:
        connection.sendall(b"x" * 100_000)
        assert read_reply(connection).startswith(b"421 4.3.0")


@pytest.mark.parametrize("at", [At.CONNECT, At.GREETING, At.EHLO, At.MAIL, At.RCPT, At.DATA, At.BODY, At.DOT])
def test_hang_at_every_step_until_the_client_goes(start, at):
    server = start(Fault(at=at, do=Do.HANG))
    gone = threading.Event()

    def client() -> None:
        with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError)):
            smtplib.SMTP("127.0.0.1", server.port, timeout=0.2).sendmail("o@bureau.example", ["a@unit.example"], LETTER)
        gone.set()

    threading.Thread(target=client).start()
    server.log.wait_for(lambda log: log.count("fault") == 1)
    assert gone.wait(5)
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert server.log.events("close")[0]["by"] == "client: gave up"


def test_late_is_in_the_books_before_it_is_answered(start):
    server = start(Fault(at=At.DOT, do=Do.LATE, seconds=0.3))
    sender = threading.Thread(target=send, args=(server,))
    sender.start()
    [message] = server.log.wait_until(1)
    assert message.outcome is None
    sender.join()
    assert server.log.kept()[0].outcome == "answered"


def test_single_recipients_are_refused(start):
    server = start(
        Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 Unknown", to="unknown*"),
        Fault(at=At.RCPT, do=Do.REPLY, reply="451 4.7.1 Greylisted", to="grey*", times_each=1),
    )
    refused = send(server, "unknown1@unit.example", "grey@unit.example", "a@unit.example")
    assert {address: code for address, (code, _) in refused.items()} == {
        "unknown1@unit.example": 550,
        "grey@unit.example": 451,
    }
    assert send(server, "grey@unit.example") == {}


@pytest.mark.parametrize("kind", sorted(MALFORMED))
@pytest.mark.parametrize("at", [At.MAIL, At.DOT])
def test_malformed_replies_go_out_as_written_and_keep_nothing(start, at, kind):
    server = start(Fault(at=at, do=Do.MALFORMED, kind=kind))
    commands = [b"MAIL FROM:<o@bureau.example>\r\n"]
    if at is At.DOT:
        commands += [b"RCPT TO:<a@unit.example>\r\n", b"DATA\r\n", b"Subject: x\r\n\r\nx\r\n.\r\n"]
    with raw(server, *commands[:-1]) as connection:
        connection.sendall(commands[-1])
        expected = MALFORMED[kind]
        received = b""
        while len(received) < len(expected):
            received += connection.recv(65536)
    assert received == expected
    assert server.log.kept() == []


def test_drip_giant_endless_and_unowed_replies(start):
    server = start(
        Fault(at=At.MAIL, do=Do.DRIP, seconds=0.001, times=1),
        Fault(at=At.MAIL, do=Do.GIANT, megabytes=2, times=1),
        Fault(at=At.MAIL, do=Do.UNOWED, times=1),
        Fault(at=At.MAIL, do=Do.ENDLESS),
    )
    mail, rset = b"MAIL FROM:<o@bureau.example>\r\n", b"RSET\r\n"
    with raw(server) as connection:
        connection.sendall(mail)
        assert read_reply(connection) == b"250 2.1.0 Sender ok\r\n"
    with raw(server) as connection:
        connection.sendall(mail)
        assert len(read_reply(connection)) > 1_900_000
        connection.sendall(rset)
        read_reply(connection)
    with raw(server) as connection:
        connection.sendall(mail)
        wait_until(lambda: connection.recv(4096, socket.MSG_PEEK).count(b"\r\n") == 2)
    with raw(server) as connection:
        connection.sendall(mail)
        received = 0
        while received < 3_000_000:
            received += len(connection.recv(65536))
    server.log.wait_for(lambda log: log.count("close") == 4)


def test_faults_are_picked_by_count_and_seed():
    def struck(fault: Fault, seed: int = 1, steps: int = 200) -> list[int]:
        picker = FaultPicker(Scenario(faults=(fault,), seed=seed))
        return [step for step in range(1, steps + 1) if picker.pick(At.MAIL, (), float(step))]

    assert struck(Fault(at=At.MAIL, do=Do.CUT, every=3, after=10, times=3)) == [13, 16, 19]
    tenth = struck(Fault(at=At.MAIL, do=Do.CUT, share=0.1), steps=1000)
    assert 70 <= len(tenth) <= 130
    assert tenth == struck(Fault(at=At.MAIL, do=Do.CUT, share=0.1), steps=1000)
    assert tenth != struck(Fault(at=At.MAIL, do=Do.CUT, share=0.1), seed=2, steps=1000)


def test_greylisting_by_time():
    picker = FaultPicker(Scenario(faults=(Fault(at=At.RCPT, do=Do.REPLY, reply="451 4.7.1 x", seconds_each=20),)))
    assert picker.pick(At.RCPT, ("a@unit.example",), 100.0)
    assert picker.pick(At.RCPT, ("a@unit.example",), 119.0)
    assert not picker.pick(At.RCPT, ("a@unit.example",), 120.0)
    assert picker.pick(At.RCPT, ("b@unit.example",), 120.0)
