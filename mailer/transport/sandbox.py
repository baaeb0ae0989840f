"""The built-in sandbox relay: a loopback SMTP server that behaves as the local part of each address asks.

A mailing through it is a rehearsal for ever: nothing leaves this machine. It answers over real SMTP, so that the same
client, journal and ledger run as in earnest; what a returned mail would bring comes back a second later.

unknown* 550 5.1.1 | full* 552 5.2.2 | grey* 451 once | rate* 450 | spam* 554 5.7.1 | drop* cut after the dot, kept |
lose* the same, not kept | slow* 2 s | late* accepted, then DSN 5.1.1 | success* DSN delivered | delay* DSN delayed |
never* always 4xx | else 250.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailer.transport.sandbox_reports import delivery_report

_SLOW = 2.0  # seconds
_REPORT_AFTER = 1.0  # seconds until a returned mail comes
_SIZE_LIMIT = 40 * 1024 * 1024

_AT_RCPT = {
    "unknown": "550 5.1.1 <{address}>: Recipient address rejected: User unknown",
    "full": "552 5.2.2 <{address}>: Mailbox full, quota exceeded",
    "rate": "450 4.7.1 <{address}>: Recipient address rejected: sending too fast, try again later",
    "never": "451 4.3.0 <{address}>: Temporary lookup failure",
}
_REPORTS = {"late": ("failed", "5.1.1"), "success": ("delivered", "2.0.0"), "delay": ("delayed", "4.4.1")}

TakeReport = Callable[[bytes, str], None]


def behaviour(address: str) -> str:
    """The word an address begins with, '' for an ordinary one."""
    local = address.partition("@")[0].lower()
    words = (*_AT_RCPT, "grey", "spam", "drop", "lose", "slow", *_REPORTS)
    return next((word for word in words if local.startswith(word)), "")


class _Handler:
    """aiosmtpd's hooks. Runs on the sandbox's own thread and loop."""

    def __init__(self, folder: Path | None, take_report: TakeReport | None) -> None:
        self._folder, self._take_report = folder, take_report
        self._greeted: set[str] = set()
        self.accepted = 0
        self.reports_owed = 0

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        del server, session
        word = behaviour(address)
        if word in _AT_RCPT:
            return _AT_RCPT[word].format(address=address)
        if word == "grey" and address.lower() not in self._greeted:
            self._greeted.add(address.lower())
            return f"451 4.7.1 <{address}>: Greylisted, please try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        address = envelope.rcpt_tos[0]
        word = behaviour(address)
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        if word == "spam":
            return "554 5.7.1 Message rejected: suspected spam content"
        if word == "slow":
            await asyncio.sleep(_SLOW)
        if word != "lose":
            self._keep(envelope, address, content)
        if word in {"drop", "lose"}:
            transport = server.transport
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            return "421 4.3.2 never seen by anybody"
        if word in _REPORTS:
            self._return(word, envelope, address, content)
        return f"250 2.0.0 OK: queued as sandbox-{self.accepted}"

    def _keep(self, envelope: Envelope, address: str, content: bytes) -> None:
        self.accepted += 1
        if self._folder is None:
            return
        message_id = next(
            (
                line[11:].strip().decode("ascii", "replace")
                for line in content.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
                if line.lower().startswith(b"message-id:")
            ),
            "",
        )
        record = {
            "at": datetime.now(UTC).isoformat(),
            "from": envelope.mail_from,
            "to": address,
            "message_id": message_id,
            "size": len(content),
        }
        with (self._folder / "relay.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(record, ensure_ascii=False) + "\n")
        (self._folder / "last.eml").write_bytes(content)

    def _return(self, word: str, envelope: Envelope, address: str, content: bytes) -> None:
        take = self._take_report
        if take is None or not envelope.mail_from:
            return
        action, status = _REPORTS[word]
        report = delivery_report(
            action=action, status=status, recipient=address, sender=envelope.mail_from, original=content,
            at=datetime.now(UTC),
        )  # fmt: skip
        sender = envelope.mail_from
        self.reports_owed += 1

        def send_back() -> None:
            self.reports_owed -= 1
            take(report, sender)

        asyncio.get_running_loop().call_later(_REPORT_AFTER, send_back)


class SandboxServer:
    """The server in a thread of its own. ``take_report`` is called there with (raw mail, envelope recipient)."""

    def __init__(self, folder: Path | None = None, take_report: TakeReport | None = None) -> None:
        self._handler = _Handler(folder, take_report)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mailer-sandbox", daemon=True)
        self._started = threading.Event()
        self._failure: OSError | None = None
        self.port = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def accepted(self) -> int:
        return self._handler.accepted

    def start(self) -> None:
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(self._loop.create_server(self._protocol, "127.0.0.1", 0))
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _protocol(self) -> SMTP:
        return SMTP(
            self._handler, hostname="sandbox.test", ident="mailer sandbox relay", loop=self._loop,
            data_size_limit=_SIZE_LIMIT, enable_SMTPUTF8=False,
        )  # fmt: skip

    def wait_for_reports(self, within: float) -> None:
        """Until every returned mail that is owed was handed over, ``within`` seconds at most."""
        deadline = time.monotonic() + within
        while self._handler.reports_owed and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
