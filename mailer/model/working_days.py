"""Which days are worked: weekdays, but for a year's public holidays and the weekends worked in exchange (调休).

The State Council announces each year's holidays late in the year before, so they are data that the office keeps, never
a guess of ours: a year without a calendar has plain weeks. Knows no files and no clock.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

_SATURDAY = 5
_LONGEST = 30  # days of one holiday: more is a slip of the pen
_YEARS = range(2000, 2101)
_KEYS = frozenset({"name", "from", "to", "work"})


class CalendarError(ValueError):
    """A calendar that cannot be read; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """``holidays``: days off; ``worked``: weekend days that are worked; ``years``: those the office has a calendar of."""

    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.holidays)

    def back(self, day: date, count: int) -> date:
        """The ``count``-th working day before ``day``."""
        while count:
            day -= timedelta(days=1)
            count -= self.is_working(day)
        return day

    def __or__(self, other: WorkingDays) -> WorkingDays:
        return WorkingDays(self.holidays | other.holidays, self.worked | other.worked, self.years | other.years)


def all_of(calendars: Iterable[WorkingDays]) -> WorkingDays:
    together = WorkingDays()
    for each in calendars:
        together |= each
    return together


def read_calendar(text: str) -> WorkingDays:
    """A year's file, in TOML as the announcement puts it: ``[[holiday]]`` with ``name``, ``from``, ``to`` and ``work``,
    the weekend days worked for it; above them ``year``. Raises CalendarError.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CalendarError(f"不是 TOML：{error}。") from error
    year = data.get("year")
    entries = data.get("holiday")
    if not isinstance(year, int) or year not in _YEARS:
        raise CalendarError("开头缺少年份，写成：year = 2027。")
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise CalendarError("没有假期，每个假期写一段 [[holiday]]。")
    return all_of(_holiday(each, year) for each in entries)


def _holiday(entry: dict[str, Any], year: int) -> WorkingDays:
    name = entry.get("name") or "（未写名称）"
    if unknown := sorted(entry.keys() - _KEYS):
        raise CalendarError(f"假期“{name}”里有不认识的项：{'、'.join(unknown)}；只有 name、from、to、work。")
    first, last = (_day(entry.get(key), key, name) for key in ("from", "to"))
    length = (last - first).days + 1
    if not 1 <= length <= _LONGEST:
        raise CalendarError(f"假期“{name}”从 {first} 到 {last}，先后或长短不对。")
    if year not in {first.year, last.year}:
        raise CalendarError(f"假期“{name}”不在 {year} 年。")
    worked = entry.get("work", [])
    if not isinstance(worked, list):
        raise CalendarError(f"假期“{name}”的 work 要写成日期的列表，如 [2027-02-20]。")
    days = frozenset(_day(each, "work", name) for each in worked)
    for day in sorted(days):
        if day.weekday() < _SATURDAY or abs(day - first).days > 2 * _LONGEST:
            raise CalendarError(f"假期“{name}”的上班日 {day} 不是附近的周末，请核对。")
    return WorkingDays(frozenset(first + timedelta(days=nth) for nth in range(length)) - days, days, frozenset({year}))


def _day(value: object, key: str, name: str) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise CalendarError(f"假期“{name}”的 {key} 不是日期，写成 2027-01-01 这样，不加引号。")
    return value
