"""Which schema a database is at, and which one this program wants. Light: every command asks before it opens anything.

Migration files are named ``NNNN_title.py`` and NNNN is their revision, one after the other; running them is ``migrate``'s.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from mailer.store.engine import Store

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def newest() -> str:
    """The revision this program needs."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def current(store: Store) -> str | None:
    """The revision the database is at; None for an empty one."""
    with store.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return revision
