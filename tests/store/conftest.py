"""``store``: every test that asks for it runs on a SQLite file and on PostgreSQL, both migrated and empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.store.engine import Store
from tests.support.databases import empty, make_postgres, make_sqlite_template, open_sqlite
from tests.support.servers.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def _postgres_store(_postgres_of_session: PostgresServer) -> Iterator[Store]:
    store = make_postgres(_postgres_of_session)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        store = open_sqlite(request.getfixturevalue("_sqlite_template"), tmp_path)
        yield store
        store.close()
        return
    store = request.getfixturevalue("_postgres_store")
    empty(store)
    yield store
