"""Reads about the house itself that every page needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from mailer.store.core import bulletin


def masthead(session: Session) -> str:
    """The first bulletin's name; '' before an issue was taken in."""
    return session.execute(select(bulletin.c.title).order_by(bulletin.c.id).limit(1)).scalar() or ""


def bulletins(session: Session) -> list[Row[Any]]:
    """Every bulletin (code, title, office), the oldest first; its name is empty until an issue of it was taken in."""
    found = select(bulletin.c.code, bulletin.c.title, bulletin.c.office).order_by(bulletin.c.id)
    return list(session.execute(found))
