"""Reads and writes on imports that are being prepared. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from mailer.store.core import import_draft as draft
from mailer.store.core import import_draft_file as file


def begin(session: Session, *, token: str, actor: str, now: datetime, expires_at: datetime) -> int:
    made = session.execute(
        insert(draft)
        .values(token=token, created_by=actor, created_at=now, expires_at=expires_at, choices="{}")
        .returning(draft.c.id)
    )
    return int(made.scalar_one())


def add_file(session: Session, draft_id: int, *, name: str, sha256: str, data: bytes) -> None:
    session.execute(insert(file).values(draft_id=draft_id, name=name, sha256=sha256, size=len(data), data=data))


def remove_file(session: Session, draft_id: int, file_id: int) -> str | None:
    """The name of the file that is gone now."""
    gone = session.execute(
        delete(file).where(file.c.id == file_id, file.c.draft_id == draft_id).returning(file.c.name)
    ).first()
    return str(gone[0]) if gone else None


def set_choices(session: Session, draft_id: int, choices: str) -> None:
    session.execute(update(draft).where(draft.c.id == draft_id).values(choices=choices))


def one(session: Session, token: str, now: datetime) -> Any | None:
    """Its row while it lasts."""
    return session.execute(select(draft).where(draft.c.token == token, draft.c.expires_at > now)).one_or_none()


def one_for_update(session: Session, token: str, now: datetime) -> Any | None:
    """The same, locked: it is made once."""
    return session.execute(
        select(draft).where(draft.c.token == token, draft.c.expires_at > now).with_for_update()
    ).one_or_none()


def files(session: Session, draft_id: int) -> Sequence[Any]:
    """id, name, sha256, size; without the bytes, in the order they came."""
    return session.execute(
        select(file.c.id, file.c.name, file.c.sha256, file.c.size)
        .where(file.c.draft_id == draft_id)
        .order_by(file.c.id)
    ).all()


def contents(session: Session, draft_id: int) -> Sequence[Any]:
    """Name and data of each file."""
    return session.execute(
        select(file.c.name, file.c.data).where(file.c.draft_id == draft_id).order_by(file.c.id)
    ).all()


def listed(session: Session, now: datetime) -> Sequence[Any]:
    """Every draft that lasts, the newest first, with ``files`` and ``size``: how many and how many bytes."""
    return session.execute(
        select(
            draft.c.token, draft.c.created_by, draft.c.created_at, draft.c.expires_at,
            func.count(file.c.id).label("files"), func.coalesce(func.sum(file.c.size), 0).label("size"),
        )
        .outerjoin(file, file.c.draft_id == draft.c.id)
        .where(draft.c.expires_at > now)
        .group_by(draft.c.id)
        .order_by(draft.c.id.desc())
    ).all()  # fmt: skip


def drop(session: Session, draft_id: int) -> None:
    session.execute(delete(file).where(file.c.draft_id == draft_id))
    session.execute(delete(draft).where(draft.c.id == draft_id))


def drop_expired(session: Session, now: datetime) -> None:
    old = select(draft.c.id).where(draft.c.expires_at <= now)
    session.execute(delete(file).where(file.c.draft_id.in_(old)))
    session.execute(delete(draft).where(draft.c.expires_at <= now))
