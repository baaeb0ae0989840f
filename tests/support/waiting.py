"""Waiting on a condition, the only way tests wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_AGAIN_AFTER = 0.01  # seconds


def wait_until(condition: Callable[[], T], within: float = 20.0, what: str = "") -> T:
    """Calls ``condition`` until it returns something true and returns that.

    ``within`` is in seconds; then AssertionError, naming ``what`` was awaited.
    """
    deadline = time.monotonic() + within
    never = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within} s: {what or condition}")
        never.wait(_LOOK_AGAIN_AFTER)
