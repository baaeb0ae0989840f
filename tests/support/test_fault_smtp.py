"""The relay of the tests is a strict SMTP server with limits, logins and TLS, and its books are right."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from tests.support.certificates import Authority
from tests.support.fault_smtp.books import RelayLog
from tests.support.fault_smtp.program import FaultProgram
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.relay_clients import LETTER, raw, read_reply, send, session
from tests.support.waiting import wait_until


def test_a_message_is_entered_with_its_envelope_and_answered(start):
    server = start()
    assert send(server, "a@unit.example", "b@unit.example") == {}
    [message] = server.log.kept()
    assert (message.mail_from, message.rcpt_to) == ("office@bureau.example", ("a@unit.example", "b@unit.example"))
    assert (message.message_id, message.outcome) == ("<17@bureau.example>", "answered")
    assert set(server.log.by_address()) == {"a@unit.example", "b@unit.example"}


def test_copies_differ_in_personal_headers_only(start):
    server = start()
    for letter in (LETTER, LETTER.replace("17@", "18@").replace("To: a", "To: b"), LETTER.replace("body", "other")):
        with session(server) as client:
            client.sendmail("office@bureau.example", ["a@unit.example"], letter)
    first, second, third = [message.content_sha256 for message in server.log.kept()]
    assert first == second != third


def test_dots_are_unstuffed_and_only_crlf_dot_crlf_ends_a_message(start):
    server = start()
    with raw(server, b"MAIL FROM:<o@bureau.example>\r\n", b"RCPT TO:<a@unit.example>\r\n", b"DATA\r\n") as connection:
        connection.sendall(b"..lead\r\n..\r\nno end\n.\nno end\r\n.\n\r\n.\r\n")
        assert read_reply(connection).startswith(b"250 ")
    [message] = server.log.messages()
    assert message.size == len(b".lead\r\n.\r\nno end\n.\nno end\r\n\n\r\n")
    assert message.bare_newline


def test_pipelining_is_taken_where_offered_and_a_violation_where_not(start):
    flight = b"MAIL FROM:<o@bureau.example>\r\nRCPT TO:<a@unit.example>\r\nDATA\r\n"
    offering, silent = start(), start(extensions=())
    with raw(offering) as connection:
        connection.sendall(flight)
        wait_until(lambda: offering.log.count("rcpt"))
        # the body with the next envelope behind its dot: RFC 2920 3.1 allows it
        connection.sendall(b"Subject: x\r\n\r\nx\r\n.\r\n" + flight.replace(b"DATA\r\n", b"RSET\r\n"))
        connection.sendall(b"QUIT\r\n")
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [line[:3] for line in answers.splitlines()] == [
        b"250",
        b"250",
        b"354",
        b"250",
        b"250",
        b"250",
        b"250",
        b"221",
    ]
    assert offering.log.count("violation") == 0
    with raw(silent) as connection:
        connection.sendall(flight)
        assert read_reply(connection).startswith(b"421 5.5.0")
    assert silent.log.count("violation") == 1


def test_data_sent_ahead_of_354_is_a_violation(start):
    server = start()
    with raw(server, b"MAIL FROM:<o@bureau.example>\r\n", b"RCPT TO:<a@unit.example>\r\n") as connection:
        connection.sendall(b"DATA\r\nSubject: x\r\n")
        assert read_reply(connection).startswith(b"421 5.5.0")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"RCPT TO:<a@unit.example>\r\n", b"503"),
        (b"DATA\r\n", b"503"),
        (b"MAIL FROM:o@bureau.example\r\n", b"501"),
        (b"MAIL FROM:<o@bureau.example> SIZE=99999999\r\n", b"552"),
        (b"MAIL FROM:<o@bureau.example> SOLICIT=x\r\n", b"555"),
        (b"FROB\r\n", b"500"),
    ],
)
def test_the_order_and_form_of_commands_are_enforced(start, command, code):
    with raw(start()) as connection:
        connection.sendall(command)
        assert read_reply(connection)[:3] == code


def test_parameters_of_an_extension_not_offered_are_refused(start):
    with raw(start(extensions=("8BITMIME",))) as connection:
        connection.sendall(b"MAIL FROM:<o@bureau.example> BODY=8BITMIME RET=HDRS\r\n")
        assert read_reply(connection)[:3] == b"555"


def test_a_session_and_a_server_have_limits(start):
    server = start(messages_per_connection=2, max_connections=1, recipients_per_message=1)
    with session(server) as client:
        for _ in range(2):
            assert client.sendmail("o@bureau.example", ["a@unit.example"], LETTER) == {}
        with pytest.raises(smtplib.SMTPConnectError) as busy:
            send(server)
        assert busy.value.smtp_code == 421
        with pytest.raises(smtplib.SMTPSenderRefused) as spent:
            client.sendmail("o@bureau.example", ["a@unit.example"], LETTER)
        assert spent.value.smtp_code == 421
    server.log.wait_for(lambda log: log.count("close") == 2)
    assert send(server, "a@unit.example", "b@unit.example") == {"b@unit.example": (452, b"4.5.3 Too many recipients")}


def test_the_rate_is_counted_over_all_sessions(start):
    server = start(rate=3, rate_reply="451 DT:SPM too fast")
    for _ in range(3):
        send(server)
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        send(server)
    assert (refused.value.smtp_code, refused.value.smtp_error) == (451, b"DT:SPM too fast")


def test_idle_sessions_are_closed(start):
    server = start(idle_for=0.05)
    with raw(server) as connection:
        assert read_reply(connection).startswith(b"421 4.4.2")


def test_down_refuses_or_resets_and_comes_back_on_the_same_port(start):
    server = start()
    with raw(server) as connection:
        server.change(Scenario(down="refuse"))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=5)
        with pytest.raises(ConnectionResetError):
            connection.recv(10)
    server.change(Scenario(down="reset"))
    with pytest.raises((ConnectionResetError, smtplib.SMTPServerDisconnected)):
        send(server)
    server.change(Scenario())
    assert send(server) == {}


def test_a_scenario_survives_json():
    scenario = Scenario(
        faults=(Fault(at=At.DOT, do=Do.CUT, kept=True, share=0.1),), logins={"a": "b"}, extensions=("DSN",), rate=5
    )
    assert Scenario.from_json(scenario.to_json()) == scenario


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def test_hosted_mailbox_manners(start, authority):
    server = start(
        tls=authority.issue("relay").server_context(),
        require_tls=True,
        logins={"o@bureau.example": "pw"},
        sender_is_login=True,
    )
    with session(server) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=authority.client_context())
        client.ehlo()
        with pytest.raises(smtplib.SMTPSenderRefused) as anonymous:
            client.sendmail("o@bureau.example", ["a@unit.example"], LETTER)
        assert anonymous.value.smtp_code == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("o@bureau.example", "wrong")
        client.login("o@bureau.example", "pw")
        with pytest.raises(smtplib.SMTPSenderRefused) as foreign:
            client.sendmail("b@bureau.example", ["a@unit.example"], LETTER)
        assert foreign.value.smtp_code == 553
        assert client.sendmail("o@bureau.example", ["a@unit.example"], LETTER) == {}
    assert {event["code"] for event in server.log.events("auth")} == {235, 535}


@pytest.mark.parametrize(("reply", "code"), [("454 4.7.0 Try later", 454), ("535 5.7.8 No", 535)])
def test_auth_faults(start, reply, code):
    server = start(Fault(at=At.AUTH, do=Do.REPLY, reply=reply), logins={"o": "pw"})
    with session(server) as client, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        client.login("o", "pw")
    assert refused.value.smtp_code == code
    dropping = start(Fault(at=At.AUTH, do=Do.CUT), logins={"o": "pw"})
    with session(dropping) as client, pytest.raises(smtplib.SMTPServerDisconnected):
        client.login("o", "pw")


def test_starttls_stripped_refused_garbled_and_injected(start, authority):
    tls = authority.issue("relay").server_context()
    with session(start(tls=tls, starttls=False)) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
    with session(start(Fault(at=At.STARTTLS, do=Do.REPLY, reply="454 4.7.0 No"), tls=tls)) as client:
        with pytest.raises(smtplib.SMTPResponseException):
            client.starttls(context=authority.client_context())
    with session(start(Fault(at=At.STARTTLS, do=Do.GARBAGE), tls=tls)) as client, pytest.raises(ssl.SSLError):
        client.starttls(context=authority.client_context())
    injecting = start(Fault(at=At.STARTTLS, do=Do.INJECT), tls=tls)
    with raw(injecting) as connection:
        connection.sendall(b"STARTTLS\r\n")
        wait_until(lambda: b"250 2.0.0 Injected" in connection.recv(4096, socket.MSG_PEEK))


def test_certificates_nobody_should_accept(start, authority):
    wrong = {
        "self-signed": authority.self_signed("own"),
        "hostname": authority.issue("other", host="elsewhere.example"),
        "expired": authority.issue("old", expired=True),
    }
    for why, certificate in wrong.items():
        server = start(tls=certificate.server_context(), implicit_tls=True)
        with pytest.raises(ssl.SSLCertVerificationError, match=f"(?i){why}"):
            smtplib.SMTP_SSL("localhost", server.port, timeout=5, context=authority.client_context())
    good = start(tls=authority.issue("good").server_context(), implicit_tls=True)
    with smtplib.SMTP_SSL("localhost", good.port, timeout=5, context=authority.client_context()) as client:
        assert client.noop()[0] == 250


def test_the_program_keeps_its_books_through_a_kill_and_changes_on_request(tmp_path):
    with FaultProgram(tmp_path) as relay:
        send(relay)
        relay.kill()
        relay.start()
        send(relay)
        relay.change(Scenario(faults=(Fault(at=At.DOT, do=Do.CUT, kept=True),)))
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(relay)
        [*answered, dropped] = RelayLog(relay.log.path).wait_until(3)
    assert [message.number for message in [*answered, dropped]] == [1, 2, 3]
    assert [message.outcome for message in answered] == ["answered", "answered"]
