"""``python -m tests.bench.long_way PORT TARGET_PORT ONE_WAY_MS``: a line with a delay, for machines whose kernel has none.

What was read at t is written at t + delay, each way: the way is long, not narrow.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import uvloop


class End(asyncio.Protocol):
    """One end of the line; what it hears comes out at ``other`` later."""

    def __init__(self, delay: float, other: End | None = None) -> None:
        self._delay, self.other = delay, other
        self._early: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream's, though uvloop's is no subclass
        early, self._early = self._early, []
        for data in early:
            self.say(data)

    def say(self, data: bytes) -> None:
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._later(lambda other: other.say(data))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._later(lambda other: other.transport.close() if other.transport else None)

    def _later(self, act: Callable[[End], None]) -> None:
        other = self.other
        assert other is not None
        asyncio.get_running_loop().call_later(self._delay, act, other)


async def _serve(port: int, target: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[object]] = set()

    def near() -> End:
        end = End(delay)
        end.other = End(delay, end)
        task: asyncio.Task[object] = loop.create_task(
            loop.create_connection(lambda far=end.other: far, "127.0.0.1", target)  # type: ignore[misc]  # bound now
        )
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return end

    server = await loop.create_server(near, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
