"""Reading a Maildir that a mail server writes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from tests.support.waiting import wait_until


class Maildir:
    """A folder with ``new`` below it, made by the server at the first delivery."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def messages(self) -> list[bytes]:
        """Every message as delivered, oldest first."""
        return [path.read_bytes() for path in self._files()]

    def _files(self) -> list[Path]:
        # The server moves complete files in; one may be moved away by another reader in between.
        times: list[tuple[int, Path]] = []
        for path in (self.folder / "new").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                times.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(times)]

    def wait_for(self, count: int = 1, *, within: float = 20.0, where: Callable[[bytes], bool] = bool) -> list[bytes]:
        """Waits until ``count`` messages satisfy ``where`` and returns those."""

        def found() -> list[bytes]:
            matching = [message for message in self.messages() if where(message)]
            return matching if len(matching) >= count else []

        return wait_until(found, within, f"{count} messages in {self.folder}")

    def clear(self) -> None:
        for path in self._files():
            path.unlink(missing_ok=True)
