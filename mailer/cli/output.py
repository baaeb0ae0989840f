"""What every command prints through: Chinese sentences for people, JSON Lines for programs, one way to fail.

Rules (DESIGN 6): with --json nothing but JSON goes to stdout; errors become {"event":"error",...}; never a traceback
for bad input. Exit codes: 0 done, 1 the job failed or stopped, 2 wrong use, 75 only from ``bounces take-in``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, TextIO


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    TEMPORARY = 75
    INTERRUPTED = 130


class CommandError(Exception):
    """Ends a command with a sentence in Chinese: what, where (``message``), what to do (``hint``)."""

    def __init__(self, code: str, message: str, hint: str = "", exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.exit_code = code, message, hint, exit_code


def write_file(path: Path, data: bytes) -> None:
    """Writes what a command was asked for into a file. Raises CommandError."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandError("cannot_write", f"写不进 {path}：{error.strerror}", "换一个能写的地方。") from error


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


@dataclass(slots=True)
class Output:
    """``json`` is the command's --json switch."""

    json: bool = False
    stdout: TextIO | None = None
    stderr: TextIO | None = None

    def line(self, text: str = "") -> None:
        """A line for people; silent under --json."""
        if not self.json:
            print(text, file=self.stdout or sys.stdout, flush=True)

    def note(self, text: str) -> None:
        """A remark beside the result, on stderr."""
        print(text, file=self.stderr or sys.stderr, flush=True)

    def object(self, value: dict[str, Any]) -> None:
        """One JSON object on one line of stdout; silent without --json."""
        if self.json:
            print(json.dumps(value, ensure_ascii=False, default=_plain), file=self.stdout or sys.stdout, flush=True)

    def fail(self, error: CommandError) -> None:
        if self.json:
            self.object({"event": "error", "code": error.code, "message": error.message, "hint": error.hint})
        else:
            self.note(f"错误：{error.message}")
            if error.hint:
                self.note(f"怎么办：{error.hint}")
