"""Getting a session: greeting, EHLO, encryption and login, and what the office is told when there is none."""

from __future__ import annotations

import asyncio
import hashlib
import ssl

import pytest

from mailer.model.reply import Fault as Cause
from mailer.model.reply import Phase
from tests.support.fault_smtp.scenario import MALFORMED, At, Do, Fault, Scenario
from tests.support.servers.programs import free_port
from tests.transport.talk import BIG_LETTER, SHORT, envelope, make_relay, refusal, run, send, send_one

LOGIN, PASSWORD = "office@bureau.example", "correct horse 电池"
STEPS = [(At.GREETING, Phase.GREETING), (At.EHLO, Phase.EHLO)]


def told(error) -> str:
    """What a person reads; it never holds a secret."""
    text = f"{error.message} {error.hint} {error.outcome}"
    assert PASSWORD not in text
    return text


# --- before any mail is spoken of ---------------------------------------------------------------------------------------


def test_nobody_listens(loop):
    port = free_port()
    error = refusal(make_relay(port), loop)
    assert (error.outcome.phase, error.outcome.reply, error.outcome.fault) == (Phase.CONNECT, None, Cause.REFUSED)
    assert not error.needs_person
    assert f"127.0.0.1:{port}" in told(error)
    assert "连不上" in error.message


def test_a_name_nobody_knows():
    error = refusal(make_relay(25, host="no-such-host.invalid"))
    assert (error.outcome.phase, error.outcome.fault) == (Phase.CONNECT, Cause.REFUSED)


@pytest.mark.parametrize(
    ("at", "phase"), [(At.CONNECT, Phase.GREETING), *STEPS]
)
@pytest.mark.parametrize(
    ("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT), (Do.DRIP, Cause.TIMEOUT)]
)
def test_a_relay_that_breaks_off_or_keeps_silent(start, at, phase, do, cause):
    server = start(Fault(at=at, do=do, seconds=0.1))
    limit = {"helo": SHORT} if cause is Cause.TIMEOUT else {}
    error = refusal(make_relay(server.port, **limit))
    assert (error.outcome.phase, error.outcome.reply, error.outcome.fault) == (phase, None, cause)
    assert not error.needs_person
    assert error.outcome.phase.is_session
    assert not error.outcome.is_unknown


@pytest.mark.parametrize(("at", "phase"), STEPS)
@pytest.mark.parametrize("do", [Do.GIANT, Do.ENDLESS, Do.UNOWED])
def test_a_relay_that_says_too_much(start, at, phase, do):
    server = start(Fault(at=at, do=do))
    error = refusal(make_relay(server.port))
    assert error.outcome.fault is Cause.GARBLED
    assert error.outcome.phase.is_session
    assert "不像邮件服务器" in told(error)


@pytest.mark.parametrize("at", [At.GREETING, At.EHLO])
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_what_is_no_reply(start, at, kind):
    server = start(Fault(at=at, do=Do.MALFORMED, kind=kind))
    error = refusal(make_relay(server.port, helo=SHORT))
    if error.outcome.reply is None:
        assert error.outcome.fault in {Cause.GARBLED, Cause.TIMEOUT}
    assert error.outcome.phase.is_session
    assert server.log.count("mail") == 0


@pytest.mark.parametrize("reply", ["421 4.3.2 Too busy", "450 4.7.1 Later", "554 5.7.1 Blocked", "250 Hello"])
def test_a_greeting_that_is_none(start, reply):
    server = start(Fault(at=At.GREETING, do=Do.REPLY, reply=reply))
    error = refusal(make_relay(server.port))
    assert (error.outcome.phase, str(error.outcome.reply)) == (Phase.GREETING, reply)
    assert not error.needs_person
    assert reply in told(error)


def test_a_late_greeting_is_waited_for(start):
    server = start(Fault(at=At.GREETING, do=Do.LATE, seconds=0.4))
    assert send(make_relay(server.port))[0].is_accepted


@pytest.mark.parametrize("reply", ["502 5.5.1 What", "500 5.5.2 What"])
def test_a_host_of_before_1995_is_greeted_with_helo(start, reply):
    server = start(Fault(at=At.EHLO, do=Do.REPLY, reply=reply))
    assert send(make_relay(server.port, wants_reports=True))[0].is_accepted
    assert server.log.events("mail")[0]["parameters"] == {}


@pytest.mark.parametrize("reply", ["421 4.3.2 Going", "451 4.3.0 Later"])
def test_ehlo_put_off(start, reply):
    server = start(Fault(at=At.EHLO, do=Do.REPLY, reply=reply))
    error = refusal(make_relay(server.port))
    assert (error.outcome.phase, str(error.outcome.reply)) == (Phase.EHLO, reply)


def test_with_a_login_there_is_no_way_without_ehlo(start):
    server = start(Fault(at=At.EHLO, do=Do.REPLY, reply="502 5.5.1 What"), logins={LOGIN: PASSWORD})
    error = refusal(make_relay(server.port, user=LOGIN, password=PASSWORD))
    assert error.outcome.phase is Phase.EHLO


def test_too_many_connections(start):
    server = start(max_connections=1)
    relay = make_relay(server.port)

    async def go():
        first = await relay.connect()
        with pytest.raises(Exception, match="Too many connections") as second:
            await relay.connect()
        assert (await first.transact(envelope(), lambda: (b"Subject: 1\r\n\r\n",))).is_accepted
        await first.quit()
        return second.value

    error = run(go())
    assert (error.outcome.phase, error.outcome.reply.code) == (Phase.GREETING, 421)


# --- encryption ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["starttls", "implicit"])
def tls(request) -> str:
    return request.param


@pytest.fixture
def encrypted(start, authority, tls):
    """A relay that demands encryption, by a certificate made as a test says."""

    def make(certificate, *faults, **manners):
        manners = {"require_tls": True, **manners}
        context = certificate.server_context()
        return start(*faults, tls=context, implicit_tls=tls == "implicit", **manners)

    return make


def test_our_own_authority_vouches_for_the_host(encrypted, certificates, authority, tls, loop, pipelined):
    server = encrypted(authority.issue("right"))
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context(), pipelined=pipelined)
    outcomes = send(relay, "a@unit.example", "b@unit.example", loop=loop)
    assert all(outcome.is_accepted for outcome in outcomes)
    assert len(server.log.kept()) == 2
    assert server.log.count("connect") == 1


