"""Getting a session: greeting, EHLO, encryption and login, and what the office is told when there is none."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from mailer.model.reply import Fault as Cause
from mailer.model.reply import Phase
from tests.support.fault_smtp.scenario import MALFORMED, At, Do, Fault
from tests.support.servers.programs import free_port
from tests.transport.talk import LOGIN, PASSWORD, SHORT, envelope, make_relay, refusal, run, send, told

STEPS = [(At.GREETING, Phase.GREETING), (At.EHLO, Phase.EHLO)]


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


@pytest.mark.parametrize(("at", "phase"), [(At.CONNECT, Phase.GREETING), *STEPS])
@pytest.mark.parametrize(
    ("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT), (Do.DRIP, Cause.TIMEOUT)]
)
def test_a_relay_that_breaks_off_or_keeps_silent(start, at, phase, do, cause):
    server = start(Fault(at=at, do=do, seconds=0.1))
    limit = {"helo": SHORT} if cause is Cause.TIMEOUT else {}
    error = refusal(make_relay(server.port, **limit))
    seen = (error.outcome.phase, error.outcome.reply, error.outcome.fault)
    # a reset on the very threshold is seen before or behind it, as the kernel's handshake and our thread happen to run
    threshold = at is At.CONNECT and do is Do.RST
    assert seen == (phase, None, cause) or (threshold and seen == (Phase.CONNECT, None, Cause.REFUSED))
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


@pytest.mark.parametrize(
    ("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT), (Do.MALFORMED, Cause.GARBLED)]
)
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


def test_logins_queue_up_where_one_at_a_time_is_wanted(start):
    server = start(Fault(at=At.AUTH, do=Do.LATE, seconds=0.2), logins={LOGIN: PASSWORD})
    relay = make_relay(server.port, user=LOGIN, password=PASSWORD, one_at_a_time=True)

    async def go():
        sessions = await asyncio.gather(relay.connect(), relay.connect(), relay.connect())
        for session in sessions:
            await session.quit()

    run(go())
    # the relay lets each login wait, so the connections that queued up behind one another came that much apart
    at = [event["at"] for event in server.log.events("connect")]
    assert len(at) == 3
    assert min(later - earlier for earlier, later in pairwise(at)) >= 0.19


def test_the_fingerprint_names_relay_and_login_and_tells_neither():
    one, other = make_relay(25, user=LOGIN, password=PASSWORD), make_relay(25, user="other@bureau.example")
    assert one.fingerprint == make_relay(25, user=LOGIN, password="changed").fingerprint
    assert len({one.fingerprint, other.fingerprint, make_relay(26, user=LOGIN).fingerprint}) == 3
    assert PASSWORD not in repr(one.address)
