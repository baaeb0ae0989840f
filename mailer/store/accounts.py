"""Rows of accounts. Given a Session, never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from mailer.store.core import actor
from mailer.store.writes import insert_missing


def count(session: Session) -> int:
    return int(session.execute(select(func.count()).select_from(actor)).scalar_one())


def add(session: Session, *, name: str, role: str, password_hash: str, now: datetime) -> bool:
    """False when the name is taken."""
    return insert_missing(
        session,
        actor,
        {"name": name, "kind": "account", "role": role, "password_hash": password_hash, "created_at": now},
    )
