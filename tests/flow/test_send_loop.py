"""The loop around the wire: it ends when it is told to, and a database that is away for a moment does not end it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NoReturn

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mailer.flow.office import Office
from mailer.flow.send_due import SendLoop
from mailer.flow.send_kit import SendKit
from mailer.transport.clock import SystemClock
from mailer.workers import loop
from tests.store.queueing import disagreement, rows_of
from tests.support.builders import NoRelay, make_audience, make_sending

_WITHIN = 30.0  # seconds; a relay's own limits are longer


class SilentRelay(NoRelay):
    """Takes the connection and says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def connect(self) -> NoReturn:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


def test_a_relay_that_is_silent_at_the_door_does_not_hold_up_the_stop(office: Office, kit: SendKit):
    mailing_id = make_sending(office, make_audience(3))

    async def go() -> None:
        relay = SilentRelay()
        sender = SendLoop(replace(kit, relay=relay))
        running = asyncio.create_task(sender.run())
        await relay.asked.wait()
        sender.stop()
        await asyncio.wait_for(running, _WITHIN)
        await sender.close()

    asyncio.run(go())
    assert {(row.status, row.attempts) for row in rows_of(office.store, mailing_id)} == {("queued", 0)}
    assert disagreement(office.store, mailing_id) == ""


def test_a_database_that_is_away_for_a_moment_does_not_end_the_loop(kit: SendKit):
    answers: list[Exception | bool] = [
        OperationalError("SELECT 1", {}, Exception("the server closed the connection")),
        PoolTimeoutError("no connection within 30 s"),
        True,
    ]

    def until() -> bool:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    loop.run(replace(kit, clock=SystemClock()), until=until)
    assert answers == [True]
