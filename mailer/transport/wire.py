"""Bytes to replies: reads SMTP replies off one connection, bounded in size and in total time per phase.

Strict on purpose (RFC 5321 4.2): a line that is no reply or does not end in CRLF, codes that differ within one reply, a
reply longer than any honest one, or a reply nobody waited for make the connection worthless, because later replies could
no longer be paired.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections import deque
from collections.abc import Sequence

from mailer.model.reply import Fault, Phase, Reply

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])[^\r\n\0]*)?")
_LINE_LIMIT = 4_096  # octets; RFC 5321 4.5.3.1.5 says 512, some hosts write more
_REPLY_LIMIT = 65_536  # octets of one reply with all its lines
_GONE_WITHIN = 1.0  # seconds; an aborted connection is gone in the loop's next round
_SHUTTING_DOWN = 421  # the one reply a host may send at any time (RFC 5321 3.8)


class WireFaultError(Exception):
    """No clean reply: why, and what the system said; ``phase`` where the dialogue had got to, once that is known."""

    def __init__(self, fault: Fault, note: str = "") -> None:
        super().__init__(f"{fault}: {note}")
        self.fault, self.note = fault, note
        self.phase: Phase | None = None


class Wire(asyncio.Protocol):
    """One connection. Commands are written by the owner; replies are awaited one by one in order."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._size = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0  # of the one who waits, on the loop's clock
        self._phase: Phase | None = None  # what is waited for
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._lost = asyncio.Event()
        self._fault: WireFaultError | None = None
        self._quick: socket.socket | None = None
        self._in_body = False  # what was written last is a message, its dot included
        self.answered_early = False  # the last reply came while bytes of a message were still ours
        self._undrained = False  # in the transport we write to
        self._undrained_below = False  # in the socket under the TLS layer

    # --- asyncio's side -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # always a stream transport here
        # high water at 1: pause_writing tells that something is still ours, resume_writing that all has left
        transport.set_write_buffer_limits(high=1, low=0)  # type: ignore[attr-defined]
        if hasattr(socket, "TCP_QUICKACK"):  # Linux
            self._quick = transport.get_extra_info("socket")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None  # asyncio's own breaks when it is aborted once more
        if self._timer is not None:
            self._timer.cancel()
        self._lost.set()
        self._fail(WireFaultError(Fault.CUT, str(exc) if exc else "connection closed"))

    def eof_received(self) -> bool:
        if not self.has_left:
            # the transport would still send the rest, and the dot with it, to a host that can answer nothing any more
            self._fail(WireFaultError(Fault.CUT, "connection closed before the end of the message"))
            self.abort()
        return False

    def pause_writing(self) -> None:
        self._undrained = True

    def resume_writing(self) -> None:
        self._undrained = False
        self.wake()

    def pause_below(self) -> None:
        """The TLS layer has bytes of ours on its socket that have not left."""
        self._undrained_below = True

    def resume_below(self) -> None:
        self._undrained_below = False

    def data_received(self, data: bytes) -> None:
        if self._fault is not None:
            return
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[: end + 1])
            del self._buffer[: end + 1]
            self._take_line(line)
            if self._fault is not None:
                return
        if len(self._buffer) > _LINE_LIMIT:
            self._poison("a reply line without an end")
        self.wake()

    def _take_line(self, line: bytes) -> None:
        match = _LINE.fullmatch(line.removesuffix(b"\r\n"))
        self._size += len(line)
        if match is None or len(line) > _LINE_LIMIT:
            return self._poison(f"not a reply: {line[:80]!r}")
        if self._lines and self._lines[0][:3] != match[1]:
            return self._poison("one reply with two codes")
        if self._size > _REPLY_LIMIT:
            return self._poison("a reply without an end")
        self._lines.append(match[0])
        if match[2] != b"-":
            text = "\n".join(part[4:].decode("utf-8", "replace") for part in self._lines)
            self._replies.append(Reply(int(match[1]), text))
            self.answered_early = self._in_body and not self.has_left
            self._lines, self._size = [], 0
        return None

    def _poison(self, note: str) -> None:
        self._fail(WireFaultError(Fault.GARBLED, note))
        self.abort()

    def _fail(self, fault: WireFaultError) -> None:
        if self._fault is None:
            self._fault = fault
        self.wake()

    def wake(self) -> None:
        """Whoever waits looks again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- the owner's side -----------------------------------------------------------------------------------------

    @property
    def transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise WireFaultError(Fault.CUT, "not connected")
        return self._transport

    @property
    def is_alive(self) -> bool:
        return self._fault is None

    @property
    def is_quiet(self) -> bool:
        """Alive, and nothing has come that nobody waited for."""
        return self._fault is None and not self.has_more

    @property
    def has_more(self) -> bool:
        """Something has come that nobody waited for, be it a part of a reply."""
        return bool(self._replies or self._lines or self._buffer)

    @property
    def unread(self) -> tuple[int, ...]:
        """The codes of the whole replies that have come and were not taken yet."""
        return tuple(reply.code for reply in self._replies)

    @property
    def says_goodbye(self) -> bool:
        """The host announced its end behind its last reply: no fault of the reply before it."""
        return bool(self._replies) and self._replies[0].code == _SHUTTING_DOWN

    @property
    def has_left(self) -> bool:
        """Every byte written was handed to the operating system before anything went wrong."""
        return not (self._undrained or self._undrained_below)

    def check_quiet(self) -> None:
        """Before a command: nothing may be waiting that its reply could be mistaken for. Raises WireFaultError.

        A 421 may: it is the answer to whatever comes next (RFC 5321 3.8).
        """
        if self.is_quiet or self.says_goodbye:
            return
        raise self._fault or WireFaultError(Fault.GARBLED, "a reply nobody waited for")

    def send(self, data: bytes) -> None:
        if self._fault is None:
            self.transport.write(data)

    def send_behind(self, data: bytes) -> None:
        """Commands behind a message whose answer is still owed.

        That answer and theirs may leave the host in two segments, and the second waits there until the first is
        acknowledged (RFC 896), which we would put off (RFC 1122 4.2.3.2): so the next acknowledgement is not put off.
        """
        self.send(data)
        if self._quick is not None:
            self._quick.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    async def send_message(self, chunks: Sequence[bytes], within: float) -> bool:
        """Writes a message with its dot and waits until it has left; False: the host answered before. Raises
        WireFaultError.
        """
        if self._fault is None:
            self._in_body = True
            self.transport.writelines(chunks)
        deadline = self._loop.time() + within
        while not self.has_left and not self._replies:
            if self._fault is not None:
                raise self._fault
            await self._wait(deadline)
        self._in_body = not self.has_left
        return self.has_left

    async def reply(self, phase: Phase | None, within: float) -> Reply:
        """The next reply; ``within`` seconds are its total time, however slowly it drips. Raises WireFaultError."""
        deadline = self._loop.time() + within
        while not self._replies:
            if self._fault is not None:
                raise self._fault
            await self._wait(deadline, phase)
        return self._replies.popleft()

    async def more(self, within: float) -> None:
        """Waits until one more whole reply has come; raises WireFaultError."""
        known, deadline = len(self._replies), self._loop.time() + within
        while len(self._replies) == known:
            if self._fault is not None:
                raise self._fault
            await self._wait(deadline)

    async def _wait(self, deadline: float, phase: Phase | None = None) -> None:
        self._waiter = self._loop.create_future()
        self._deadline, self._phase = deadline, phase
        # most waits end long before their time: the timer of an earlier one is left standing, and looks again when it rings
        if self._timer is None or self._timer_at > deadline:
            self._set_timer(deadline)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(at, self._ring), at

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None or self._fault is not None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer(self._deadline)
            return
        self._fail(WireFaultError(Fault.TIMEOUT, f"no answer in time at {self._phase or 'the end'}"))
        self.abort()

    def rewire(self, transport: asyncio.Transport) -> None:
        """After STARTTLS: the same protocol on the encrypted transport."""
        self.connection_made(transport)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def gone(self) -> None:
        """Ends the connection and returns when it has ended: no loop may be closed around a half-open one."""
        self.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GONE_WITHIN):
                await self._lost.wait()
