"""The loop that every sending process runs, embedded or under Celery: sweep, send what is due, wait for more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import uvloop

from mailer.flow import relay_trouble
from mailer.flow.close_mailing import close_if_done
from mailer.flow.send_due import Report, SendLoop
from mailer.flow.send_kit import SendKit
from mailer.flow.sweep import EVERY, sweep
from mailer.model.mailing import MailingStatus
from mailer.store import queries, queue
from mailer.store.engine import UNAVAILABLE

_LOOK_EVERY = 0.5  # seconds between two looks at the queue: rows that another process put in
_TICK = 0.05  # seconds between two looks at stop and wake


def run(
    kit: SendKit,
    *,
    take_for: float | None = None,
    stop: threading.Event | None = None,
    woken: Callable[[], bool] = lambda: False,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Sends for ``take_for`` seconds, or until ``stop`` is set or ``until`` says so; looked at between rounds.

    ``woken``: true once after somebody nudged this process.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Rounds(kit, take_for, stop or threading.Event(), woken, until).go())


class _Rounds:
    def __init__(
        self,
        kit: SendKit,
        take_for: float | None,
        stop: threading.Event,
        woken: Callable[[], bool],
        until: Callable[[], bool],
    ) -> None:
        self._kit, self._stop, self._woken, self._until = kit, stop, woken, until
        self._deadline = None if take_for is None else kit.clock.elapsed() + take_for
        self._swept_at = float("-inf")

    @property
    def _over(self) -> bool:
        return self._stop.is_set() or (self._deadline is not None and self._kit.clock.elapsed() >= self._deadline)

    async def go(self) -> None:
        loop = SendLoop(self._kit)
        watch = asyncio.create_task(self._watch(loop))
        try:
            while not self._over:
                await self._sweep_if_due(loop)
                report = await loop.run()
                await self._ask(loop, lambda r=report: self._after(r))  # type: ignore[misc]  # this round's report
                if await self._ask(loop, self._until):
                    return
                await self._rest(loop, report)
        finally:
            watch.cancel()
            await loop.close()

    async def _ask(self, loop: SendLoop, step: Callable[[], bool]) -> bool:
        """On the database thread; False while the database is away: the next round asks again."""
        try:
            return await loop.in_database(step)
        except UNAVAILABLE as error:
            self._kit.note("database_unavailable", error=str(error))
            return False

    async def _sweep_if_due(self, loop: SendLoop) -> None:
        if self._kit.clock.elapsed() - self._swept_at >= EVERY:
            await loop.in_database(lambda: sweep(self._kit))
            self._swept_at = self._kit.clock.elapsed()

    async def _watch(self, loop: SendLoop) -> None:
        while not self._over:  # noqa: ASYNC110 - the event is a thread's, set from outside this loop
            await asyncio.sleep(_TICK)
        loop.stop()

    def _after(self, report: Report) -> bool:
        if report.relay_error is not None:
            relay_trouble.note_trouble(self._kit, report.relay_error)
        elif report.sent:
            relay_trouble.note_recovery(self._kit)
        with self._kit.store.read() as session:
            active = queries.mailings_with_status(session, MailingStatus.SENDING)
        for mailing in active:
            close_if_done(self._kit.store, mailing.id, self._kit.clock.now())
        return True

    async def _rest(self, loop: SendLoop, report: Report) -> None:
        """Waits for a nudge, the next look at the queue, or as long as relay or budget ask."""
        clock = self._kit.clock
        asleep_since = clock.elapsed()
        looked_at = asleep_since
        at_least = report.wait or 0.0
        while not self._over:
            await asyncio.sleep(_TICK)
            now = clock.elapsed()
            await self._sweep_if_due(loop)
            if now - asleep_since < at_least:
                continue
            if self._woken():
                return
            if now - looked_at >= _LOOK_EVERY:
                looked_at = now
                if await self._ask(loop, self._has_work) or await self._ask(loop, self._until):
                    return

    def _has_work(self) -> bool:
        with self._kit.store.read() as session:
            return bool(queue.due_mailings(session, self._kit.clock.now()))
