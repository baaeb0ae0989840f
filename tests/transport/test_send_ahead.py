"""The next envelope behind the dot: what the relay is told early, what is never begun early, and whose fault is whose."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from mailer.flow.ports import Envelope
from mailer.model.reply import Fault as Cause
from mailer.model.reply import Outcome, Phase
from mailer.transport.relay import SmtpRelay
from mailer.transport.smtp import SmtpSession
from tests.support.fault_smtp.scenario import At, Do, Fault
from tests.transport.talk import BIG_LETTER, LETTER, SHORT, envelope, make_relay, run

A, B, C = "a@unit.example", "b@unit.example", "c@unit.example"


def send_ahead(relay: SmtpRelay, *recipients: str, letter: Sequence[bytes] = LETTER) -> tuple[list[Outcome], list[str]]:
    """Every message announced behind the one before it. The outcomes, and whose body was asked for, in order."""
    bodies: list[str] = []

    async def go() -> list[Outcome]:
        outcomes: list[Outcome] = []
        session: SmtpSession | None = None
        for number, recipient in enumerate(recipients):
            if session is None or not session.is_usable:
                session = await relay.connect()

            def body(recipient: str = recipient) -> Sequence[bytes]:
                bodies.append(recipient)
                return letter

            following = envelope(recipients[number + 1]) if number + 1 < len(recipients) else None
            outcomes.append(await session.transact(envelope(recipient), body, lambda each=following: each))  # type: ignore[misc]  # bound now
        assert session is not None
        await session.quit()
        return outcomes

    return run(go()), bodies


def test_the_next_envelope_is_told_before_the_dot_is_answered(start):
    server = start()

    async def go() -> list[Outcome]:
        session = await make_relay(server.port).connect()
        asked: list[str] = []

        def behind() -> Envelope:
            asked.append("after the dot")
            return envelope(B)

        def body() -> Sequence[bytes]:
            assert not asked
            return LETTER

        first = await session.transact(envelope(A), body, behind)
        assert asked == ["after the dot"]
        # the relay has read the envelope that nobody has transacted yet
        await asyncio.to_thread(server.log.wait_for, lambda log: log.count("rcpt") == 2)
        second = await session.transact(envelope(B), lambda: LETTER)
        await session.quit()
        return [first, second]

    first, second = run(go())
    assert first.is_accepted
    assert second.is_accepted
    assert [message.rcpt_to for message in server.log.kept()] == [(A,), (B,)]
    assert server.log.count("connect") == 1
    assert server.log.events("violation") == []


def test_a_relay_without_pipelining_is_never_told_early(start):
    server = start(extensions=())

    async def go() -> Outcome:
        session = await make_relay(server.port).connect()

        def behind() -> Envelope:
            raise AssertionError("not offered")

        outcome = await session.transact(envelope(A), lambda: LETTER, behind)
        await session.quit()
        return outcome

    assert run(go()).is_accepted


def test_long_bodies_go_out_whole_one_behind_the_other(start):
    server = start(max_size=None)
    outcomes, bodies = send_ahead(make_relay(server.port), A, B, C, letter=BIG_LETTER)
    assert [outcome.is_accepted for outcome in outcomes] == [True] * 3
    assert bodies == [A, B, C]
    assert [message.size for message in server.log.kept()] == [sum(map(len, BIG_LETTER))] * 3


@pytest.mark.parametrize("at", [At.MAIL, At.RCPT, At.DATA])
@pytest.mark.parametrize("reply", ["450 4.2.0 Later", "550 5.1.1 No such user"])
def test_a_refusal_of_what_was_told_early_is_its_own(start, at, reply):
    server = start(Fault(at=at, do=Do.REPLY, reply=reply, after=1, times=1))
    outcomes, bodies = send_ahead(make_relay(server.port), A, B, C)
    assert [outcome.is_accepted for outcome in outcomes] == [True, False, True]
    assert (str(outcomes[1].reply), outcomes[1].phase.value) == (reply, at.value)
    assert bodies == [A, C]
    assert [message.rcpt_to for message in server.log.kept()] == [(A,), (C,)]


def test_a_refusal_behind_the_dot_is_of_the_message_before(start):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply="554 5.7.1 Spam", times=1))
    outcomes, bodies = send_ahead(make_relay(server.port), A, B)
    assert [str(outcome.reply)[:3] for outcome in outcomes] == ["554", "250"]
    assert outcomes[0].phase is Phase.DOT
    assert bodies == [A, B]
    assert [message.rcpt_to for message in server.log.kept()] == [(B,)]


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT)])
def test_a_cut_behind_the_dot_leaves_one_in_doubt_and_the_next_unbegun(start, do, cause, kept):
    server = start(Fault(at=At.DOT, do=do, kept=kept, times=1))
    outcomes, bodies = send_ahead(make_relay(server.port, dot=SHORT if cause is Cause.TIMEOUT else 10), A, B)
    assert (outcomes[0].phase, outcomes[0].fault, outcomes[0].is_unknown) == (Phase.DOT, cause, True)
    assert outcomes[1].is_accepted, "over a connection of its own"
    assert bodies == [A, B]
    assert [message.rcpt_to for message in server.log.kept()] == ([(A,), (B,)] if kept else [(B,)])
    assert server.log.count("connect") == 2


def test_421_behind_the_dot_leaves_the_next_unbegun(start):
    server = start(Fault(at=At.DOT, do=Do.REPLY, reply="421 4.3.2 Shutting down", times=1))
    outcomes, bodies = send_ahead(make_relay(server.port), A, B)
    assert [outcome.is_accepted for outcome in outcomes] == [False, True]
    assert bodies == [A, B]
    assert server.log.count("connect") == 2


def test_one_reply_too_many_begins_no_message_it_does_not_belong_to(start):
    server = start(Fault(at=At.DOT, do=Do.UNOWED, times=1))
    outcomes, bodies = send_ahead(make_relay(server.port), A, B, C)
    # whether the second reply was seen in time to doubt the first message is a matter of packets; the next is not
    assert outcomes[0].is_accepted or outcomes[0].is_unknown
    assert not outcomes[1].is_unknown
    assert outcomes[2].is_accepted
    assert set(bodies) >= {A, C}
    assert len(server.log.kept()) == len(bodies), "no body went out that was not asked for"


def test_an_answer_that_was_never_finished_is_no_yes(start):
    # the relay's next answer looks like its last line
    server = start(Fault(at=At.DOT, do=Do.MALFORMED, kind="unfinished", kept=False, times=1))
    outcomes, bodies = send_ahead(make_relay(server.port), A, B)
    assert (outcomes[0].phase, outcomes[0].fault, outcomes[0].is_unknown) == (Phase.DOT, Cause.GARBLED, True)
    assert outcomes[1].is_accepted
    assert bodies == [A, B]
    assert [message.rcpt_to for message in server.log.kept()] == [(B,)]


@pytest.mark.parametrize(
    "refusals", [(), (Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 Unknown", after=1, times=1),)]
)
def test_an_answer_of_many_lines_is_a_yes_when_the_next_are_in_step(start, refusals):
    server = start(Fault(at=At.DOT, do=Do.GIANT, megabytes=0.02), *refusals)
    outcomes, _ = send_ahead(make_relay(server.port), A, B, C)
    assert [outcome.is_accepted for outcome in outcomes] == [True, not refusals, True]
    assert server.log.count("connect") == 1


def test_a_refusal_whose_data_is_answered_like_another_command_is_charged_to_nobody(start):
    server = start(
        Fault(at=At.RCPT, do=Do.REPLY, reply="550 5.1.1 No such user"),
        Fault(at=At.DATA, do=Do.REPLY, reply="250 2.1.5 Ok"),
    )
    [outcome], _ = send_ahead(make_relay(server.port), A)
    assert (outcome.phase, outcome.reply, outcome.fault) == (Phase.DATA, None, Cause.GARBLED)


def test_what_was_announced_and_withdrawn_leaves_no_message_and_ends_the_session(start):
    server = start()

    async def go() -> tuple[Outcome, bool]:
        session = await make_relay(server.port).connect()

        def behind() -> Envelope:
            asyncio.get_running_loop().call_soon(session.withdraw)
            return envelope(B)

        outcome = await session.transact(envelope(A), lambda: LETTER, behind)
        usable = session.is_usable
        await session.quit()
        return outcome, usable

    outcome, usable = run(go())
    assert outcome.is_accepted
    assert not usable
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert [message.rcpt_to for message in server.log.messages()] == [(A,)]
    assert server.log.count("quit") == 0, "a host that waits for a body would take QUIT for the body"


def test_an_idle_session_survives_a_withdrawal_of_nothing(start):
    server = start()

    async def go() -> bool:
        session = await make_relay(server.port).connect()
        await session.transact(envelope(A), lambda: LETTER)
        session.withdraw()
        usable = session.is_usable
        await session.quit()
        return usable

    assert run(go())


def test_another_message_than_the_announced_one_never_goes_out(start):
    server = start()

    async def go() -> None:
        session = await make_relay(server.port).connect()
        await session.transact(envelope(A), lambda: LETTER, lambda: envelope(B))
        with pytest.raises(RuntimeError, match="announced"):
            await session.transact(envelope(C), lambda: LETTER)
        assert not session.is_usable
        await session.quit()

    run(go())
    server.log.wait_for(lambda log: log.count("close") == 1)
    assert [message.rcpt_to for message in server.log.messages()] == [(A,)]


def test_an_address_that_cannot_be_told_is_not_announced(start):
    server = start()

    async def go() -> Outcome:
        session = await make_relay(server.port).connect()
        bad = Envelope("office@bureau.example", "a b@unit.example", "17.k.mac", 200)
        first = await session.transact(envelope(A), lambda: LETTER, lambda: bad)
        assert first.is_accepted
        with pytest.raises(ValueError, match="cannot stand"):
            await session.transact(bad, lambda: LETTER)
        second = await session.transact(envelope(B), lambda: LETTER)
        await session.quit()
        return second

    assert run(go()).is_accepted
    assert server.log.count("connect") == 1
