"""Live events: what a watcher is told, when it ends, how many there may be, and that all of them cost one look."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from mailer.model.delivery import DeliveryStatus
from mailer.settings import Settings
from mailer.store import ledger_rows
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.web.console.live import MOST_OF_SESSION, Hub, Look, Source, Standing
from tests.support.waiting import wait_until
from tests.web.console_server import Console, running_console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

S = DeliveryStatus
WAITING = {"status": S.QUEUED, "extra": {"due_at": RELEASED_AT}}


class Stream:
    """The events of one stream, as a browser reads them."""

    def __init__(self, visitor: Console, path: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        self._connection.request("GET", path, headers={"Cookie": cookies})
        self.answer = self._connection.getresponse()

    def events(self) -> Iterator[tuple[str, str]]:
        """(event, data), until the stream ends."""
        event, data = "", []
        while line := self.answer.readline():
            text = line.decode("utf-8").rstrip("\n")
            name, _, value = text.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                data.append(value)
            elif not text and event:
                yield event, "\n".join(data)
                event, data = "", []

    def until(self, event: str, text: str = "") -> str:
        """The data of the next event of this kind that contains the text."""
        return next(data for name, data in self.events() if name == event and text in data)

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def watching(visitor: Console, mailing: int) -> Iterator[Stream]:
    with closing(Stream(visitor, f"/mailings/{mailing}/live")) as stream:
        yield stream


def move_one(store: Store, mailing: int, status: DeliveryStatus) -> None:
    """One queued delivery gets another status, as a worker's settlement would give it."""
    with store.begin() as session:
        row = session.execute(
            select(delivery.c.id, delivery.c.list_code, delivery.c.status)
            .where(delivery.c.mailing_id == mailing, delivery.c.status == str(S.QUEUED))
            .limit(1)
        ).one()
        ledger_rows.move_rows(session, mailing, [row], status, {"due_at": None})


def test_what_moves_is_told_at_once_to_everybody(console: Console, store: Store):
    mailing = make_mailing(store, [Row(), Row(**WAITING), Row(**WAITING)])
    console.enter()
    other = Console(console.port, console.keys)
    other.enter()
    with watching(console, mailing) as one, watching(other, mailing) as two:
        assert one.answer.headers["content-type"].startswith("text/event-stream")
        first = [stream.until("standing") for stream in (one, two)]
        assert first[0] == first[1]
        assert first[0].startswith("sending ")
        move_one(store, mailing, S.BOUNCED)
        for stream in (one, two):
            assert '<dd class="f-bad">1</dd>' in stream.until("now", '<dd class="f-bad">1</dd>')
            assert stream.until("standing") != first[0]


def test_a_stream_ends_with_its_session(console: Console, store: Store):
    mailing = make_mailing(store, [Row(**WAITING)])
    console.enter()
    console.learn_csrf()
    with watching(console, mailing) as stream:
        stream.until("now")
        assert console.post("/logout").status == 303
        told = [name for name, _ in stream.events()]  # comes to its end
        assert told[-1] == "over"
    assert Console(console.port, console.keys).get(f"/mailings/{mailing}/live").status == 401


def test_a_session_has_so_many_streams_and_no_more(console: Console, store: Store):
    mailing = make_mailing(store, [Row(**WAITING)])
    console.enter()
    streams = [Stream(console, f"/mailings/{mailing}/live") for _ in range(MOST_OF_SESSION)]
    try:
        for stream in streams:
            stream.until("now")
        # 204 tells EventSource to ask no more (WHATWG HTML 9.2.3)
        assert console.get(f"/mailings/{mailing}/live").status == 204
        streams.pop().close()
        wait_until(lambda: _gets_in(console, mailing), what="room for another stream")
    finally:
        for stream in streams:
            stream.close()


def _gets_in(console: Console, mailing: int) -> bool:
    with watching(console, mailing) as stream:
        return stream.answer.status == 200


