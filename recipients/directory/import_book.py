"""The imports that were made, newest first."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session, col

from recipients import tables


def import_book(session: Session, limit: int = 50) -> list[tables.ImportRun]:
    """Undone ones too; ``changes.undoable`` tells which one could be taken back."""
    r = tables.ImportRun
    return list(session.scalars(select(r).order_by(col(r.id).desc()).limit(limit)))
