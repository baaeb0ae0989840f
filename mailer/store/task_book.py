"""Tasks as a person goes through them: open and done, by kind, with the delivery they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlmodel import Session

from mailer.store.core import delivery, issue, mailing, revision, task


def counts(session: Session, state: str) -> dict[str, int]:
    """Kind -> how many tasks in this state (open, done)."""
    rows = session.execute(select(task.c.kind, func.count()).where(task.c.state == state).group_by(task.c.kind)).all()
    return {row[0]: row[1] for row in rows}


def _with_delivery() -> Select[Any]:
    return (
        select(
            task, delivery.c.address, delivery.c.address_key, delivery.c.list_code, delivery.c.status,
            issue.c.number,
        )
        .outerjoin(delivery, delivery.c.id == task.c.delivery_id)
        .outerjoin(mailing, mailing.c.id == task.c.mailing_id)
        .outerjoin(revision, revision.c.id == mailing.c.revision_id)
        .outerjoin(issue, issue.c.id == revision.c.issue_id)
    )  # fmt: skip


def listed(session: Session, state: str, kind: str = "", *, limit: int, offset: int = 0) -> Sequence[Any]:
    """Task columns, address, address_key, list_code and status of its delivery, number of its issue (each may be None).

    Open ones in the order they came, done ones the last first. ``kind`` '' for every kind.
    """
    wanted = _with_delivery().where(task.c.state == state)
    if kind:
        wanted = wanted.where(task.c.kind == kind)
    order = (task.c.id,) if state == "open" else (task.c.done_at.desc(), task.c.id.desc())
    return session.execute(wanted.order_by(*order).limit(limit).offset(offset)).all()


def one(session: Session, task_id: int) -> Any | None:
    """As in ``listed``."""
    return session.execute(_with_delivery().where(task.c.id == task_id)).one_or_none()


def about_delivery(session: Session, delivery_id: int, kind: str) -> Sequence[Any]:
    """Open tasks of that kind about the delivery."""
    return session.execute(
        select(task).where(task.c.delivery_id == delivery_id, task.c.kind == kind, task.c.state == "open")
    ).all()


def is_known(session: Session, dedupe_key: str) -> bool:
    """Whether there is or was a task of that key."""
    return session.execute(select(task.c.id).where(task.c.dedupe_key == dedupe_key)).first() is not None


def end_known(session: Session, dedupe_key: str, actor: str, now: datetime) -> None:
    session.execute(
        update(task)
        .where(task.c.dedupe_key == dedupe_key, task.c.state == "open")
        .values(state="done", done_at=now, done_by=actor)
    )
