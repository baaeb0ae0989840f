"""Our SMTP client against a relay of the tests: connect, send one or several messages, say what came of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop

from mailer.flow.ports import Envelope, RelayError
from mailer.model.reply import Outcome
from mailer.transport.relay import RelayAddress, SmtpRelay
from mailer.transport.smtp import SmtpSession, Timeouts

T = TypeVar("T")
Loop = Callable[[], asyncio.AbstractEventLoop]

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
PATIENT = Timeouts(connect=10, helo=10, mail=10, rcpt=10, data=10, body=10, dot=10)
SHORT = 0.3  # seconds: the limit of the one phase that a test lets run out

SENDER = "office@bureau.example"
LOGIN, PASSWORD = SENDER, "correct horse 电池"
LETTER = (b"Message-ID: <17@bureau.example>\r\nTo: a@unit.example\r\nSubject: 71\r\n\r\n", b"..dots\r\nbody\r\n")
# more than the two sockets' buffers hold, so that a part of it is still ours when the relay stops reading
BIG_LETTER = (LETTER[0], b"x" * 998 + b"\r\n") + (b"y" * 998 + b"\r\n",) * 24_000


def run(main: Coroutine[Any, Any, T], loop: Loop = uvloop.new_event_loop) -> T:
    """On the loop the product uses, or on asyncio's own."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main)


def make_relay(
    port: int, *, host: str = "127.0.0.1", tls: str = "none", context: ssl.SSLContext | None = None, pin: str = "",
    user: str = "", password: str = "", pipelined: bool = True, wants_reports: bool = False,
    one_at_a_time: bool = False, **timeouts: float,
) -> SmtpRelay:  # fmt: skip
    return SmtpRelay(
        RelayAddress(host, port, tls, user, password, context, pin),
        connections=4,
        messages_per_connection=1_000,
        timeouts=replace(PATIENT, **timeouts),
        helo_name="sender.bureau.example",
        now=lambda: NOW,
        pipelined=pipelined,
        one_at_a_time=one_at_a_time,
        wants_reports=wants_reports,
    )


def envelope(to: str = "a@unit.example", size: int = 200) -> Envelope:
    return Envelope(SENDER, to, "17.k.mac", size)


def send(
    relay: SmtpRelay, *recipients: str, letter: Sequence[bytes] = LETTER, loop: Loop = uvloop.new_event_loop
) -> list[Outcome]:
    """Sends to each recipient on one session, a new one where the old one is of no more use."""

    async def go() -> list[Outcome]:
        session: SmtpSession | None = None
        outcomes = []
        for recipient in recipients or ("a@unit.example",):
            if session is None or not session.is_usable:
                session = await relay.connect()
            outcomes.append(await session.transact(envelope(recipient), lambda: letter))
        if session is not None:
            await session.quit()
        return outcomes

    return run(go(), loop)


def send_one(
    relay: SmtpRelay, *, letter: Sequence[bytes] = LETTER, loop: Loop = uvloop.new_event_loop
) -> tuple[Outcome, bool, bool]:
    """One message: its outcome, whether the session could go on, and whether the body was asked for."""

    async def go() -> tuple[Outcome, bool, bool]:
        asked = False

        def body() -> Sequence[bytes]:
            nonlocal asked
            asked = True
            return letter

        session = await relay.connect()
        outcome = await session.transact(envelope(), body)
        usable = session.is_usable
        session.abort()
        return outcome, usable, asked

    return run(go(), loop)


def refusal(relay: SmtpRelay, loop: Loop = uvloop.new_event_loop) -> RelayError:
    """Why no session could be had."""

    async def go() -> RelayError:
        try:
            session = await relay.connect()
        except RelayError as error:
            return error
        session.abort()
        raise AssertionError("a session was had")

    return run(go(), loop)


def told(error: RelayError) -> str:
    """What a person reads of a failure; it never holds a secret."""
    text = f"{error.message} {error.hint} {error.outcome}"
    assert PASSWORD not in text
    return text
