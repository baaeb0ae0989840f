"""When a delivery is tried again and when we give up (RFC 5321 4.5.4.1). Time and jitter are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from mailer.model.verdict import Hint

#: A day limit is over the next morning, when somebody is in the office to see what happens.
_NEXT_MORNING = time(8, 0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    first: timedelta = timedelta(minutes=5)
    factor: float = 2.0
    cap: timedelta = timedelta(hours=2)
    give_up: timedelta = timedelta(hours=72)
    office_zone: tzinfo = UTC

    def due_at(self, attempts: int, now: datetime, jitter: float, hint: Hint = Hint()) -> datetime:  # noqa: B008 - frozen
        """The next try after ``attempts`` tries; ``jitter`` is uniform in [0, 1): base x uniform(1, 1.5).

        The provider's own words win over the schedule.
        """
        if hint.tomorrow:
            local = now.astimezone(self.office_zone) + timedelta(days=1)
            return datetime.combine(local.date(), _NEXT_MORNING, self.office_zone).astimezone(UTC)
        spread = 1 + jitter / 2
        if hint.after is not None:
            return now + hint.after * spread
        # the exponent is bounded so that a row tried for years does not overflow
        base = min(self.cap, self.first * self.factor ** min(max(attempts - 1, 0), 30))
        return now + base * spread

    def gives_up_at(self, queued_at: datetime) -> datetime:
        return queued_at + self.give_up
