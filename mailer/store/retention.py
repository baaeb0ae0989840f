"""What is kept only for a time: raw returned mail. Given a Session, never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import Session

from mailer.store.core import returned

_UNDECIDED = ("new", "waiting")  # still needed to be read
_CUT = b""


def old_returns(session: Session, before: datetime) -> tuple[int, int]:
    """How many raw returned mails are older than that, and their octets."""
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(func.length(returned.c.raw)), 0)).where(*_old(before))
    ).one()
    return int(row[0]), int(row[1])


def cut_returns(session: Session, before: datetime) -> None:
    """Forgets their bytes. What was read from them stays, and their hash, so that the same mail is never taken twice."""
    session.execute(update(returned).where(*_old(before)).values(raw=_CUT))


def _old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        returned.c.received_at < before,
        returned.c.state.not_in(_UNDECIDED),
        returned.c.raw != _CUT,
    )
