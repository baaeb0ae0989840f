"""One transaction against a relay that does everything wrong: phase, reply and fault are what the wire showed."""

from __future__ import annotations

import asyncio

import pytest

from mailer.flow.ports import Envelope
from mailer.model.reply import Fault as Cause
from mailer.model.reply import Phase
from tests.support.fault_smtp.scenario import MALFORMED, At, Do, Fault
from tests.support.waiting import wait_until
from tests.transport.talk import BIG_LETTER, LETTER, SHORT, envelope, make_relay, run, send, send_one

BEFORE_BODY = [(At.MAIL, Phase.MAIL), (At.RCPT, Phase.RCPT), (At.DATA, Phase.DATA)]
NO_REPLY_AT_ALL = {"bare_cr", "unfinished"}  # whoever waits for the end of these waits for nothing


@pytest.mark.parametrize(("at", "phase"), BEFORE_BODY)
@pytest.mark.parametrize("reply", ["450 4.7.1 Later", "452 4.2.2 Full", "550 5.1.1 No such user", "554 5.7.1 No"])
def test_a_refusal_before_the_body_is_recorded_and_the_session_goes_on(start, pipelined, at, phase, reply):
    server = start(Fault(at=at, do=Do.REPLY, reply=reply, times=1))
    first, second = send(make_relay(server.port, pipelined=pipelined), "a@unit.example", "b@unit.example")
    assert (first.phase, first.fault, str(first.reply)) == (phase, None, reply)
    assert first.host == "127.0.0.1"
    assert not first.is_accepted
    assert not first.is_unknown
    assert second.is_accepted
    assert [message.rcpt_to for message in server.log.kept()] == [("b@unit.example",)]
    assert server.log.count("connect") == 1
    # in one flight the rest of a refused group is out of order by nature (RFC 2920 3.1)
    assert pipelined or server.log.events("violation") == []


@pytest.mark.parametrize(("at", "phase"), BEFORE_BODY)
def test_421_ends_the_session(start, pipelined, at, phase):
    server = start(Fault(at=at, do=Do.REPLY, reply="421 4.3.2 Shutting down"))
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.phase, outcome.fault, str(outcome.reply)) == (phase, None, "421 4.3.2 Shutting down")
    assert not usable
    assert not asked


@pytest.mark.parametrize(("at", "phase"), BEFORE_BODY)
@pytest.mark.parametrize(
    ("do", "cause"),
    [
        (Do.CUT, Cause.CUT),
        (Do.RST, Cause.CUT),
        (Do.HANG, Cause.TIMEOUT),
        (Do.DRIP, Cause.TIMEOUT),
        (Do.GIANT, Cause.GARBLED),
        (Do.ENDLESS, Cause.GARBLED),
    ],
)
def test_a_fault_before_the_body_is_never_unknown(start, pipelined, at, phase, do, cause):
    # a drop every 0.1 s is heard all the time and still no answer within the phase's total
    server = start(Fault(at=at, do=do, seconds=0.1))
    limit = {phase.value: SHORT} if cause is Cause.TIMEOUT else {}
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined, **limit))
    assert (outcome.phase, outcome.reply, outcome.fault) == (phase, None, cause)
    assert not outcome.is_unknown
    assert not usable
    assert not asked
    assert server.log.messages() == []


@pytest.mark.parametrize(("at", "phase"), BEFORE_BODY)
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_what_is_no_reply_before_the_body(start, pipelined, at, phase, kind):
    server = start(Fault(at=at, do=Do.MALFORMED, kind=kind))
    limits = dict.fromkeys(("mail", "rcpt", "data"), SHORT) if kind in NO_REPLY_AT_ALL else {}
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined, **limits))
    assert outcome.reply is None
    assert outcome.fault in ({Cause.TIMEOUT, Cause.GARBLED} if kind in NO_REPLY_AT_ALL else {Cause.GARBLED})
    # in one flight the end of a broken reply may only show in the next one
    assert outcome.phase in (phase, Phase.RCPT, Phase.DATA) if pipelined else outcome.phase is phase
    assert not outcome.is_unknown
    assert not usable
    assert not asked
    assert server.log.messages() == []


@pytest.mark.parametrize("at", [At.MAIL, At.RCPT, At.DATA])
def test_a_reply_nobody_waited_for_before_the_body(start, pipelined, at):
    server = start(Fault(at=at, do=Do.UNOWED))
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.reply, outcome.fault) == (None, Cause.GARBLED)
    assert outcome.phase in {Phase.MAIL, Phase.RCPT, Phase.DATA}
    assert not usable
    assert not asked


