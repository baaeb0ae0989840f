"""Spacing on the wire: the messages of a minute leave evenly, not in a burst. In memory, one per process.

The budget itself is kept in the database (a restart gives no new one); this only spreads what was granted.
"""

from __future__ import annotations

from collections.abc import Callable


class Spacing:
    """Gives each message its turn. ``per_minute`` 0: no spacing. ``elapsed``: seconds that only grow."""

    def __init__(self, per_minute: int, elapsed: Callable[[], float]) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._elapsed = elapsed
        self._next = 0.0

    def turn(self, _domain: str) -> float:
        """Seconds this message has to wait; its turn is taken with the call."""
        if not self._gap:
            return 0.0
        now = self._elapsed()
        mine = max(self._next, now)
        self._next = mine + self._gap
        return mine - now
