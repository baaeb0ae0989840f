"""One statement for many rows on the hot path: compiled once for a dialect, each value converted by its column's own type.

SQLAlchemy draws up the parameters of every row anew, which at a thousand mails a second costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, Update
from sqlalchemy.engine import Dialect
from sqlmodel import Session

_Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    columns: tuple[tuple[str, _Processor], ...]  # in the order of the statement
    fixed: dict[str, Any]  # literals of the statement, as the driver wants them
    positional: bool

    def row(self, values: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        fixed = self.fixed
        converted = [
            fixed[name] if name in fixed else process(values[name]) if process else values[name]
            for name, process in self.columns
        ]
        if self.positional:
            return tuple(converted)
        return dict(zip([name for name, _ in self.columns], converted, strict=True))


class Bulk:
    """An INSERT or UPDATE whose parameters are ``names``; ``run`` executes it for any number of rows."""

    def __init__(self, statement: Insert | Update, names: Sequence[str] | None = None) -> None:
        self._statement, self._names = statement, names
        self._compiled: dict[str, _Compiled] = {}

    def run(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Each row names every parameter. Nothing is done for no rows."""
        if not rows:
            return
        connection = session.connection()
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = self._compile(connection.dialect)
        connection.exec_driver_sql(compiled.sql, [compiled.row(values) for values in rows])

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._names)
        binds = compiled.binds
        processors: dict[str, _Processor] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()
        }
        fixed = {
            name: processors[name](value) if processors[name] else value  # type: ignore[misc]  # asked just before
            for name, value in compiled.params.items()
            if not binds[name].required
        }
        order = compiled.positiontup or list(compiled.params)
        return _Compiled(str(compiled), tuple((name, processors[name]) for name in order), fixed, compiled.positional)