def test_a_refusal_that_may_belong_to_another_command_is_charged_to_nobody(start, pipelined):
    server = start(Fault(at=At.MAIL, do=Do.UNOWED), Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 No such user"))
    outcome, usable, _ = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.reply, outcome.fault) == (None, Cause.GARBLED)
    assert not usable


@pytest.mark.parametrize(("at", "reply"), [(At.MAIL, "354 Go"), (At.RCPT, "334 Go"), (At.DATA, "250 2.0.0 Ok")])
def test_an_answer_to_another_command_is_garbled(start, pipelined, at, reply):
    server = start(Fault(at=at, do=Do.REPLY, reply=reply))
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.phase.value, outcome.reply, outcome.fault) == (at.value, None, Cause.GARBLED)
    assert not usable
    assert not asked


# --- the body ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT)])
def test_a_cut_while_the_body_is_ours_is_no_doubt(start, loop, do, cause):
    server = start(Fault(at=At.BODY, do=do))
    limit = {"body": SHORT} if cause is Cause.TIMEOUT else {}
    outcome, usable, _ = send_one(make_relay(server.port, **limit), letter=BIG_LETTER, loop=loop)
    assert (outcome.phase, outcome.reply, outcome.fault) == (Phase.BODY, None, cause)
    assert not outcome.is_unknown
    assert not usable
    assert server.log.messages() == []


@pytest.mark.parametrize("reply", ["452 4.3.1 Disk full", "554 5.7.1 Virus", "421 4.3.0 Going away"])
def test_a_refusal_in_mid_body_counts(start, loop, reply):
    server = start(Fault(at=At.BODY, do=Do.REPLY, reply=reply))
    outcome, usable, _ = send_one(make_relay(server.port), letter=BIG_LETTER, loop=loop)
    assert (outcome.phase, outcome.fault, str(outcome.reply)) == (Phase.BODY, None, reply)
    assert not usable


def test_a_positive_reply_in_mid_body_is_not_believed(start, loop):
    server = start(Fault(at=At.BODY, do=Do.REPLY, reply="250 2.0.0 Queued"))
    outcome, usable, _ = send_one(make_relay(server.port), letter=BIG_LETTER, loop=loop)
    assert (outcome.reply, outcome.fault) == (None, Cause.GARBLED)
    assert not outcome.is_accepted
    assert not usable


def test_a_body_that_cannot_be_made_leaves_no_message(start, pipelined):
    server = start()

    async def go():
        session = await make_relay(server.port, pipelined=pipelined).connect()

        def body():
            raise ValueError("no copy for this one")

        with pytest.raises(ValueError, match="no copy"):
            await session.transact(envelope(), body)
        usable = session.is_usable
        await session.quit()
        return usable

    assert run(go()) is False
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert server.log.messages() == []


def test_a_long_body_goes_out_whole(start, loop, pipelined):
    server = start(max_size=None)
    [outcome] = send(make_relay(server.port, pipelined=pipelined), letter=BIG_LETTER, loop=loop)
    assert outcome.is_accepted
    [message] = server.log.kept()
    assert message.size == sum(map(len, BIG_LETTER))


# --- after the dot ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", ["250 2.0.0 Queued as 17", "250 ok", "250", "251 2.1.5 Forwarded"])
def test_one_clean_positive_reply_is_accepted(start, pipelined, reply):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply=reply, kept=True))
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.phase, outcome.fault, str(outcome.reply)) == (Phase.DOT, None, reply)
    assert outcome.is_accepted
    assert usable
    assert asked
    [message] = server.log.kept()
    assert (message.mail_from, message.rcpt_to) == ("office@bureau.example", ("a@unit.example",))


def test_a_reply_of_many_lines_keeps_its_words(start):
    server = start(Fault(at=At.DOT, do=Do.GIANT, megabytes=0.02))
    outcome, usable, _ = send_one(make_relay(server.port))
    assert outcome.is_accepted
    assert usable
    assert outcome.reply is not None
    lines = outcome.reply.text.split("\n")
    assert lines[0] == "x" * 490
    assert lines[-1] == "2.0.0 Queued"