@pytest.mark.parametrize(("fault", "words"), [
    ("self-signed", "self-signed"), ("wrong host", "mismatch"), ("expired", "expired"), ("unknown authority", "issuer")
])  # fmt: skip
def test_a_certificate_that_does_not_hold_up(encrypted, authority, tls, loop, fault, words):
    certificate = {
        "self-signed": lambda: authority.self_signed("alone"),
        "wrong host": lambda: authority.issue("other", host="other.example"),
        "expired": lambda: authority.issue("old", expired=True),
        "unknown authority": lambda: authority.issue("fine"),
    }[fault]()
    context = ssl.create_default_context() if fault == "unknown authority" else authority.client_context()
    server = encrypted(certificate)
    error = refusal(make_relay(server.port, host="localhost", tls=tls, context=context), loop)
    assert (error.outcome.reply, error.outcome.fault) == (None, Cause.TLS)
    assert error.outcome.phase is (Phase.STARTTLS if tls == "starttls" else Phase.CONNECT)
    assert error.needs_person
    assert "证书" in error.message
    assert words in told(error)
    assert server.log.count("mail") == 0


def _open_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_pin_stands_in_for_an_authority(encrypted, authority, tls):
    certificate = authority.self_signed("pinned")
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())).hexdigest()
    server = encrypted(certificate)
    assert send(make_relay(server.port, tls=tls, context=_open_context(), pin=pin))[0].is_accepted
    error = refusal(make_relay(server.port, tls=tls, context=_open_context(), pin="0" * 64))
    assert error.outcome.fault is Cause.TLS
    assert error.needs_person
    assert server.log.count("mail") == 1


