"""Webhooks made, removed, started again; and the telling: what happened since, in order, signed, until it is taken.

At least once: a batch whose answer was lost is sent again, so receivers know events by their ids. The way it is signed is
that of standardwebhooks.com (HMAC-SHA256 over id, time and body), which libraries in every language check.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from mailer.flow.event_words import SETTLES, event_fields
from mailer.flow.office import Office
from mailer.flow.send_kit import Note
from mailer.model.retry import RetryPolicy
from mailer.store import event_feed, webhooks, writes

RETRY = RetryPolicy(first=timedelta(seconds=30), cap=timedelta(hours=1))
_GIVES_UP_AFTER = timedelta(hours=72)
_BATCH = 100
_CLAIM = timedelta(minutes=1)  # longer than one post may take
_LONGEST_NAME = 40


class WebhookError(ValueError):
    """What was asked for cannot be; the sentence says why."""


class Posted(Protocol):
    @property
    def is_taken(self) -> bool: ...
    @property
    def error(self) -> str: ...


Post = Callable[[str, bytes, Mapping[str, str]], Posted]


@dataclass(frozen=True, slots=True)
class Teller:
    """``post``: the way out; ``jitter``: uniform in [0, 1)."""

    office: Office
    post: Post
    jitter: Callable[[], float]
    note: Note


def add_webhook(office: Office, name: str, url: str, *, actor: str) -> str:
    """Its secret, «whsec_...», which can be worked out again by nobody but this installation. Raises WebhookError."""
    shown, salt = " ".join(name.split()), secrets.token_hex(16)
    if not shown or len(shown) > _LONGEST_NAME or not shown.isprintable():
        raise WebhookError(f"名称要有 1 到 {_LONGEST_NAME} 个字，写明是哪个系统。")
    with office.store.begin() as session:
        if not webhooks.add(session, name=shown, url=url, salt=salt, now=office.clock.now(), by=actor):
            raise WebhookError(f"已有叫“{shown}”的回调，请换一个名称。")
        office.record(session, actor, "webhook.added", f"webhook:{shown}", address=url)
    return f"whsec_{base64.b64encode(_secret(office, salt)).decode()}"


def remove_webhook(office: Office, name: str, *, actor: str) -> bool:
    """False when there is none."""
    with office.store.begin() as session:
        if not webhooks.remove(session, name):
            return False
        office.record(session, actor, "webhook.removed", f"webhook:{name}")
    return True


def resume_webhook(office: Office, name: str, *, actor: str) -> bool:
    """Tells it now what it missed. False when there is none."""
    with office.store.begin() as session:
        if not webhooks.resume(session, name, office.clock.now()):
            return False
        office.record(session, actor, "webhook.resumed", f"webhook:{name}")
    return True


def tell_programs(teller: Teller) -> int:
    """Posts to every webhook that is due and has something to be told; how many took it. No transaction waits for them."""
    office = teller.office
    with office.store.read() as session:
        due = webhooks.due(session, office.clock.now())
    return sum(_tell(teller, row) for row in due)


def _tell(teller: Teller, row: Any) -> bool:
    office, now = teller.office, teller.office.clock.now()
    with office.store.read() as session:
        events = event_feed.events_after(session, row.cursor, now - SETTLES, _BATCH)
    if not events:
        return False
    with office.store.begin() as session:
        if not webhooks.claim(session, row, now + _CLAIM):
            return False
    body = json.dumps({"events": [event_fields(each) for each in events]}, ensure_ascii=False, default=_moment).encode()
    message_id = f"events-{row.id}-{events[0].id}-{events[-1].id}"
    posted = teller.post(row.url, body, signed(_secret(office, row.salt), message_id, now, body))
    with office.store.begin() as session:
        if posted.is_taken:
            webhooks.taken(session, row.id, events[-1].id, office.clock.now())
            return True
        _failed(teller, session, row, posted.error)
    teller.note("webhook_failed", webhook=row.id, error=posted.error, failures=row.failures + 1)
    return False


def _failed(teller: Teller, session: Any, row: Any, error: str) -> None:
    now = teller.office.clock.now()
    since = row.failing_since or now
    gives_up = now - since >= _GIVES_UP_AFTER
    due_at = RETRY.due_at(row.failures + 1, now, teller.jitter())
    webhooks.failed(session, row, said=error, since=since, due_at=due_at, stopped_at=now if gives_up else None)
    if gives_up:
        writes.open_task(
            session,
            kind="webhook",
            title=f"回调“{row.name}”三天没有收下，已停下",
            detail=f"地址 {row.url}，最后一次：{error}。对方恢复以后运行：mailer webhooks resume {row.name}，会从停下的地方接着告知。",
            dedupe_key=f"webhook:{row.id}:{since:%Y%m%d%H%M}",
            now=now,
        )


def signed(secret: bytes, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a post."""
    stamp = str(int(now.timestamp()))
    mac = hmac.digest(secret, f"{message_id}.{stamp}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "User-Agent": "bulletin-mailer",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _secret(office: Office, salt: str) -> bytes:
    return hmac.digest(office.audit_key, f"webhook {salt}".encode("ascii"), "sha256")


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise TypeError(type(value).__name__)
