"""Opens the database: one engine for writers, one for readers, and the scope of a transaction on each.

SQLite: WAL, synchronous=FULL (an outcome that was settled survives a power cut), BEGIN IMMEDIATE for writers, because a
read that turns into a write fails with "database is locked" at once, whatever the busy timeout. Readers use plain BEGIN.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from mailer.store.ledger_rows import write_tally

#: What a database that is away, restarting or overrun raises; a pool that ran dry is no DBAPIError.
UNAVAILABLE = (DBAPIError, PoolTimeoutError)

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",  # milliseconds; a writer holds the lock for one short transaction only
    "PRAGMA temp_store=MEMORY",
)

#: A host that vanished in the middle of a transaction must not hold its locks for hours.
_POSTGRES: dict[str, Any] = {
    "connect_timeout": 5,  # seconds, as the rest
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "options": "-c idle_in_transaction_session_timeout=120s",
}


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'mailer.db'}"


def _engine(url: str, begin: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # pre-ping only covers the start of a transaction; a connection lost in COMMIT is for the caller to re-read
        return create_engine(parsed, pool_pre_ping=True, pool_size=5, connect_args=_POSTGRES)
    engine = create_engine(
        parsed, poolclass=QueuePool, pool_size=5, connect_args={"check_same_thread": False, "timeout": 30}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions behind our back
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Store:
    """The database as flows see it. ``begin`` for anything that writes, ``read`` for a snapshot that never writes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url, "BEGIN IMMEDIATE")
        self._reader = _engine(url, "BEGIN") if self.is_sqlite else self.engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
            write_tally(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One snapshot. On PostgreSQL repeatable read, so that a sum and its parts are of one moment."""
        with Session(self._reader, expire_on_commit=False) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        self.engine.dispose()
        if self._reader is not self.engine:
            self._reader.dispose()