def test_a_handshake_that_takes_too_long(start):
    # greeted late by a host that speaks no TLS at all: it waits for a command, we for its part of the handshake
    server = start(Fault(at=At.CONNECT, do=Do.HANG))
    error = refusal(make_relay(server.port, tls="implicit", context=ssl.create_default_context(), helo=SHORT))
    assert (error.outcome.phase, error.outcome.fault) == (Phase.CONNECT, Cause.TIMEOUT)
    assert not error.needs_person


def test_encryption_spoken_to_a_plain_port(start):
    server = start()
    error = refusal(make_relay(server.port, tls="implicit", context=ssl.create_default_context()))
    assert error.outcome.fault is Cause.TLS
    assert error.needs_person
    assert "465" in error.hint
    assert "证书" not in error.message


@pytest.mark.parametrize(
    ("faults", "manners", "cause"),
    [
        ((), {"starttls": False}, Cause.TLS),
        ((Fault(at=At.STARTTLS, do=Do.REPLY, reply="454 4.7.0 TLS not available"),), {}, None),
        ((Fault(at=At.STARTTLS, do=Do.REPLY, reply="502 5.5.1 No"),), {}, None),
        ((Fault(at=At.STARTTLS, do=Do.GARBAGE),), {}, Cause.TLS),
        ((Fault(at=At.STARTTLS, do=Do.INJECT),), {}, Cause.GARBLED),
        ((Fault(at=At.STARTTLS, do=Do.CUT),), {}, Cause.CUT),
        ((Fault(at=At.STARTTLS, do=Do.RST),), {}, Cause.CUT),
        ((Fault(at=At.STARTTLS, do=Do.HANG),), {}, Cause.TIMEOUT),
    ],
    ids=["stripped", "454", "502", "garbage", "injected", "cut", "reset", "hang"],
)
def test_without_encryption_nothing_is_sent(start, authority, loop, faults, manners, cause):
    server = start(*faults, tls=authority.issue("right").server_context(), **manners)
    limit = {"helo": SHORT} if cause is Cause.TIMEOUT else {}
    relay = make_relay(server.port, host="localhost", tls="starttls", context=authority.client_context(), **limit)
    error = refusal(relay, loop)
    assert (error.outcome.phase, error.outcome.fault) == (Phase.STARTTLS, cause)
    # what a mended relay or line would not cure has to be seen by a person
    assert error.needs_person is (cause in {None, Cause.TLS})
    assert server.log.count("mail") == server.log.count("auth") == 0


@pytest.mark.parametrize(("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT)])
def test_a_cut_in_mid_body_is_seen_through_encryption(encrypted, authority, tls, loop, do, cause):
    server = encrypted(authority.issue("right"), Fault(at=At.BODY, do=do))
    limit = {"body": SHORT} if cause is Cause.TIMEOUT else {}
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context(), **limit)
    outcome, usable, _ = send_one(relay, letter=BIG_LETTER, loop=loop)
    assert (outcome.phase, outcome.reply, outcome.fault) == (Phase.BODY, None, cause)
    assert not usable


def test_a_long_body_goes_out_whole_through_encryption(encrypted, authority, tls, loop):
    server = encrypted(authority.issue("right"), max_size=None)
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context())
    [outcome] = send(relay, letter=BIG_LETTER, loop=loop)
    assert outcome.is_accepted
    assert server.log.kept()[0].size == sum(map(len, BIG_LETTER))


def test_a_cut_after_the_dot_is_unknown_through_encryption(encrypted, authority, tls, loop):
    server = encrypted(authority.issue("right"), Fault(at=At.DOT, do=Do.CUT, kept=True))
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context())
    outcome, usable, _ = send_one(relay, loop=loop)
    assert outcome.is_unknown
    assert outcome.fault is Cause.CUT
    assert not usable


