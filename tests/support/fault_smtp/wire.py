"""One connection's bytes: lines and bodies in, replies and misbehaviour out. Knows no SMTP state."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading

from tests.support.fault_smtp.scenario import MALFORMED, Do, Fault

_LONGEST_LINE = 65536
_LONGEST_MESSAGE = 200_000_000


class EndedError(Exception):
    """The connection is over; the text says by whom and how."""


class Wire:
    """Blocking; ``stopping`` ends every wait. ``latency`` delays each flight of replies, in seconds."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self._socket, self._stopping = connection, stopping
        self._buffer = bytearray()
        self._out = bytearray()
        self._resetting = False
        self.latency = 0.0

    @property
    def has_more(self) -> bool:
        """Bytes have come that nobody has asked for yet."""
        return bool(self._buffer)

    def set_idle_limit(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def read_line(self) -> bytes:
        """The next line without its CRLF. Raises EndedError, or TimeoutError after the idle limit."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise EndedError("client: line too long")
            self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def wait_for_byte(self) -> None:
        if not self._buffer:
            self._receive()

    def read_body(self) -> bytes:
        """The message up to the lone dot, dots unstuffed (RFC 5321 4.5.2). Only CRLF.CRLF ends it."""
        searched = 0
        while True:
            if self._buffer.startswith(b".\r\n"):
                del self._buffer[:3]
                return b""
            end = self._buffer.find(b"\r\n.\r\n", searched)
            if end >= 0:
                break
            searched = max(0, len(self._buffer) - 4)
            if len(self._buffer) > _LONGEST_MESSAGE:
                raise EndedError("client: message too long")
            self._receive()
        body = bytes(self._buffer[: end + 2])
        del self._buffer[: end + 5]
        return body.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def _receive(self) -> None:
        self.flush()
        try:
            data = self._socket.recv(262_144)
        except TimeoutError:
            raise
        except OSError as error:
            raise EndedError("client: reset") from error
        if not data:
            raise EndedError("client: closed")
        self._buffer += data

    def say(self, code: int, *lines: str) -> None:
        """Queues a reply; it leaves when the client has nothing more in the buffer, or at ``flush``."""
        self._out += _reply(code, lines)

    def flush(self) -> None:
        if self._out:
            if self.latency:
                self._stopping.wait(self.latency)
            self._send(bytes(self._out))
            self._out.clear()

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise EndedError("client: gone") from error

    def misbehave(self, fault: Fault, code: int, lines: tuple[str, ...]) -> None:
        """Does ``fault`` in place of the reply ``code lines``; raises EndedError where that ends the connection."""
        if fault.do is Do.REPLY:
            self.say(code, *lines)
            return
        self.flush()
        reply = _reply(code, lines)
        match fault.do:
            case Do.LATE:
                self._stopping.wait(fault.seconds)
                self._send(reply)
            case Do.DRIP:
                for byte in reply:
                    self._send(bytes([byte]))
                    self._stopping.wait(fault.seconds)
            case Do.CUT:
                raise EndedError("server: cut")
            case Do.RST:
                self._reset_on_close()
                raise EndedError("server: reset")
            case Do.HANG:
                self.stand_still()
            case Do.GIANT:
                line = b"%d-%s\r\n" % (code, b"x" * 490)
                self._send(line * int(fault.megabytes * 1_000_000 / len(line)) + reply)
            case Do.ENDLESS:
                while not self._stopping.is_set():
                    self._send(b"%d-and so on\r\n" % code * 200)
                raise EndedError("server: stopped")
            case Do.MALFORMED:
                self._send(MALFORMED[fault.kind])
            case Do.UNOWED:
                self._send(reply + b"250 2.0.0 Nobody asked\r\n")
            case Do.GARBAGE | Do.INJECT:
                raise ValueError(f"{fault.do} belongs to STARTTLS")

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def stand_still(self) -> None:
        """Reads nothing until the client has gone: one in mid-body fills its buffers and stands still as well."""
        poll = select.poll()
        poll.register(self._socket, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while not self._stopping.is_set():
            if poll.poll(100):
                raise EndedError("client: gave up")
        raise EndedError("server: stopped")

    def start_tls(self, context: ssl.SSLContext, *, injected: bool = False) -> None:
        """Says 220 and shakes hands. What the client sent ahead in plain text is thrown away (CVE-2021-38371 and kin)."""
        self.say(220, "2.0.0 Ready")
        if injected:
            self._out += b"250 2.0.0 Injected\r\n"
        self.flush()
        self._buffer.clear()
        self.wrap(context)

    def wrap(self, context: ssl.SSLContext) -> None:
        try:
            self._socket = context.wrap_socket(self._socket, server_side=True)
        except OSError as error:
            raise EndedError(f"client: no handshake ({error})") from error

    def send_garbage_for_tls(self) -> None:
        self.say(220, "2.0.0 Ready")
        self._receive()  # its hello: noise beside the 220 would end in a client's buffer of plain lines
        # no content type of a TLS record (RFC 8446 5.1): a client that took it for one would wait for the rest of it
        self._send(b"\xff\xfe not a handshake\r\n" * 4)
        self.stand_still()

    def _reset_on_close(self) -> None:
        self._resetting = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def reset(self) -> None:
        self._reset_on_close()
        self.close()

    def break_off(self) -> None:
        """Ends the connection from another thread: its blocked call returns, and closing it resets the peer."""
        with contextlib.suppress(OSError):
            self._reset_on_close()
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Ends the connection so that the last reply arrives: what the client still sends is read, else TCP would reset."""
        with contextlib.suppress(OSError):
            if not self._resetting:
                self.hang_up()
                self._socket.settimeout(1)
                while self._socket.recv(262_144):
                    pass
        self._socket.close()


def _reply(code: int, lines: tuple[str, ...]) -> bytes:
    *first, last = lines or ("",)
    text = "".join(f"{code}-{line}\r\n" for line in first) + f"{code} {last}\r\n"
    return text.encode("utf-8")