@pytest.mark.parametrize("reply", ["451 4.7.1 Greylisted", "552 5.2.2 Full", "554 5.7.1 Spam"])
def test_a_refusal_after_the_dot_is_known(start, pipelined, reply):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply=reply, times=1))
    first, second = send(make_relay(server.port, pipelined=pipelined), "a@unit.example", "b@unit.example")
    assert (first.phase, first.fault, str(first.reply)) == (Phase.DOT, None, reply)
    assert not first.is_unknown
    assert second.is_accepted
    assert server.log.count("connect") == 1
    assert server.log.events("violation") == []


def test_421_after_the_dot_is_a_refusal_and_the_end(start):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply="421 4.3.2 Shutting down"))
    outcome, usable, _ = send_one(make_relay(server.port))
    assert (outcome.phase, outcome.fault, str(outcome.reply)) == (Phase.DOT, None, "421 4.3.2 Shutting down")
    assert not usable


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("do", "cause"),
    [
        (Do.CUT, Cause.CUT),
        (Do.RST, Cause.CUT),
        (Do.HANG, Cause.TIMEOUT),
        (Do.DRIP, Cause.TIMEOUT),
        (Do.GIANT, Cause.GARBLED),
        (Do.ENDLESS, Cause.GARBLED),
        (Do.UNOWED, Cause.GARBLED),
    ],
)
def test_anything_else_after_the_dot_is_unknown(start, pipelined, do, cause, kept):
    server = start(Fault(at=At.DOT, do=do, seconds=0.1, kept=kept))
    limit = {"dot": SHORT} if cause is Cause.TIMEOUT else {}
    outcome, usable, _ = send_one(make_relay(server.port, pipelined=pipelined, **limit))
    assert (outcome.phase, outcome.reply, outcome.fault) == (Phase.DOT, None, cause)
    assert outcome.is_unknown
    assert not usable
    assert len(server.log.messages()) == 1


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_what_is_no_reply_after_the_dot_is_unknown(start, kind):
    server = start(Fault(at=At.DOT, do=Do.MALFORMED, kind=kind))
    limit = {"dot": SHORT} if kind in NO_REPLY_AT_ALL else {}
    outcome, usable, _ = send_one(make_relay(server.port, **limit))
    assert outcome.is_unknown
    assert outcome.fault is (Cause.TIMEOUT if kind in NO_REPLY_AT_ALL else Cause.GARBLED)
    assert not usable


def test_a_reply_of_the_wrong_class_after_the_dot_is_unknown(start):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply="354 More"))
    outcome, usable, _ = send_one(make_relay(server.port))
    assert outcome.is_unknown
    assert not usable


def test_a_late_reply_after_the_dot_is_waited_for(start):
    server = start(Fault(at=At.DOT, do=Do.LATE, seconds=0.6))
    outcome, usable, _ = send_one(make_relay(server.port, mail=0.2, rcpt=0.2, data=0.2, body=0.2))
    assert outcome.is_accepted
    assert usable


# --- what goes over the wire --------------------------------------------------------------------------------------------


def test_parameters_only_where_they_were_offered(start):
    bare = start(extensions=(), max_size=None)
    assert send(make_relay(bare.port, wants_reports=True))[0].is_accepted
    [mail], [rcpt] = bare.log.events("mail"), bare.log.events("rcpt")
    assert (mail["parameters"], rcpt["parameters"]) == ({}, {})
    assert bare.log.events("violation") == []


@pytest.mark.parametrize("wants_reports", [True, False])
def test_delivery_reports_are_asked_for_where_somebody_reads_them(start, wants_reports):
    server = start()
    relay = make_relay(server.port, wants_reports=wants_reports)

    async def go():
        session = await relay.connect()
        await session.transact(Envelope("o+b=1@bureau.example", "a+b=c@unit.example", "17.k+m=1", 4321), lambda: LETTER)
        await session.quit()

    run(go())
    [mail], [rcpt] = server.log.events("mail"), server.log.events("rcpt")
    # RFC 3461 4: '+' and '=' in hex
    assert mail["parameters"] == {"SIZE": "4321", "RET": "HDRS", "ENVID": "17.k+2Bm+3D1"}
    notify = {"NOTIFY": "SUCCESS,FAILURE,DELAY"} if wants_reports else {}
    assert rcpt["parameters"] == {"ORCPT": "rfc822;a+2Bb+3Dc@unit.example", **notify}
    assert server.log.events("violation") == []


