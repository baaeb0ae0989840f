"""``python -m tests.bench.fast_sink PORT [CERTIFICATE KEY]``: an SMTP sink cheap enough that the sender is the bottleneck.

Looks for the end of a body and counts commands; knows no errors. For loopback only.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import uvloop

_END = b"\r\n.\r\n"
_EHLO = b"250-fast.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n"


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's, though uvloop's is no subclass
        self._rest = b""  # a command line, or the last bytes of a body, that are not whole yet
        self._in_body = False
        self._transport.write(b"220 fast.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        data, self._rest = self._rest + data, b""
        answers: list[bytes] = []
        start = 0
        while start < len(data):
            if self._in_body:
                end = data.find(_END, start)
                if end < 0:
                    self._rest = data[max(start, len(data) - len(_END) + 1) :]
                    break
                self._in_body, start = False, end + len(_END)
                answers.append(b"250 2.0.0 Ok: queued\r\n")
                continue
            end = data.find(b"\r\n", start)
            if end < 0:
                self._rest = data[start:]
                break
            answers.append(self._answer(data[start : start + 4].upper()))
            start = end + 2
        if answers:
            self._transport.write(b"".join(answers))

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            self._in_body = True
            return b"354 Go on\r\n"
        if verb == b"EHLO":
            return _EHLO
        if verb == b"QUIT":
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.0.0 Ok\r\n"


async def _serve(port: int, context: ssl.SSLContext | None) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, ssl=context, backlog=512)
    await server.serve_forever()


def main(port: int, *files: str) -> None:
    context = None
    if files:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*files)
    uvloop.run(_serve(port, context))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
