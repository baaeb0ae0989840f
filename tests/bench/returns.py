"""How fast returned mail is taken in by LMTP, and how fast a mailing leaves beside it. ``python -m tests.bench.returns``.

One process does both, as in a small office: it sends one mailing alone, then another while the returns pour in.
"""

from __future__ import annotations

import argparse
import json
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mailer.transport.sandbox import SandboxServer
from tests.support import returned_mail
from tests.support.installation import Installation
from tests.support.servers.programs import free_port
from tests.support.waiting import wait_until

BOUNCES = "bounces.bureau.example"
_SENDERS = 4  # connections that bring returns
_WITHIN = 600.0


@dataclass(frozen=True, slots=True)
class Figures:
    """``alone`` and ``beside``: mails a second that left; ``taken``: returns a second that were stored and settled."""

    returns: int
    acknowledged: int
    stored: int
    alone: float
    beside: float
    taken: float

    @property
    def kept(self) -> float:
        """The share of its rate that the sending keeps."""
        return self.beside / self.alone


def measure(folder: Path, recipients: int, returns: int) -> Figures:
    """``recipients`` of each of the two mailings. A quarter of the returns is signed: success, or a dead mailbox."""
    relay, port = SandboxServer(None, None), free_port()
    relay.start()
    office = Installation(
        folder,
        RELAY_URL=f"smtp://127.0.0.1:{relay.port}",
        FROM="澄江区创建办 <office@bureau.example>",
        BOUNCE_DOMAIN=BOUNCES,
        LMTP_LISTEN=f"127.0.0.1:{port}",
        CONSOLE_LISTEN=f"127.0.0.1:{free_port()}",
    )
    try:
        office.init()
        office.import_addresses(f"r{number}@d{number % 7}.example" for number in range(recipients))
        office.serve("serve")
        office.release(key="alone")
        _wait_for_end(office, "alone")
        alone = _rate(office.report("key:alone"))
        flood = _Flood(port, list(_mails(office.report("key:alone"), returns)))
        flood.start()
        office.release(key="beside")
        _wait_for_end(office, "beside")
        beside = _rate(office.report("key:beside"))
        assert not flood.is_over, "the returns ended before the mailing: take more of them"
        flood.wait()
        return Figures(returns, flood.acknowledged, _stored(office), alone, beside, returns / flood.seconds)
    finally:
        office.close()
        relay.stop()


def _wait_for_end(office: Installation, key: str) -> None:
    wait_until(lambda: office.show(f"key:{key}")["status"] == "closed", _WITHIN, f"the mailing {key} to end")


def _rate(report: Sequence[dict[str, str]]) -> float:
    moments = sorted(datetime.fromisoformat(row["accepted_at"]) for row in report if row["accepted_at"])
    return (len(moments) - 1) / (moments[-1] - moments[0]).total_seconds()


def _mails(report: Sequence[dict[str, str]], count: int) -> Iterator[tuple[str, bytes]]:
    """(envelope recipient, mail), each another."""
    for number in range(count):
        row = report[number % len(report)]
        token = row["message_id"].partition("@")[0].replace(".", "-")
        kind = (returned_mail.delivered, returned_mail.hard)[number % 8 == 0]
        raw = kind(recipient=row["recipient"], note=str(number))
        yield (f"b-{token}@{BOUNCES}" if number % 4 == 0 else f"x@{BOUNCES}"), raw


class _Flood:
    """Brings mails over several connections at once, each mail until it is acknowledged."""

    def __init__(self, port: int, mails: list[tuple[str, bytes]]) -> None:
        self._port, self.acknowledged, self._count = port, 0, threading.Lock()
        self._threads = [threading.Thread(target=self._bring, args=(mails[nth::_SENDERS],)) for nth in range(_SENDERS)]
        self.seconds = 0.0

    @property
    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._begun

    def _bring(self, mails: list[tuple[str, bytes]]) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
            with connection.makefile("rb") as file:
                ask = _asker(connection, file.readline)
                assert ask(b"") == b"220"
                assert ask(b"LHLO relay\r\n") == b"250"
                for to, raw in mails:
                    ask(b"MAIL FROM:<>\r\n")
                    ask(b"RCPT TO:<%s>\r\n" % to.encode())
                    assert ask(b"DATA\r\n") == b"354"
                    done = ask(raw + b".\r\n") == b"250"
                    with self._count:
                        self.acknowledged += done


def _asker(connection: socket.socket, line: Callable[[], bytes]) -> Callable[[bytes], bytes]:
    def ask(data: bytes) -> bytes:
        connection.sendall(data)
        while (answer := line())[3:4] == b"-":
            pass
        return answer[:3]

    return ask


def _stored(office: Installation) -> int:

    connection = sqlite3.connect(f"file:{office.data_dir / 'mailer.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("select count(*) from returned_mail where state != 'new'").fetchone()[0])
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=2_000)
    parser.add_argument("--returns", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = measure(Path(folder), options.recipients, options.returns)
    print(json.dumps(asdict(figures) | {"kept": round(figures.kept, 3)}))


if __name__ == "__main__":
    main()
