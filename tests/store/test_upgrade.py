"""A database of the first schema with a row in every table comes to the newest on both engines; and as long as programs of
both versions run side by side, what the older one writes is still taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
)
from sqlmodel import SQLModel

import recipients.tables  # noqa: F401 - its tables belong to the same tree
from mailer.store import migrate, schema
from mailer.store.engine import Store, sqlite_url

FIRST = "0001"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of the first schema."""
    url = sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store(url)
    with store.engine.begin() as connection:
        command.upgrade(migrate._config(connection), FIRST)
    yield store
    store.close()


def tables_of(store: Store) -> MetaData:
    found = MetaData()
    found.reflect(store.engine)
    found.remove(found.tables["alembic_version"])
    return found


def sample(store: Store, table: Table, number: int) -> dict[str, Any]:
    """A row that the table's own constraints allow; ``number`` is its key and that of what it refers to."""
    allowed = {
        match[1]: re.findall(r"'([^']*)'", match[2])
        for check in inspect(store.engine).get_check_constraints(table.name)
        if (match := re.search(r"\(?\"?(\w+)\"?\)?(?:::text)? (?:IN|= ANY) (.*)", check["sqltext"]))
    }
    return {column.name: _value(column, allowed.get(column.name, []), number) for column in table.columns}


def _value(column: Column[Any], allowed: list[str], number: int) -> Any:
    if allowed:
        return allowed[0]
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, DateTime):
        return NOW if column.type.timezone else NOW.replace(tzinfo=None)
    if isinstance(column.type, Date):
        return NOW.date()
    if isinstance(column.type, LargeBinary):
        return b"bytes"
    return {"a": number} if isinstance(column.type, JSON) else f"text {number}"


def fill(store: Store, tables: MetaData, number: int) -> None:
    rows = [(table, sample(store, table, number)) for table in tables.sorted_tables]
    with store.engine.begin() as connection:
        for table, row in rows:
            connection.execute(insert(table).values(**row))


def counts(store: Store, tables: MetaData) -> dict[str, int]:
    with store.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.sorted_tables
        }


def test_a_filled_database_of_the_first_schema_comes_to_the_newest(old: Store):
    before = tables_of(old)
    assert len(before.tables) > 30
    fill(old, before, 1)
    assert schema.current(old) == FIRST
    migrate.upgrade(old)
    assert schema.current(old) == schema.newest()
    assert counts(old, before) == dict.fromkeys(before.tables, 1)
    migrate.differences(old, SQLModel.metadata)
    with old.read() as session:
        for table in SQLModel.metadata.sorted_tables:  # readable as the tables of today
            session.execute(select(table)).all()
    # a program of the first schema that still runs goes on writing: migrations only add, and what they add has a default
    fill(old, before, 2)
    assert counts(old, before) == dict.fromkeys(before.tables, 2)


def test_every_migration_runs_once_and_in_order():
    names = sorted(path.name for path in (schema.MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
