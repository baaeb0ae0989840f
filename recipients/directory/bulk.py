"""Statements over many rows at once that SQLite and PostgreSQL both know; shared by the modules of this package only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, bindparam, insert, update
from sqlmodel import Session, SQLModel

T = TypeVar("T")
CHUNK = 5000  # ids in one IN (...), below the parameter limits of both databases


def table_of(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # made by SQLModel for table=True
    return table


def insert_rows(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table_of(model)), list(rows))


def update_rows(session: Session, model: type[SQLModel], key: str, rows: Sequence[dict[str, Any]]) -> None:
    """One UPDATE for many rows; each row holds ``_key`` and the new values, the same names in all of them."""
    if rows:
        table = table_of(model)
        session.connection().execute(update(table).where(table.c[key] == bindparam("_key")), list(rows))


def end_rows(
    session: Session, model: type[SQLModel], key: str, ids: Sequence[int], at: datetime, import_id: int | None
) -> None:
    """Ends the open rows whose column ``key`` is one of ``ids``."""
    table = table_of(model)
    values = {"valid_to": at, "ended_import_id": import_id}
    for part in slices(ids):
        session.execute(update(table).where(table.c[key].in_(part), table.c.valid_to.is_(None)).values(**values))


def slices(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
