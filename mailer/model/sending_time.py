"""How long a sending will take, worked out of the budgets before it begins. Pure.

The budgets are sliding windows (attempts of the last minute, hour, day), as the queue counts them; so what is left of
them today, and when the rest may go, follows from the attempts already made. Retries are not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

_MINUTE: Final = timedelta(minutes=1)
_SECONDS_A_MAIL: Final = 1.0  # one connection without any budget: a mail takes about as long as a few round trips
_PAUSE: Final = timedelta(minutes=10)  # a gap as long as that is told
_STEP: Final = timedelta(minutes=10)
_MOST_STEPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Budgets:
    """Attempts allowed in any minute, hour, day; 0 is no limit. ``connections``: how many mails are sent at once."""

    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0
    connections: int = 1

    @property
    def windows(self) -> tuple[tuple[int, timedelta], ...]:
        """Those longer than a minute, which do more than set the pace."""
        every = ((self.per_hour, timedelta(hours=1)), (self.per_day, timedelta(days=1)))
        return tuple((limit, length) for limit, length in every if limit)

    @property
    def a_minute(self) -> float:
        """How many leave in a minute in which nothing stands in the way."""
        return self.per_minute or max(self.connections, 1) * _MINUTE.seconds / _SECONDS_A_MAIL


@dataclass(frozen=True, slots=True)
class Portion:
    """``count`` mails that leave one after the other from ``begins_at`` on; the last one at ``ends_at``."""

    count: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """``portions`` in order, a pause of at least ten minutes between each two. ``is_whole``: all of them are told."""

    count: int
    begins_at: datetime
    portions: tuple[Portion, ...]
    is_whole: bool = True

    @property
    def ends_at(self) -> datetime | None:
        return self.portions[-1].ends_at if self.portions and self.is_whole else None


def forecast(count: int, budgets: Budgets, used: Iterable[tuple[datetime, int]], begins_at: datetime) -> Forecast:
    """``used``: (when, how many) attempts of the last 24 hours; ``begins_at`` aware."""
    steps: list[Portion] = []
    spent = sorted((at, n) for at, n in used if n > 0)
    now, left = begins_at, count
    while left and len(steps) < _MOST_STEPS:
        allowed, free_at = _allowance(budgets, spent, now)
        if not allowed:
            now = free_at
            continue
        # a window is counted from when its mails left: booked in short steps, not as one block
        n = min(left, allowed, max(int(budgets.a_minute * _STEP.seconds / _MINUTE.seconds), 1))
        steps.append(Portion(n, now, now + _MINUTE * (n / budgets.a_minute)))
        spent.append((now, n))
        left -= n
        now = steps[-1].ends_at
    return Forecast(count, begins_at, tuple(_joined(steps)), is_whole=not left)


def _allowance(budgets: Budgets, spent: Sequence[tuple[datetime, int]], now: datetime) -> tuple[int, datetime]:
    """How many may leave now; and, if none, when one may again."""
    allowed, free_at = 1 << 30, now
    for limit, length in budgets.windows:
        inside = [(at, n) for at, n in spent if at > now - length]
        rest = limit - sum(n for _, n in inside)
        allowed = min(allowed, max(rest, 0))
        over = 1 - rest  # so many attempts have to grow old
        for at, n in inside if over > 0 else ():
            over -= n
            if over <= 0:
                free_at = max(free_at, at + length)
                break
    return allowed, free_at


def _joined(steps: Sequence[Portion]) -> Iterable[Portion]:
    if not steps:
        return
    begins_at, count = steps[0].begins_at, 0
    for step, after in pairwise((*steps, None)):
        assert step is not None
        count += step.count
        if after is None or after.begins_at - step.ends_at >= _PAUSE:
            yield Portion(count, begins_at, step.ends_at)
            if after is not None:
                begins_at, count = after.begins_at, 0


def sentence(told: Forecast, now: datetime, zone: tzinfo) -> str:
    """«412 封约 14 分钟，约 18:09 发完。», «412 封：先发 88 封，约 3 分钟；发信额度用完后，其余 324 封 明天 08:00 起接着发。»

    ``now``: days are told as seen from then.
    """
    if not told.count:
        return "没有要发的邮件。"
    if not told.portions:
        return f"{told.count} 封；现在还不能算出要多久。"
    first, *rest = told.portions
    begin = "" if first.begins_at - told.begins_at < _MINUTE else f"{_moment(first.begins_at, now, zone)} 起"
    if not rest and told.is_whole:
        words = f"{told.count} 封{_length(first)}，约 {_moment(first.ends_at, now, zone)} 发完。"
        return f"发信额度已用完，{begin}才能再发：{words}" if begin else words
    begin = begin and f"{begin}，"
    left = told.count - first.count
    words = f"{told.count} 封：{begin}先发 {first.count} 封，{_length(first)}；发信额度用完后，"
    words += f"其余 {left} 封 {_moment(rest[0].begins_at, now, zone)} 起接着发" if rest else f"其余 {left} 封以后接着发"
    last = told.ends_at
    if last is not None and len(rest) > 1:
        words += f"，约 {_moment(last, now, zone)} 发完"
    return words + "。"


def _length(portion: Portion) -> str:
    minutes = -(-(portion.ends_at - portion.begins_at) // _MINUTE)
    if minutes < 60:
        return f"约 {max(minutes, 1)} 分钟"
    hours, rest = divmod(minutes, 60)
    return f"约 {hours} 小时{f' {rest} 分钟' if rest else ''}"


def _moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    day = {0: "", 1: "明天 "}.get(days, f"{local.month}月{local.day}日 ")
    return f"{day}{local:%H:%M}"