def test_the_server_goes_down_without_waiting_for_watchers(settings: Settings, store: Store):
    mailing = make_mailing(store, [Row(**WAITING)])
    with running_console(settings, store) as console:
        console.enter()
        stream = Stream(console, f"/mailings/{mailing}/live")
        stream.until("now")
    with closing(stream):  # the server is down: what was sent is read to its end
        assert all(name in {"now", "standing", "beat"} for name, _ in stream.events())


# --- the hub alone ---------------------------------------------------------------------------------------------------


class Office:
    """Where a hub under test looks: counts the looks; may be out of order for a while."""

    def __init__(self) -> None:
        self.looks: list[set[int]] = []
        self.shown: list[int] = []
        self.fails = 0
        self.go = threading.Event()

    def look(self, mailings: Collection[int], sessions: Collection[str] | None) -> Look:
        self.go.wait(60)
        self.looks.append(set(mailings))
        if self.fails:
            self.fails -= 1
            raise OperationalError("SELECT", {}, Exception("gone"))
        return Look(
            {each: Standing("sending", "v1") for each in mailings}, None if sessions is None else frozenset(sessions)
        )

    def show(self, mailing_id: int) -> str:
        self.shown.append(mailing_id)
        return f"{mailing_id}: {len(self.shown)}"

    @property
    def source(self) -> Source:
        return Source(self.look, self.show)


async def _told(stream: Any, event: str) -> str:
    """The next data of that event."""
    async for chunk in stream:
        name, _, rest = chunk.decode().partition("\n")
        if name == f"event: {event}":
            return str(rest.strip().removeprefix("data: "))
    raise AssertionError(f"the stream ended without {event}")


@pytest.fixture
def office() -> Office:
    return Office()


def test_many_watchers_cost_one_look_and_one_page(office: Office):
    async def watch() -> list[str]:
        hub = Hub(office.source, tick=3_600)  # one tick is all there is
        streams = [hub._stream(7, f"session {n}") for n in range(20)]
        tasks = [asyncio.create_task(_told(stream, "now")) for stream in streams]
        await asyncio.sleep(0)  # every stream has begun
        office.go.set()
        told = await asyncio.gather(*tasks)
        hub.close()
        return list(told)

    assert asyncio.run(watch()) == ["7: 1"] * 20
    assert office.looks == [{7}]
    assert office.shown == [7]


def test_a_database_that_is_away_is_said_and_come_back_to(office: Office):
    office.fails = 1
    office.go.set()

    async def watch() -> tuple[str, str]:
        hub = Hub(office.source, tick=0)
        stream = hub._stream(7, "s")
        told = await _told(stream, "lost"), await _told(stream, "now")
        hub.close()
        return told

    lost, now = asyncio.run(watch())
    assert "数据库暂时没有答复" in lost
    assert now.startswith("7: ")


def test_nobody_watching_nobody_looks(office: Office):
    office.go.set()

    async def watch() -> int:
        hub = Hub(office.source, tick=0)
        stream = hub._stream(7, "s")
        await _told(stream, "now")
        await stream.aclose()
        assert hub._ticking is not None
        await hub._ticking  # ends by itself
        return len(office.looks)

    assert asyncio.run(watch()) == len(office.looks)


def test_a_line_end_in_the_data_does_not_end_the_event(office: Office):
    office.go.set()
    office.show = lambda mailing_id: "<p>\r\ndata: forged\n\nevent: over\n</p>"  # type: ignore[method-assign]

    async def watch() -> bytes:
        hub = Hub(office.source, tick=3_600)
        async for chunk in hub._stream(7, "s"):
            if chunk.startswith(b"event: now"):
                hub.close()
                return bytes(chunk)
        raise AssertionError("nothing was told")

    lines = asyncio.run(watch()).decode().rstrip("\n").split("\n")
    assert lines[0] == "event: now"
    assert all(line.startswith("data: ") for line in lines[1:])
