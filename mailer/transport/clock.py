"""The machine's clocks as the flows ask for them."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        # BOOTTIME counts while the machine sleeps, as everybody else's lease clock does
        return time.clock_gettime(time.CLOCK_BOOTTIME)
