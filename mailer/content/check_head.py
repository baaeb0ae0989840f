"""Pre-flight of the head: name, office, date, number, secrecy mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from mailer.content.findings import stop, warn
from mailer.content.issue import Finding, Issue, Place
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.secrecy import is_state_secret

_INNER_MARK_RE: Final = re.compile(
    r"工作秘密|不得外传|严禁外传|请勿外传|内部资料|内部文件|内部参阅|内部刊物|内部使用|内部掌握|内部材料|仅供内部|注意保[存密管]|不予公开|非公开"
)
_WEEKDAY_RE: Final = re.compile(r"(?:星期|周|礼拜)([一二三四五六日天])")
_WEEKDAYS: Final = "一二三四五六日"
_OLD: Final = timedelta(days=31)
_HEAD: Final = Place(note="报头")


@dataclass(frozen=True, slots=True)
class KnownIssues:
    """The numbers already taken, with their dates: one bulletin, one series, and one year where numbers begin anew.

    ``year_before``: the last number and date of the year before, for a bulletin whose numbers begin anew.
    """

    taken: tuple[tuple[int, date | None], ...] = ()
    year_before: tuple[int, date | None] | None = None

    @property
    def last(self) -> int | None:
        return max((number for number, _ in self.taken), default=None)

    @property
    def last_date(self) -> date | None:
        return max((day for _, day in self.taken if day is not None), default=None)

    def date_of(self, number: int) -> tuple[bool, date | None]:
        """(whether the number is taken, the date of that issue)."""
        return next(((True, day) for taken, day in self.taken if taken == number), (False, None))


def check_head(issue: Issue, known: KnownIssues | None, today: date) -> Iterator[Finding]:
    if not issue.title:
        yield warn("no_title", "报头没有认出刊名。", "请在第一行写上刊名。", _HEAD)
    if issue.issuing_office is None:
        yield warn("no_office", "报头没有认出编发单位。", "请在期号下面写上编发单位全称。", _HEAD)
    yield from _date(issue, today)
    yield from _number(issue, known or KnownIssues())
    yield from _marks(issue)


def _date(issue: Issue, today: date) -> Iterator[Finding]:
    if issue.date is None:
        what = f"报头的日期“{issue.date_printed}”不是一个完整、存在的日期。" if issue.date_printed else "报头没有日期。"
        yield stop("no_date", what, "请写上年、月、日，例如“2026年3月9日”。", _HEAD)
        return
    printed = issue.date_printed or _said(issue.date)
    away = (issue.date - today).days
    if away > 0:
        yield warn(
            "date_future",
            f"印发日期 {printed} 还没有到（晚 {away} 天）。",
            "请核对日期；若是提前准备，可定时发出。",
            _HEAD,
        )
    elif today - issue.date > _OLD:
        new_year = today.month <= 2 and issue.date.month <= 2 and issue.date.year == today.year - 1
        slip = "年份像是还写着去年，" if new_year else ""
        yield warn("date_old", f"印发日期 {printed} 已过去 {-away} 天。", f"{slip}请核对年、月、日是否写错。", _HEAD)
    elif away == -1:
        yield warn("date_not_today", f"印发日期 {printed} 是昨天。", "若今天印发，请改日期；否则不必处理。", _HEAD)
    elif away:
        yield warn(
            "date_not_today", f"印发日期 {printed} 是 {-away} 天前。", "若今天印发，请改日期；否则不必处理。", _HEAD
        )
    told = _WEEKDAY_RE.search(issue.date_printed)
    is_other = told is not None and told[1].replace("天", "日") != _WEEKDAYS[issue.date.weekday()]
    if issue.date.weekday() >= 5 and abs(away) <= _OLD.days and not is_other:
        yield warn(
            "date_day_off",
            f"印发日期 {printed} 是星期{_WEEKDAYS[issue.date.weekday()]}。",
            "请核对日期；若是调休上班，不必处理。",
            _HEAD,
        )
    if told and is_other:
        yield warn(
            "date_weekday",
            f"报头印着星期{told[1]}，而 {_said(issue.date)} 是星期{_WEEKDAYS[issue.date.weekday()]}。",
            "请核对日期和星期哪一个写错了。",
            _HEAD,
        )
    if issue.year is not None and issue.year != issue.date.year:
        yield warn(
            "year_mismatch",
            f"期号里是{issue.year}年，印发日期是{issue.date.year}年。",
            "请核对期号和日期里的年份。",
            _HEAD,
        )


def _number(issue: Issue, known: KnownIssues) -> Iterator[Finding]:
    if issue.number is None:
        yield stop("no_number", "报头没有期号。", "请写上期号，例如“第12期”。", _HEAD)
        return
    last, number = known.last, issue.number
    taken, day = known.date_of(number)
    if last is None:
        if known.year_before is not None and number != 1:
            yield _new_year(number, known.year_before)
        return
    new_year = bool(issue.date and known.last_date and issue.date.year > known.last_date.year)
    if taken and issue.date and day and issue.date.year > day.year:
        yield stop(
            "year_rollover",
            f"第{number}期在{_said(day)}已经用过，两年的期号分不开。",
            f"如果期号每年从头编，请在期号前印上年份，例如“{issue.date.year}年第{number}期”；如果连续编，应为第{last + 1}期。",
            _HEAD,
        )
    elif taken:
        when = f"（{_said(day)}）" if day else ""
        yield stop(
            "number_taken",
            f"第{number}期已经收录过{when}。",
            f"请核对期号；上一期是第{last}期，顺序应为第{last + 1}期。",
            _HEAD,
        )
    elif number != last + 1 and new_year and number < last:
        yield _new_year(number, (last, known.last_date))
    elif number != last + 1:
        way = "跳过了中间的期号" if number > last else "比上一期小"
        yield warn(
            "number_gap",
            f"期号是第{number}期，上一期是第{last}期，{way}。",
            f"请核对期号；顺序应为第{last + 1}期。",
            _HEAD,
        )
    before = max((each for each in known.taken if each[0] < number and each[1] is not None), default=None)
    if before is not None and before[1] is not None and issue.date is not None and issue.date < before[1]:
        yield warn(
            "date_before_last",
            f"第{number}期的日期比第{before[0]}期（{_said(before[1])}）还早。",
            "请核对这一期的日期。",
            _HEAD,
        )


def _new_year(number: int, before: tuple[int, date | None]) -> Finding:
    when = f"（{_said(before[1])}）" if before[1] else ""
    return warn(
        "year_rollover",
        f"新的一年第一次编号，印的是第{number}期；上年最后是第{before[0]}期{when}。",
        f"如果期号每年从头编，应为第1期；如果连续编，应为第{before[0] + 1}期。",
        _HEAD,
    )


def _marks(issue: Issue) -> Iterator[Finding]:
    if issue.secrecy is None:
        return
    if is_state_secret(issue.secrecy) or any(is_state_secret(part) for part in issue.secrecy.split()):
        yield stop(
            "state_secret",
            f"报头标有密级“{issue.secrecy}”。国家秘密不得通过互联网邮件传递。",
            "请立即停止，按保密规定处理；若标错，请改正原稿后重新交来。",
            _HEAD,
        )
    elif _INNER_MARK_RE.search(despaced(issue.secrecy)):
        yield warn(
            "inner_mark",
            f"报头标有“{issue.secrecy}”。",
            "请由负责人确认可以用邮件发给名单上的每个人，尤其是单位以外的邮箱。",
            _HEAD,
        )


def _said(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
