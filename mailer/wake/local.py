"""Waking the dispatcher of this very process: an event. Other processes are found by looking at the queue."""

from __future__ import annotations

import threading


class LocalWake:
    def __init__(self) -> None:
        self._event = threading.Event()

    def nudge(self, mailing_id: int) -> None:
        del mailing_id  # one dispatcher, one queue: it looks for itself
        self._event.set()

    def take(self) -> bool:
        """True once for each time somebody nudged."""
        nudged = self._event.is_set()
        self._event.clear()
        return nudged