@pytest.mark.parametrize(
    "address",
    [
        "a@unit.example>\r\nRCPT TO:<spy@evil.example",
        "a@unit.example> NOTIFY=NEVER",
        "a\0@unit.example",
        "局@u.example",
    ],
)
def test_an_address_that_could_end_its_path_is_not_spoken(start, pipelined, address):
    server = start()

    async def go():
        session = await make_relay(server.port, pipelined=pipelined).connect()
        with pytest.raises(ValueError, match="cannot stand in a command"):
            await session.transact(Envelope("office@bureau.example", address, "17.k.mac", 4321), lambda: LETTER)
        assert session.is_usable
        await session.quit()

    run(go())
    assert server.log.events("mail") == server.log.events("rcpt") == []


def test_too_big_is_refused_before_the_body(start, pipelined):
    server = start(max_size=150)
    outcome, usable, asked = send_one(make_relay(server.port, pipelined=pipelined))
    assert (outcome.phase, outcome.reply and outcome.reply.code) == (Phase.MAIL, 552)
    assert usable
    assert not asked


def test_a_host_that_asks_for_a_message_without_recipients_gets_an_empty_one(start):
    # RFC 2920 3.1: RCPT was refused, DATA answered 354 all the same
    server = start(
        Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 No such user", times=1),
        Fault(at=At.DATA, do=Do.REPLY, reply="354 Go on", times=1),
    )
    first, second = send(make_relay(server.port), "a@unit.example", "b@unit.example")
    assert (first.phase, str(first.reply)) == (Phase.RCPT, "550 5.1.1 No such user")
    assert second.is_accepted
    assert [message.size for message in server.log.messages() if not message.rcpt_to] == [0]
    assert server.log.count("connect") == 1


@pytest.mark.parametrize("do", [Do.CUT, Do.HANG, Do.MALFORMED])
def test_a_refusal_stays_one_when_the_empty_message_gets_no_answer(start, do):
    server = start(
        Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 No such user"),
        Fault(at=At.DATA, do=Do.REPLY, reply="354 Go on"),
        Fault(at=At.DOT, do=do),
    )
    outcome, usable, asked = send_one(make_relay(server.port, dot=SHORT))
    assert (outcome.phase, str(outcome.reply)) == (Phase.RCPT, "550 5.1.1 No such user")
    assert not usable
    assert not asked


def test_sessions_are_kept_and_given_up_when_the_relay_says_so(start, pipelined):
    server = start(messages_per_connection=3)
    recipients = [f"{n}@unit.example" for n in range(7)]
    outcomes = send(make_relay(server.port, pipelined=pipelined), *recipients)
    # every fourth meets the 421 that ends the session; its sender decides to try again
    assert [outcome.is_accepted for outcome in outcomes] == [True, True, True, False, True, True, True]
    assert (outcomes[3].phase, outcomes[3].reply and outcomes[3].reply.code) == (Phase.MAIL, 421)
    assert server.log.count("connect") == 2


def test_an_idle_session_that_was_closed_is_known_to_be_of_no_use(start):
    server = start(idle_for=0.05)

    async def go():
        session = await make_relay(server.port).connect()
        await session.transact(envelope(), lambda: LETTER)
        closed = server.log.count("close")
        await asyncio.to_thread(wait_until, lambda: not session.is_usable and server.log.count("close") > closed)
        return await session.transact(envelope("b@unit.example"), lambda: LETTER)

    outcome = run(go())
    assert outcome.phase is Phase.MAIL
    assert not outcome.is_unknown
    assert len(server.log.kept()) == 1


def test_an_aborted_transaction_ends_with_a_fault(start):
    server = start(Fault(at=At.DOT, do=Do.HANG))

    async def go():
        session = await make_relay(server.port).connect()
        sending = asyncio.create_task(session.transact(envelope(), lambda: LETTER))
        await asyncio.to_thread(wait_until, server.log.messages)
        session.abort()
        return await sending

    outcome = run(go())
    assert (outcome.phase, outcome.fault) == (Phase.DOT, Cause.CUT)


@pytest.mark.parametrize("do", [Do.HANG, Do.CUT, Do.MALFORMED])
def test_goodbye_is_said_once_and_not_waited_for_long(start, loop, do):
    server = start(Fault(at=At.QUIT, do=do))
    [outcome] = send(make_relay(server.port), loop=loop)
    assert outcome.is_accepted
    assert len(server.log.kept()) == 1
