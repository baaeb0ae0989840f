"""``mailer recipients import`` that kills itself (kill -9) before the first statement that begins as asked.

Usage: python -m tests.faults.dying_import BEGINNING WORDS...   BEGINNING: «INSERT INTO holder », or COMMIT.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from mailer.cli.main import main


def die_before(beginning: str) -> None:
    written = False

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        nonlocal written
        written = written or text.startswith("INSERT INTO holder")
        if text.startswith(beginning):
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_connection: Any) -> None:
        if beginning == "COMMIT" and written:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)


if __name__ == "__main__":
    die_before(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
