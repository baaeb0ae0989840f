"""Change requests as the office looks through them: with who asked, who decided, and in which words."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session, col

from recipients import tables
from recipients.requests import RequestState


def request_rows(session: Session, *, is_open: bool, limit: int = 200) -> list[tables.ChangeRequest]:
    """Open ones in the order they came; decided ones, the last decision first."""
    r = tables.ChangeRequest
    if is_open:
        wanted = select(r).where(col(r.state) == RequestState.OPEN.value).order_by(col(r.id))
    else:
        wanted = select(r).where(col(r.state) != RequestState.OPEN.value).order_by(col(r.decided_at).desc())
    return list(session.scalars(wanted.limit(limit)))
