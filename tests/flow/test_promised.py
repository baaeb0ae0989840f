"""A message promised to a connection before the last dot is answered: never lost there, never begun when it may not be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from mailer.flow.control_mailing import pause
from mailer.flow.office import Office
from mailer.flow.ports import Envelope
from mailer.flow.send_due import SendLoop
from mailer.flow.send_kit import PaceLimits, SendKit
from mailer.model.reply import Outcome, Phase, Reply
from tests.store.queueing import disagreement, rows_of
from tests.support.builders import START, Clock, NoRelay, make_audience, make_sending

_WITHIN = 30.0  # seconds


@dataclass
class Told:
    session: int
    recipient: str
    next: str | None  # what was announced behind it


class ThinkingRelay(NoRelay):
    """Takes everything; on the ``slow`` sessions it thinks about the first dot until ``answer`` is set."""

    def __init__(self, *slow: int) -> None:
        super().__init__()
        self.slow, self.answer = slow, asyncio.Event()
        self.told: list[Told] = []
        self.sessions: list[ThinkingSession] = []

    async def connect(self) -> ThinkingSession:
        self.sessions.append(ThinkingSession(self, len(self.sessions)))
        return self.sessions[-1]

    async def has(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WITHIN):
            while not condition():  # noqa: ASYNC110 - the loop under test turns between two looks
                await asyncio.sleep(0.01)


@dataclass
class ThinkingSession:
    relay: ThinkingRelay
    number: int
    sent: int = 0
    is_usable: bool = True
    withdrawn: bool = field(default=False)

    async def transact(
        self,
        envelope: Envelope,
        body: Callable[[], Sequence[bytes]],
        behind: Callable[[], Envelope | None] = lambda: None,
    ) -> Outcome:
        self.sent += 1
        body()
        following = behind()
        self.relay.told.append(Told(self.number, envelope.rcpt_to, following.rcpt_to if following else None))
        if self.number in self.relay.slow and self.sent == 1:
            await self.relay.answer.wait()
        await asyncio.sleep(0)
        return Outcome(Phase.DOT, Reply(250, "2.0.0 Queued"), None, "relay.example", START)

    def withdraw(self) -> None:
        self.withdrawn, self.is_usable = True, False

    async def quit(self) -> None: ...

    def abort(self) -> None: ...


def _run(kit: SendKit, relay: ThinkingRelay, during: Callable[[SendLoop], Awaitable[None]]) -> None:
    async def go() -> None:
        sender = SendLoop(replace(kit, relay=relay))
        running = asyncio.create_task(sender.run())
        await during(sender)
        relay.answer.set()
        await asyncio.wait_for(running, _WITHIN)
        await sender.close()

    asyncio.run(go())


def _states(office: Office, mailing_id: int) -> dict[str, tuple[str, int]]:
    return {row.address: (row.status, row.attempts) for row in rows_of(office.store, mailing_id)}


def test_what_waits_behind_a_dot_without_an_answer_goes_over_another_connection(
    office: Office, kit: SendKit, clock: Clock
):
    mailing_id = make_sending(office, make_audience(3))
    relay = ThinkingRelay(0)

    async def during(_sender: SendLoop) -> None:
        await relay.has(lambda: len(relay.told) == 2)
        promised = relay.told[0].next
        assert promised is not None
        assert (relay.told[0].session, relay.told[1].session) == (0, 1)
        clock.turn(seconds=2)
        await relay.has(lambda: len(relay.told) == 3)
        assert (relay.told[2].session, relay.told[2].recipient) == (1, promised)
        assert relay.sessions[0].withdrawn, "the relay was told of it"

    _run(kit, relay, during)
    assert list(_states(office, mailing_id).values()) == [("accepted", 1)] * 3
    assert disagreement(office.store, mailing_id) == ""


@pytest.mark.parametrize("how", ["pause", "stop"])
def test_what_was_promised_and_not_begun_stays_in_the_queue(office: Office, kit: SendKit, clock: Clock, how: str):
    mailing_id = make_sending(office, make_audience(4))
    relay = ThinkingRelay(0, 1)

    async def during(sender: SendLoop) -> None:
        await relay.has(lambda: len(relay.told) == 2)
        if how == "pause":
            await asyncio.to_thread(pause, office, mailing_id, "test")
            clock.turn(seconds=60)  # the lease is renewed, and hears of it
        else:
            sender.stop()
        await relay.has(lambda: list(_states(office, mailing_id).values()).count(("queued", 0)) == 2)
        assert all(session.withdrawn for session in relay.sessions)

    _run(kit, relay, during)
    wanted: dict[str | None, tuple[str, int]] = {each.recipient: ("accepted", 1) for each in relay.told}
    wanted |= {each.next: ("queued", 0) for each in relay.told}
    assert _states(office, mailing_id) == wanted
    assert len(relay.told) == 2
    assert disagreement(office.store, mailing_id) == ""


def test_a_message_whose_turn_is_a_matter_of_time_is_promised_to_nobody(office: Office, kit: SendKit):
    mailing_id = make_sending(office, make_audience(3))
    relay = ThinkingRelay()

    async def during(_sender: SendLoop) -> None:
        await relay.has(lambda: len(relay.told) == 3)

    _run(replace(kit, limits=PaceLimits(per_minute=600)), relay, during)
    assert [each.next for each in relay.told] == [None] * 3
    assert set(_states(office, mailing_id).values()) == {("accepted", 1)}


def test_a_connection_that_has_no_room_left_is_promised_nothing(office: Office, kit: SendKit):
    make_sending(office, make_audience(4))
    relay = ThinkingRelay()
    relay.messages_per_connection = 2

    async def during(_sender: SendLoop) -> None:
        await relay.has(lambda: len(relay.told) == 4)

    _run(kit, relay, during)
    assert max(session.sent for session in relay.sessions) == 2
    last = [each for each in relay.told if each.next is None]
    assert len(last) >= 2
