"""A period a report is about: a year, a quarter or a month of the office's calendar. Pure: the zone comes as an argument."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

_YEARS = range(1970, 9000)  # what a database and a calendar of the office can mean
_FORM = re.compile(r"(\d{4})(?:-?[Qq]([1-4])|-(0?[1-9]|1[0-2]))?")
_QUARTERS = "一二三四"


@dataclass(frozen=True, slots=True)
class Period:
    """The calendar months from ``month`` of ``year`` on, ``months`` of them: 12, 3 or 1."""

    year: int
    month: int
    months: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """«2026», «2026-Q4» or «2026-11». ValueError for anything else."""
        match = _FORM.fullmatch(text.strip())
        if match is None or not text.isascii() or int(match[1]) not in _YEARS:
            raise ValueError(text)
        year, quarter, month = match.groups()
        if quarter:
            return cls(int(year), int(quarter) * 3 - 2, 3)
        return cls(int(year), int(month), 1) if month else cls(int(year), 1, 12)

    @classmethod
    def quarter_of(cls, day: date) -> Period:
        return cls(day.year, (day.month - 1) // 3 * 3 + 1, 3)

    def __str__(self) -> str:
        """The form that ``parse`` reads."""
        if self.months == 12:
            return str(self.year)
        return f"{self.year}-Q{self._quarter}" if self.months == 3 else f"{self.year}-{self.month:02}"

    @property
    def label(self) -> str:
        """«2026年第四季度»."""
        if self.months == 12:
            return f"{self.year}年"
        return (
            f"{self.year}年第{_QUARTERS[self._quarter - 1]}季度" if self.months == 3 else f"{self.year}年{self.month}月"
        )

    @property
    def before(self) -> Period:
        return self._moved(-self.months)

    @property
    def after(self) -> Period:
        return self._moved(self.months)

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The moment it begins and the first one after it (UTC)."""
        return self._begin(zone), self.after._begin(zone)

    def holds(self, day: date) -> bool:
        return 0 <= (day.year - self.year) * 12 + day.month - self.month < self.months

    @property
    def _quarter(self) -> int:
        return (self.month + 2) // 3

    def _moved(self, by: int) -> Period:
        year, month = divmod(self.year * 12 + self.month - 1 + by, 12)
        return Period(year, month + 1, self.months)

    def _begin(self, zone: tzinfo) -> datetime:
        return datetime.combine(date(self.year, self.month, 1), time(), zone).astimezone(UTC)
