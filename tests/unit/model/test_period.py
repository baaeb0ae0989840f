"""Years, quarters, months: read, named, next to one another without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.period import Period

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "label", "written"),
    [
        ("2026", "2026年", "2026"),
        ("2026-Q4", "2026年第四季度", "2026-Q4"),
        ("2026q1", "2026年第一季度", "2026-Q1"),
        ("2026-11", "2026年11月", "2026-11"),
        (" 2026-3 ", "2026年3月", "2026-03"),
    ],
)
def test_a_period_is_read_and_named(text: str, label: str, written: str):
    period = Period.parse(text)
    assert (period.label, str(period)) == (label, written)
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-00", "2026-Q5", "0000", "9999", "2026年", "２０２６", "2026-11-01"]
)
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(ValueError):
        Period.parse(text)


def test_its_bounds_are_midnights_of_the_office():
    since, until = Period.parse("2026-Q4").bounds(SHANGHAI)
    assert since == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert until == datetime(2026, 12, 31, 16, tzinfo=UTC)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from([1, 3, 12]))
def test_every_moment_is_in_exactly_one_period_of_a_kind(day: date, months: int):
    period = Period(day.year, (day.month - 1) // months * months + 1, months)
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)
    holding = [
        each
        for each in (period.before, period, period.after)
        if each.bounds(SHANGHAI)[0] <= moment < each.bounds(SHANGHAI)[1]
    ]
    assert holding == [period]
    assert period.holds(day)
    assert not period.before.holds(day)
    assert not period.after.holds(day)
    assert period.before.after == period == period.after.before
    assert period.before.bounds(SHANGHAI)[1] == period.bounds(SHANGHAI)[0]
    assert period.bounds(SHANGHAI)[1] - period.bounds(SHANGHAI)[0] >= timedelta(days=28)
