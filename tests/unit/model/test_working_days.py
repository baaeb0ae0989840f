"""The office's calendar: weekdays, the holidays it was told, the weekends worked for them; slips of the pen are named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.working_days import CalendarError, WorkingDays, all_of, read_calendar

YEAR = """
year = 2031
[[holiday]]
name = "节一"
from = 2031-01-27
to = 2031-02-02
work = [2031-01-25, 2031-02-08]
[[holiday]]
name = "节二"
from = 2030-12-31
to = 2031-01-01
"""


def test_holidays_are_off_and_weekends_worked_for_them_are_not():
    days = read_calendar(YEAR)
    assert days.years == {2031}
    worked = {date(2031, 1, 24): True, date(2031, 1, 25): True, date(2031, 1, 26): False, date(2031, 1, 27): False}
    worked |= {date(2031, 2, 2): False, date(2031, 2, 3): True, date(2031, 2, 8): True, date(2031, 2, 9): False}
    worked |= {date(2030, 12, 31): False, date(2031, 1, 2): True}
    assert {day: days.is_working(day) for day in worked} == worked


def test_the_fifth_working_day_before_lies_beyond_the_holidays():
    days = read_calendar(YEAR)
    assert days.back(date(2031, 2, 3), 1) == date(2031, 1, 25)
    assert days.back(date(2031, 2, 3), 5) == date(2031, 1, 21)
    assert WorkingDays().back(date(2031, 2, 3), 5) == date(2031, 1, 27)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(0, 9))
def test_a_year_without_a_calendar_has_plain_weeks(day: date, count: int):
    days = WorkingDays()
    assert days.is_working(day) == (day.weekday() < 5)
    before = days.back(day, count)
    assert sum(days.is_working(before + timedelta(days=nth)) for nth in range((day - before).days)) == count


def test_years_stand_beside_each_other():
    other = read_calendar(YEAR.replace("2031", "2032").replace("2030", "2031").replace("2032-02-08", "2032-02-07").replace(
        "2032-01-25", "2032-01-24"
    ))  # fmt: skip
    together = all_of([read_calendar(YEAR), other])
    assert together.years == {2031, 2032}
    assert not together.is_working(date(2031, 1, 27))
    assert not together.is_working(date(2032, 1, 27))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("year = ", "TOML"),
        ("[[holiday]]", "缺少年份"),
        ("year = 1031", "缺少年份"),
        ("year = 2031", "没有假期"),
        ("year = 2031\nholiday = 5", "没有假期"),
        ("year = 2031\n[[holiday]]\nname = '节'", "from 不是日期"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = '2031-01-01'\nto = 2031-01-01", "from 不是日期"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-01T00:00:00\nto = 2031-01-01", "from 不是日期"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-03\nto = 2031-01-01", "先后"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-03\nto = 2031-05-01", "长短"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2033-01-01\nto = 2033-01-01", "不在 2031 年"),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-01\nto = 2031-01-01\nwork = 2031-01-04", "列表"),
        (
            "year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-01\nto = 2031-01-01\nwork = [2031-01-03]",
            "不是附近的周末",
        ),
        (
            "year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-01\nto = 2031-01-01\nwork = [2031-10-04]",
            "不是附近的周末",
        ),
        ("year = 2031\n[[holiday]]\nname = '节'\nfrom = 2031-01-01\nto = 2031-01-01\nworks = []", "不认识的项：works"),
    ],
)
def test_a_slip_of_the_pen_is_named(text: str, told: str):
    with pytest.raises(CalendarError, match=told):
        read_calendar(text)
