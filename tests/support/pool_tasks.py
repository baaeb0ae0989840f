"""Tasks for the pool of processes: they must be importable by a child."""

from __future__ import annotations

import os
import threading

from recipients.workbook_limits import SpreadsheetError


class StubbornError(Exception):
    """One that cannot be pickled and put together again."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def whoami(text: str) -> tuple[str, int]:
    return text, os.getpid()


def refuse() -> None:
    raise SpreadsheetError("broken_file", "文件损坏。", "请另存。")


def be_stubborn() -> None:
    raise StubbornError("一", "二")


def never_end() -> None:
    threading.Event().wait()


def take_everything() -> int:
    return len(bytearray(64 * 1024 * 1024 * 1024))


def die() -> None:
    os.abort()
