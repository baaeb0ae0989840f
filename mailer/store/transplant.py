"""A whole SQLite database into an empty PostgreSQL one: every table, in one transaction of the target. Given both, commits nothing.

Rows go through the tables' own types, so that times, flags and JSON mean the same on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, MetaData, Table, func, insert, inspect, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError

_ROWS = 2_000  # of one statement


class TransplantError(Exception):
    """The copy cannot be made or is not whole; which table, in Chinese."""


def is_empty(connection: Connection, metadata: MetaData) -> bool:
    """No row of ours is there; tables may be."""
    there = set(inspect(connection).get_table_names())
    return all(
        connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
        for table in metadata.sorted_tables
        if table.name in there
    )


def copy(
    source: Connection, target: Connection, metadata: MetaData, told: Callable[[str, int], None]
) -> dict[str, int]:
    """Every row of every table; the number of rows by table. ``told`` hears of each table. Raises TransplantError."""
    copied: dict[str, int] = {}
    for table in metadata.sorted_tables:
        try:
            copied[table.name] = _copy_table(source, target, table)
        except (DataError, IntegrityError, ValueError) as error:
            why = getattr(error, "orig", error)
            raise TransplantError(f"表 {table.name} 里有 PostgreSQL 不收的内容：{why}") from error
        _draw_on(target, table)
        told(table.name, copied[table.name])
    return copied


def differences(source: Connection, target: Connection, metadata: MetaData) -> list[str]:
    """Tables whose rows are not the same on both sides, compared one by one in the order of their keys."""
    return [table.name for table in metadata.sorted_tables if not _are_same(source, target, table)]


def _copy_table(source: Connection, target: Connection, table: Table) -> int:
    own = _references_to_itself(table)
    n = 0
    for rows in _slices(source, table):
        target.execute(insert(table), [row | dict.fromkeys((column.name for column in own), None) for row in rows])
        n += len(rows)
    for column in own:  # a row may name one that comes after it
        key = next(iter(table.primary_key.columns))
        named = source.execute(select(key, column).where(column.is_not(None))).all()
        for id_, other in named:
            target.execute(update(table).where(key == id_).values({column.name: other}))
    return n


def _slices(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows = select(table).order_by(*table.primary_key.columns)
    found = connection.execute(rows, execution_options={"yield_per": _ROWS})
    for part in found.mappings().partitions(_ROWS):
        yield [dict(row) for row in part]


def _references_to_itself(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns for key in column.foreign_keys if key.column.table is table]


def _draw_on(target: Connection, table: Table) -> None:
    """Ids that the database draws itself go on behind the highest that came."""
    for column in table.primary_key.columns:
        sequence = target.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
        ).scalar()
        if sequence:
            highest = target.execute(select(func.max(column))).scalar()
            if highest is not None:
                target.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


def _are_same(source: Connection, target: Connection, table: Table) -> bool:
    """Compared as sets of a slice's rows by key: the two databases may order texts differently."""
    keys = [column.name for column in table.primary_key.columns]

    def by_key(connection: Connection) -> dict[tuple[Any, ...], int]:
        rows = (row for part in _slices(connection, table) for row in part)
        return {tuple(row[key] for key in keys): _print(row) for row in rows}

    return by_key(source) == by_key(target)


def _print(row: dict[str, Any]) -> int:
    """One number for all that a row says."""
    return hash(tuple(bytes(value) if isinstance(value, memoryview) else repr(value) for value in row.values()))
