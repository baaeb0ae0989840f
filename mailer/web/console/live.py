"""Live ledgers: server-sent events (WHATWG HTML 9.2) from one look at the database a second, whoever many are watching.

Owns the streams: their number, their end with session or server. What a watcher is shown is rendered once for all of them
by a function from outside; a slow browser gets the newest only. Everything here runs in the server's one event loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

MOST_STREAMS = 100  # of the whole console
MOST_OF_SESSION = 4  # a browser keeps six connections to a host (RFC 9112 9.4 leaves the number to it): pages need some
_TICK = 1.0  # seconds
_SESSIONS_EVERY = 5  # ticks
_FRESH_EVERY = 10  # ticks: rate and time left move although no counter does
_BEAT_EVERY = 15  # ticks: proxies cut what is silent


@dataclass(frozen=True, slots=True)
class Standing:
    """How a mailing stands. ``version`` differs when anything of its ledger does; no blanks in either."""

    status: str
    version: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the database."""

    mailings: Mapping[int, Standing]
    sessions: frozenset[str] | None  # None: not asked this time


@dataclass(frozen=True, slots=True)
class Source:
    """Where the hub looks and what it shows; both block and are run in threads.

    ``look``: (mailing ids, sessions or None) -> Look. ``show``: mailing id -> HTML.
    """

    look: Callable[[Collection[int], Collection[str] | None], Look]
    show: Callable[[int], str]


@dataclass(eq=False, slots=True)
class _Watcher:
    mailing_id: int
    session: str
    waiting: dict[str, str] = field(default_factory=dict)  # event -> data: the newest of each
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_shown: bool = False
    is_over: bool = False

    def tell(self, **events: str) -> None:
        self.waiting |= events
        self.news.set()


class Hub:
    """Every stream of one console. ``tick``: seconds between two looks."""

    def __init__(self, source: Source, tick: float = _TICK) -> None:
        self._source, self._tick = source, tick
        self._watchers: set[_Watcher] = set()
        self._shown: dict[int, tuple[Standing, str]] = {}  # of the mailings watched: as of when, and the HTML
        self._ticking: asyncio.Task[None] | None = None
        self._is_closed = False

    def answer(self, mailing_id: int, session: str) -> Response:
        """The stream; or 204, which tells EventSource to ask no more, when there are enough of them."""
        if not self._has_room(session):
            return Response(status_code=204)
        stream = self._stream(mailing_id, session)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    def close(self) -> None:
        """Ends every stream and begins no new one: the server is going down. Called in its event loop."""
        self._is_closed = True
        for watcher in self._watchers:
            watcher.is_over = True
            watcher.news.set()

    def _has_room(self, session: str) -> bool:
        of_session = Counter(watcher.session for watcher in tuple(self._watchers))[session]
        return not self._is_closed and len(self._watchers) < MOST_STREAMS and of_session < MOST_OF_SESSION

    async def _stream(self, mailing_id: int, session: str) -> AsyncIterator[bytes]:
        if not self._has_room(session):  # others came between the answer and its first byte
            return
        watcher = _Watcher(mailing_id, session)
        self._watchers.add(watcher)
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._run())
        try:
            yield b"retry: 2000\n\n"
            while not watcher.is_over or watcher.waiting:
                await watcher.news.wait()
                watcher.news.clear()
                waiting, watcher.waiting = watcher.waiting, {}
                for event, data in waiting.items():
                    yield _message(event, data)
                if watcher.is_over:
                    break
        finally:
            self._watchers.discard(watcher)

    async def _run(self) -> None:
        """Ticks while anybody watches. A fault of ours ends the streams; their browsers come again."""
        try:
            for n in count():
                if not self._watchers or self._is_closed:
                    break
                try:
                    await self._look(n)
                except DBAPIError:
                    self._tell_all(lost="数据库暂时没有答复，恢复后这里会自己更新。")
                if n % _BEAT_EVERY == 0:
                    self._tell_all(beat="")
                await asyncio.sleep(self._tick)
        finally:
            self._shown.clear()
            for watcher in self._watchers:
                watcher.is_over = True
                watcher.news.set()

    async def _look(self, n: int) -> None:
        mailings = {watcher.mailing_id for watcher in self._watchers}
        sessions = {watcher.session for watcher in self._watchers} if n % _SESSIONS_EVERY == 0 else None
        look = await run_in_threadpool(self._source.look, mailings, sessions)
        for mailing_id, standing in look.mailings.items():
            before = self._shown.get(mailing_id)
            is_new = before is None or before[0] != standing or n % _FRESH_EVERY == 0
            if is_new:
                self._shown[mailing_id] = standing, await run_in_threadpool(self._source.show, mailing_id)
            for watcher in self._watchers:
                if watcher.mailing_id == mailing_id and (is_new or not watcher.is_shown):
                    watcher.is_shown = True
                    watcher.tell(now=self._shown[mailing_id][1], standing=f"{standing.status} {standing.version}")
        if look.sessions is not None:
            for watcher in self._watchers:
                if watcher.session in (sessions or ()) and watcher.session not in look.sessions:
                    watcher.is_over = True
                    watcher.tell(over="")

    def _tell_all(self, **events: str) -> None:
        for watcher in self._watchers:
            watcher.tell(**events)


def _message(event: str, data: str) -> bytes:
    """One event; every line of the data a line of its own, since a line end would end the field."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {event}\n{lines}\n".encode()
