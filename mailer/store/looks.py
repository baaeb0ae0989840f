"""Statements on how a bulletin's mail looks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from mailer.store.core import bulletin_look


def look_row(session: Session, bulletin_id: int) -> Any | None:
    return session.execute(select(bulletin_look).where(bulletin_look.c.bulletin_id == bulletin_id)).one_or_none()


def keep_look(session: Session, bulletin_id: int, **values: Any) -> None:
    """In place of what was there."""
    session.execute(delete(bulletin_look).where(bulletin_look.c.bulletin_id == bulletin_id))
    session.execute(insert(bulletin_look).values(bulletin_id=bulletin_id, **values))
