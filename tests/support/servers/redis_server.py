"""A private Redis: the broker that faults are done to."""

from __future__ import annotations

import shutil
import signal
from types import TracebackType
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.servers.programs import Program, find_program, free_port, private_folder


class RedisServer:
    """Runs from ``__enter__`` to ``__exit__`` on one port, through kills and restarts.

    ``append_only``: whether what was acknowledged outlives a kill (appendfsync always) or is lost with the process.
    """

    def __init__(self, *, append_only: bool = True, options: tuple[str, ...] = ()) -> None:
        self._program_path = find_program("redis-server")
        self._append_only, self._options = append_only, options
        self.port = free_port()
        self.folder = private_folder("redis")
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self, timeout: float = 5.0) -> redis.Redis:
        """A client that tries once, with a connection pool of its own; the caller closes it. ``timeout`` in seconds."""
        return redis.Redis(
            host="127.0.0.1", port=self.port, socket_timeout=timeout, decode_responses=True, retry=Retry(NoBackoff(), 0)
        )

    def command(self, *words: str) -> Any:
        """One command on a connection of its own, for instance ``command("CONFIG", "SET", "maxmemory", "1mb")``."""
        with self.client() as client:
            return client.execute_command(*words)

    def start(self) -> None:
        words = [self._program_path, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        words += ["--save", "", "--appendonly", "yes" if self._append_only else "no", "--appendfsync", "always"]
        self._program = Program([*words, *self._options], self.folder / "log", self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self.command("PING"))
        except redis.RedisError:
            return False

    def ensure_running(self) -> None:
        if not self._answers():
            self.kill()
            self.start()

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """kill -9."""
        if self._program is not None:
            self._program.kill()

    def restart(self) -> None:
        """kill -9 and a new process on the same port and folder."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """The process is there, the port accepts, nothing answers."""
        if self._program is not None:
            self._program.send(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._program is not None:
            self._program.send(signal.SIGCONT)

    def flush_all(self) -> None:
        self.command("FLUSHALL")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
