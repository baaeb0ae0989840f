"""Statements about webhooks. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from mailer.store.core import event, webhook
from mailer.store.writes import insert_missing


def add(session: Session, *, name: str, url: str, salt: str, now: datetime, by: str) -> bool:
    """From now on; False when the name is taken."""
    last = session.execute(select(func.coalesce(func.max(event.c.id), 0))).scalar_one()
    values = {
        "name": name, "url": url, "salt": salt, "cursor": last, "due_at": now, "failures": 0, "said": "",
        "created_at": now, "created_by": by,
    }  # fmt: skip
    return insert_missing(session, webhook, values)


def every(session: Session) -> Sequence[Any]:
    return session.execute(select(webhook).order_by(webhook.c.id)).all()


def by_name(session: Session, name: str) -> Any | None:
    return session.execute(select(webhook).where(webhook.c.name == name)).one_or_none()


def remove(session: Session, name: str) -> bool:
    return session.connection().execute(delete(webhook).where(webhook.c.name == name)).rowcount > 0


def resume(session: Session, name: str, now: datetime) -> bool:
    """At once, from where it stopped; False when there is none."""
    values = {"stopped_at": None, "failures": 0, "failing_since": None, "due_at": now}
    done = session.connection().execute(update(webhook).where(webhook.c.name == name).values(**values))
    return done.rowcount > 0


def due(session: Session, now: datetime) -> Sequence[Any]:
    return session.execute(
        select(webhook).where(webhook.c.stopped_at.is_(None), webhook.c.due_at <= now).order_by(webhook.c.due_at)
    ).all()


def claim(session: Session, row: Any, until: datetime) -> bool:
    """The caller posts now; False when another was quicker. Who dies meanwhile holds it until then."""
    done = session.connection().execute(
        update(webhook).where(webhook.c.id == row.id, webhook.c.due_at == row.due_at).values(due_at=until)
    )
    return done.rowcount > 0


def taken(session: Session, webhook_id: int, cursor: int, now: datetime) -> None:
    values = {"cursor": cursor, "due_at": now, "taken_at": now, "failures": 0, "failing_since": None, "said": ""}
    session.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


def failed(
    session: Session, row: Any, *, said: str, since: datetime, due_at: datetime, stopped_at: datetime | None
) -> None:
    values = {
        "failures": row.failures + 1,
        "failing_since": since,
        "said": said,
        "due_at": due_at,
        "stopped_at": stopped_at,
    }
    session.execute(update(webhook).where(webhook.c.id == row.id).values(**values))
