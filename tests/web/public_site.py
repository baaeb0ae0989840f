"""The recipients' pages without a socket: an ASGI caller of a few lines, quick enough for thousands of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from starlette.applications import Starlette

from mailer.content.facts import Sender
from mailer.flow.approve_mailing import approve
from mailer.flow.draw_up_order import draw_up_order
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.links import Links, Purpose
from mailer.model.mailing import MailingKind
from mailer.settings import Settings
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.wake.local import LocalWake
from mailer.web.public.app import public_app
from mailer.wiring import links_of, office_of
from recipients import directory
from recipients.list_policy import PLAIN, ListPolicy
from tests.support.builders import keep_issue
from tests.support.issues import sample_issue
from tests.web.console_server import Answer
from tests.web.sample_directory import take_over

HOST = "127.0.0.1"


@dataclass
class Site:
    """``client``: the address that asks."""

    app: Starlette
    links: Links
    runner: asyncio.Runner
    client: str = "198.51.100.7"

    def link(self, purpose: Purpose, subject: int) -> str:
        return f"/{purpose}/{self.links.token(purpose, subject)}"

    def get(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        host: str = HOST,
        scheme: str = "http",
        **headers: str,
    ) -> Answer:
        """One request; ``path`` as it stands on the wire, percent-encoded or not."""

        bare, _, query = path.partition("?")
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": scheme,
            "path": unquote_to_bytes(bare).decode("utf-8", "replace"), "raw_path": bare.encode("ascii", "replace"),
            "query_string": query.encode("ascii", "replace"), "root_path": "", "client": (self.client, 40_000),
            "server": ("127.0.0.1", 80), "state": {},
            "headers": [
                (b"host", host.encode()),
                *((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()),
            ],
        }  # fmt: skip

        async def ask() -> None:
            messages = iter([{"type": "http.request", "body": body, "more_body": False}])

            async def receive() -> Any:
                return next(messages, {"type": "http.disconnect"})

            async def send(message: Any) -> None:
                sent.append(message)

            await self.app(scope, receive, send)

        self.runner.run(ask())
        start, *rest = sent
        pairs = [(name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]]
        return Answer(start["status"], dict(pairs), b"".join(part.get("body", b"") for part in rest), pairs)

    def post(self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]] = (), **headers: str) -> Answer:
        """A form as a browser posts it."""
        media = {"content_type": "application/x-www-form-urlencoded", **headers}
        return self.get(path, method="POST", body=urlencode(fields).encode("ascii"), **media)


@contextmanager
def public_site(settings: Settings, store: Store, now: Callable[[], datetime] | None = None) -> Iterator[Site]:
    """The clock of the throttles stands still; ``now``: the other one, the system's where none is given."""
    tell = now or SystemClock().now

    class Standing:
        def now(self) -> datetime:
            return tell()

        def elapsed(self) -> float:
            return 0.0

    with asyncio.Runner() as runner:
        yield Site(public_app(settings, store, Standing()), links_of(settings), runner)


def send_sample(
    settings: Settings,
    store: Store,
    *,
    kind: MailingKind = MailingKind.FIRST,
) -> dict[str, int]:
    """The sample issue, released to the sample people on the 发 list: address -> its delivery."""
    office = office_of(settings, store, LocalWake())
    take_over(store, office)
    issue = sample_issue()
    order = draw_up_order(
        office, revision_id=keep_issue(store, issue, now=office.clock.now()), issue=issue, codes=("发",),
        sender=Sender("某办公室", "office@office.example", "reply@office.example"),
    )  # fmt: skip
    mailing_id, _ = prepare_mailing(office, replace(order, kind=kind), "cli:test")
    approve(office, mailing_id, "cli:test")
    release(office, mailing_id, "cli:test")
    with store.read() as session:
        rows = session.execute(delivery.select().where(delivery.c.mailing_id == mailing_id)).all()
    return {row.address: int(row.id) for row in rows if row.address}


def open_list(store: Store, policy: ListPolicy = PLAIN) -> None:
    """The 发 list is one that people may leave."""
    with store.begin() as session:
        directory.set_policy(session, "发", policy, is_duty=False)