# --- login --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "LOGIN PLAIN XOAUTH2", "LOGIN", "PLAIN"])
def test_both_mechanisms_log_in(start, offered):
    server = start(logins={LOGIN: PASSWORD}, mechanisms=offered, sender_is_login=True)
    assert send(make_relay(server.port, user=LOGIN, password=PASSWORD))[0].is_accepted
    [login] = server.log.events("auth")
    mechanism = "PLAIN" if "PLAIN" in offered else "LOGIN"
    assert (login["mechanism"], login["login"], login["code"]) == (mechanism, LOGIN, 235)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_wrong_password_asks_a_person_after_one_try(start, mechanism):
    server = start(logins={LOGIN: "another"}, mechanisms=mechanism)
    error = refusal(make_relay(server.port, user=LOGIN, password=PASSWORD))
    assert (error.outcome.phase, error.outcome.reply.code) == (Phase.AUTH, 535)
    assert error.needs_person
    assert "授权码" in error.hint
    assert "535 5.7.8" in told(error)
    assert server.log.count("auth") == 1


@pytest.mark.parametrize("reply", ["454 4.7.0 Temporary failure", "421 4.3.2 Going"])
def test_a_login_put_off_needs_nobody(start, reply):
    server = start(Fault(at=At.AUTH, do=Do.REPLY, reply=reply), logins={LOGIN: PASSWORD})
    error = refusal(make_relay(server.port, user=LOGIN, password=PASSWORD))
    assert (error.outcome.phase, str(error.outcome.reply)) == (Phase.AUTH, reply)
    assert not error.needs_person
    assert "暂时" in told(error)


@pytest.mark.parametrize(("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT), (Do.MALFORMED, Cause.GARBLED)])
def test_a_login_that_breaks_off_needs_nobody(start, do, cause):
    server = start(Fault(at=At.AUTH, do=do), logins={LOGIN: PASSWORD})
    limit = {"helo": SHORT} if cause is Cause.TIMEOUT else {}
    error = refusal(make_relay(server.port, user=LOGIN, password=PASSWORD, **limit))
    assert (error.outcome.phase, error.outcome.reply, error.outcome.fault) == (Phase.AUTH, None, cause)
    assert not error.needs_person


@pytest.mark.parametrize("manners", [{}, {"logins": {LOGIN: PASSWORD}, "mechanisms": "GSSAPI XOAUTH2"}])
def test_a_relay_that_offers_no_login_of_ours(start, manners):
    server = start(**manners)
    error = refusal(make_relay(server.port, user=LOGIN, password=PASSWORD))
    assert error.outcome.phase is Phase.AUTH
    assert error.needs_person
    assert "MAILER_RELAY_USER" in told(error)


def test_the_password_waits_for_encryption(start, authority):
    server = start(tls=authority.issue("right").server_context(), require_tls=True, logins={LOGIN: PASSWORD})
    relay = make_relay(
        server.port, host="localhost", tls="starttls", context=authority.client_context(), user=LOGIN, password=PASSWORD
    )
    assert send(relay)[0].is_accepted
    assert [event["event"] for event in server.log.events() if event["event"] in {"tls", "auth"}] == ["tls", "auth"]


def test_logins_queue_up_where_one_at_a_time_is_wanted(start):
    server = start(Fault(at=At.AUTH, do=Do.LATE, seconds=0.2), logins={LOGIN: PASSWORD})
    relay = make_relay(server.port, user=LOGIN, password=PASSWORD, one_at_a_time=True)

    async def go():
        sessions = await asyncio.gather(relay.connect(), relay.connect(), relay.connect())
        for session in sessions:
            await session.quit()

    run(go())
    order = [event["event"] for event in server.log.events() if event["event"] in {"connect", "auth"}]
    assert order == ["connect", "auth"] * 3


def test_the_fingerprint_names_relay_and_login_and_tells_neither():
    one, other = make_relay(25, user=LOGIN, password=PASSWORD), make_relay(25, user="other@bureau.example")
    assert one.fingerprint == make_relay(25, user=LOGIN, password="changed").fingerprint
    assert len({one.fingerprint, other.fingerprint, make_relay(26, user=LOGIN).fingerprint}) == 3
    assert PASSWORD not in repr(one.address)
