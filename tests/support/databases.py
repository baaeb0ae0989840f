"""Migrated databases for tests: migrated once, then copied or emptied, so that each test cheaply gets an empty one."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import inspect, text

import recipients.tables  # noqa: F401 - the recipients' tables belong to the one migration tree
from mailer.store import migrate
from mailer.store.engine import Store, sqlite_url
from tests.support.servers.postgres_server import PostgresServer


def make_sqlite_template(folder: Path) -> Path:
    """The file of a migrated, empty database."""
    store = Store(sqlite_url(folder))
    migrate.upgrade(store)
    store.close()
    return folder / "mailer.db"


def open_sqlite(template: Path, folder: Path) -> Store:
    """A store of its own in ``folder``; whoever opened it closes it."""
    shutil.copy(template, folder / "mailer.db")
    return Store(sqlite_url(folder))


def make_postgres(server: PostgresServer) -> Store:
    """A store on a migrated database; for many tests, one after the other, each of which empties it first."""
    store = Store(server.url(server.create_database()))
    migrate.upgrade(store)
    return store


def empty(store: Store) -> None:
    """Takes every row out and starts every counter anew; fails when another transaction still holds a table."""
    tables = ", ".join(name for name in inspect(store.engine).get_table_names() if name != "alembic_version")
    with store.begin() as session:
        session.execute(text("SET LOCAL lock_timeout = '5s'"))
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
