"""A whole database into one file and back: SQLite by VACUUM INTO, PostgreSQL by its own pg_dump and pg_restore.

Both take one consistent moment while others write. Owns no archive and no rule about what a restored database may do.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from mailer.store.engine import Store

_WITHIN = 3_600.0  # seconds for pg_dump or pg_restore
_MAGIC = b"SQLite format 3\x00"


class SnapshotError(Exception):
    """It could not be taken or put back; ``str()`` says why, in the words of the database or its tool."""


def kind_of(url: str) -> str:
    """``sqlite`` or ``postgresql``."""
    return make_url(url).get_backend_name()


def take(store: Store, path: Path) -> None:
    """Writes the database as it is now to ``path``, which must not exist. Raises SnapshotError."""
    if store.is_sqlite:
        try:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                raw = connection.connection.driver_connection
                assert isinstance(raw, sqlite3.Connection)
                raw.execute("VACUUM INTO ?", (str(path),))
        except (OperationalError, sqlite3.Error) as error:
            raise SnapshotError(str(error)) from error
        path.chmod(0o600)
        return
    _run("pg_dump", store.url, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def put_back_sqlite(path: Path, target: Path) -> Path | None:
    """Puts a snapshot in the place of ``target``; where the database that was there is kept now, None if none was.

    Nobody may have it open.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise SnapshotError("not a SQLite database")
    kept = set_aside(target) if target.exists() else None
    shutil.move(path, target)
    target.chmod(0o600)
    return kept


def set_aside(database: Path, why: str = "before-restore") -> Path:
    """Renames a SQLite file and what belongs to it; where it is kept now. Nobody may have it open."""
    kept = free_name(database, why)
    for suffix in ("", "-wal", "-shm"):
        beside = database.with_name(database.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    return kept


def put_back_postgres(url: str, path: Path) -> None:
    """Replaces every table of ours by the snapshot's, in one transaction. Raises SnapshotError."""
    _run(
        "pg_restore", url, "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
        "--exit-on-error", str(path),
    )  # fmt: skip


def is_empty(store: Store) -> bool:
    """No table of anybody's is there yet."""
    with store.engine.connect() as connection:
        query = (
            "SELECT count(*) FROM sqlite_master"
            if store.is_sqlite
            else "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        )
        return bool(connection.execute(text(query)).scalar_one() == 0)


def free_name(target: Path, why: str = "before-restore") -> Path:
    """Where what stands at ``target`` is kept when something else takes its place."""
    number = 1
    while (free := target.with_name(f"{target.name}.{why}-{number}")).exists():
        number += 1
    return free


def _run(program: str, url: str, *words: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise SnapshotError(f"{program} is not installed (Debian: postgresql-client)")
    parts = make_url(url)
    # the password goes by the environment: a command line can be read by every user of the machine
    environment = os.environ | ({"PGPASSWORD": parts.password} if parts.password else {})
    done = subprocess.run(  # noqa: S603 - a program found by name, and words of our own
        [found, f"--dbname={_libpq(parts)}", *words], env=environment, capture_output=True, check=False, timeout=_WITHIN
    )
    if done.returncode:
        raise SnapshotError(done.stderr.decode("utf-8", "replace").strip()[-500:])


def _libpq(parts: URL) -> str:
    return parts.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
