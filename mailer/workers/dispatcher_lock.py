"""One dispatcher per data folder: a lock held for the process's life, with the relay it sends through written inside."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class DispatcherLock:
    """Taken with ``take``; given back by the end of the process, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "dispatcher.lock"
        self._fd = -1

    def take(self, relay: str) -> bool:
        """False while another process holds it. ``relay``: fingerprint of the relay we would send through."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        os.ftruncate(fd, 0)
        os.pwrite(fd, relay.encode("ascii"), 0)
        self._fd = fd
        return True

    def holder_relay(self) -> str | None:
        """The relay of the process that holds it; None when nobody seems to."""
        try:
            return self._path.read_text(encoding="ascii") or None
        except OSError:
            return None

    def release(self) -> None:
        if self._fd >= 0:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1
