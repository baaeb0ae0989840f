"""A private PostgreSQL cluster with a fresh database for every test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.support.servers.programs import Program, find_program, free_port, private_folder

# The operating system does not crash in a test, so nothing is gained by waiting for the disk.
# synchronous_commit stays on: an immediate stop must not lose what was committed.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
}


class PostgresServer:
    """Runs from ``__enter__`` to ``__exit__`` on one port, through restarts. As root it runs as the user ``postgres``."""

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        versions = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
        self._postgres = find_program("postgres", *versions)
        self._initdb = find_program("initdb", *versions)
        self._settings = _SETTINGS | (settings or {})
        self.port = free_port()
        self._folder = private_folder("postgres")
        self._program: Program | None = None
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """A SQLAlchemy URL."""
        return f"postgresql+psycopg://mailer@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection in autocommit; the caller closes it."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="mailer", dbname=database, autocommit=True, connect_timeout=5
        )

    def create_database(self, template: str = "template1") -> str:
        """The name of a new database, a copy of ``template``."""
        name = f"test_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return name

    def drop_database(self, name: str) -> None:
        """Takes the connections that are still on it away too."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def start(self) -> None:
        words = [self._postgres, "-D", str(self._folder / "cluster"), "-p", str(self.port)]
        for key, value in self._settings.items():
            words += ["-c", f"{key}={value}"]
        self._program = Program(words, self._folder / "log", self._answers, user="postgres", last_signal="QUIT")

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_running(self) -> None:
        if not self._answers():
            self.kill()
            self.start()

    def stop(self, mode: str = "fast") -> None:
        """``fast`` ends the sessions in order; ``immediate`` is a crash of the server that recovers at the next start."""
        if self._program is not None:
            self._program.stop({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])

    def kill(self) -> None:
        """Ends the server at once; its own children would outlive a kill -9 for a moment and keep the port."""
        self.stop("immediate")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        words = [self._initdb, "-D", str(self._folder / "cluster"), "-U", "mailer", "-A", "trust", "-E", "UTF8"]
        words += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        subprocess.run([*_as_postgres(), *words], cwd=self._folder, check=True, capture_output=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _as_postgres() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    return (find_program("setpriv"), "--reuid=postgres", "--regid=postgres", "--init-groups", "--")
