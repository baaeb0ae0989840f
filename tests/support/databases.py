"""Migrated databases for tests: migrated once, then copied, so that each test gets an empty one of its own cheaply."""

from __future__ import annotations

import shutil
from pathlib import Path

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


def make_postgres_template(server: PostgresServer) -> str:
    """The name of a migrated, empty database that nobody is connected to."""
    name = server.create_database()
    store = Store(server.url(name))
    migrate.upgrade(store)
    store.close()
    return name
