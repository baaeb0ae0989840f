"""LMTP (RFC 2033): the office's own relay hands returned mail over, and is told 250 for a recipient only when it is stored.

Speaks to relays on the same machine or a private network; takes every recipient, because who is meant is told by the
signed address. Bounded throughout, and safe from smuggling: data ends at CRLF.CRLF and nowhere else, a bare CR or LF
is refused. aiosmtpd's LMTP gives one answer for all recipients and reads bare line ends as ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

Take = Callable[[bytes, str, str], None]
"""(raw, envelope recipient, envelope sender): stores the mail for good, or raises."""

KEPT = 1024 * 1024  # octets stored of one mail: a report's evidence stands at its head
SIZE_LIMIT = 64 * 1024 * 1024  # octets of one mail that are read at all
_COMMAND_LIMIT = 2048  # octets of a command line, CRLF included
_LINE_LIMIT = 64 * 1024  # octets asked of the socket at once
_RECIPIENTS = 100  # of one transaction (RFC 5321 4.5.3.1.8)
_WRONG = 20  # commands not understood before we hang up
_IDLE = 300.0  # seconds without a word
_CONNECTIONS = 50


class _GoneError(Exception):
    """The other side hung up, was silent too long, or does not speak the protocol."""


class _BadDataError(Exception):
    """Read to its end, and not to be stored; the text is the reply."""


class LmtpServer:
    """Listens from ``start`` to ``stop`` on a thread of its own; ``take`` runs in ``executor``."""

    def __init__(self, listen: tuple[str, int], take: Take, executor: Executor) -> None:
        self._listen, self._take, self._executor = listen, take, executor
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mailer-lmtp", daemon=True)
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._over = asyncio.Event()
        self._open = 0
        self.port = 0

    def start(self) -> None:
        """Raises OSError where the address cannot be had."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """What is stored is answered; what is on its way is cut, and comes again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(self._talk, *self._listen, limit=_LINE_LIMIT)
        except OSError as error:
            self._failure = error
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > _CONNECTIONS:
                writer.write(b"421 4.3.2 too many connections\r\n")
                await writer.drain()
                return
            await _Conversation(reader, writer, self._store).go()
        except (_GoneError, ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # they went, or our door closes: nothing was promised
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                await writer.wait_closed()

    async def _store(self, raw: bytes, rcpt: str, sender: str) -> None:
        await self._loop.run_in_executor(self._executor, self._take, raw, rcpt, sender)


class _Conversation:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        store: Callable[[bytes, str, str], Awaitable[None]],
    ) -> None:
        self._reader, self._writer, self._store = reader, writer, store
        self._greeted = False
        self._wrong = 0
        self._sender: str | None = None
        self._recipients: list[str] = []

    def _say(self, reply: str) -> None:
        self._writer.write(f"{reply}\r\n".encode("ascii"))

    async def go(self) -> None:
        self._say("220 mailer LMTP")
        while True:
            await self._writer.drain()
            line = await self._command()
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                self._say("221 2.0.0 bye")
                await self._writer.drain()
                return
            if verb == "DATA":
                await self._data()
                continue
            reply = self._answer(verb, rest.strip())
            if reply.startswith("50"):
                self._wrong += 1
                if self._wrong > _WRONG:
                    self._say("421 4.7.0 too many errors")
                    await self._writer.drain()
                    return
            self._say(reply)

    async def _command(self) -> str:
        async with asyncio.timeout(_IDLE):
            try:
                line = await self._reader.readuntil(b"\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise _GoneError from error
        if len(line) > _COMMAND_LIMIT or not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            self._say("500 5.5.2 line too long, or not ended by CRLF")
            await self._writer.drain()
            raise _GoneError
        return line[:-2].decode("utf-8", "replace")

    def _answer(self, verb: str, rest: str) -> str:
        if verb == "LHLO":
            self._greeted = bool(rest)
            self._reset()
            offered = ("mailer", "PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", f"SIZE {SIZE_LIMIT}")
            return "\r\n".join([*(f"250-{word}" for word in offered[:-1]), f"250 {offered[-1]}"])
        if verb in {"RSET", "NOOP"}:
            if verb == "RSET":
                self._reset()
            return "250 2.0.0 ok"
        if verb in {"VRFY", "HELP"}:
            return "252 2.1.5 send it and see"
        if verb not in {"MAIL", "RCPT"}:
            return "500 5.5.1 not known here"
        if not self._greeted:
            return "503 5.5.1 LHLO first"
        return self._mail(rest) if verb == "MAIL" else self._rcpt(rest)

    def _reset(self) -> None:
        self._sender, self._recipients = None, []

    def _mail(self, rest: str) -> str:
        if self._sender is not None:
            return "503 5.5.1 one sender at a time"
        address, parameters = _path(rest, "FROM:")
        if address is None:
            return "501 5.1.7 MAIL FROM:<address>"
        for word in parameters:
            key, _, value = word.partition("=")
            if key.upper() == "SIZE" and value.isascii() and value.isdigit() and int(value[:12]) > SIZE_LIMIT:
                return "552 5.3.4 too large"
        self._sender = address
        return "250 2.1.0 ok"

    def _rcpt(self, rest: str) -> str:
        if self._sender is None:
            return "503 5.5.1 MAIL first"
        address, _ = _path(rest, "TO:")
        if not address:
            return "501 5.1.3 RCPT TO:<address>"
        if len(self._recipients) >= _RECIPIENTS:
            return "452 4.5.3 too many recipients"
        self._recipients.append(address)
        return "250 2.1.5 ok"

    async def _data(self) -> None:
        if not self._recipients or self._sender is None:
            self._say("503 5.5.1 no recipients")  # RFC 2033 4.2: no 354 then
            return
        self._say("354 end with CRLF.CRLF")
        await self._writer.drain()
        try:
            raw = await self._body()
        except _BadDataError as bad:
            for _ in self._recipients:
                self._say(str(bad))
        else:
            for recipient in self._recipients:
                self._say(await self._stored(raw, recipient))
        self._reset()

    async def _stored(self, raw: bytes, recipient: str) -> str:
        try:
            await self._store(raw, recipient, self._sender or "")
        except Exception:  # noqa: BLE001 - whatever went wrong: it is not stored, so the relay keeps it and comes again
            return "451 4.3.0 not stored, try again later"
        return "250 2.0.0 stored"

    async def _body(self) -> bytes:
        """Up to CRLF.CRLF, dots undone; the first ``KEPT`` octets of it. Raises _BadDataError at its end."""
        kept, size, bad = bytearray(), 0, ""
        starts_line, after_cr = True, False  # after_cr: the stretch before ended between CR and LF
        while True:
            piece = await self._piece()
            if starts_line and piece == b".\r\n":
                break
            if _has_bare_end(piece, after_cr=after_cr):
                bad = bad or "550 5.6.0 a bare CR or LF"
            ends_line = piece.endswith(b"\r\n") or (after_cr and piece == b"\n")
            after_cr = piece.endswith(b"\r")
            if starts_line and piece.startswith(b"."):
                piece = piece[1:]
            starts_line = ends_line
            size += len(piece)
            if size > SIZE_LIMIT:
                bad = bad or "552 5.3.4 too large"
                if size > 4 * SIZE_LIMIT:
                    raise _GoneError
            kept += piece[: max(KEPT - len(kept), 0)]
        if bad:
            raise _BadDataError(bad)
        return bytes(kept)

    async def _piece(self) -> bytes:
        """Up to the next LF, or a stretch of a line that is longer than the buffer."""
        async with asyncio.timeout(_IDLE):
            try:
                return await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                return await self._reader.readexactly(error.consumed)
            except asyncio.IncompleteReadError as error:
                raise _GoneError from error


def _has_bare_end(piece: bytes, *, after_cr: bool) -> bool:
    """Whether a CR without LF or a LF without CR stands in it; a CR at its very end is judged with the next piece."""
    if after_cr and not piece.startswith(b"\n"):
        return True
    if piece.endswith(b"\n") and not piece.endswith(b"\r\n") and not (after_cr and piece == b"\n"):
        return True
    return b"\r" in piece.removesuffix(b"\n").removesuffix(b"\r")


def _path(text: str, keyword: str) -> tuple[str | None, list[str]]:
    """``FROM:<a@b> SIZE=1`` -> address and parameters; None where it is no path. ``<>`` is ''."""
    if text[: len(keyword)].upper() != keyword:
        return None, []
    rest = text[len(keyword) :].lstrip()
    if not rest.startswith("<") or ">" not in rest:
        return None, []
    address, _, parameters = rest[1:].partition(">")
    return address.strip(), parameters.split()
