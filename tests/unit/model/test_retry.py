from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.retry import RetryPolicy
from mailer.model.verdict import Hint

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 5), (1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 120), (7, 120), (1000, 120)]
)
def test_it_doubles_from_five_minutes_to_two_hours(attempts: int, minutes: int):
    assert RetryPolicy().due_at(attempts, NOW, 0.0) == NOW + timedelta(minutes=minutes)


def test_jitter_spreads_up_to_half_as_long_again():
    assert RetryPolicy().due_at(1, NOW, 0.5) == NOW + timedelta(minutes=5) * 1.25
    assert RetryPolicy().due_at(9, NOW, 0.999) < NOW + timedelta(hours=3)


def test_the_providers_time_wins_over_the_schedule():
    hint = Hint(after=timedelta(minutes=15))
    assert RetryPolicy().due_at(6, NOW, 0.0, hint) == NOW + timedelta(minutes=15)
    assert RetryPolicy().due_at(6, NOW, 0.5, hint) == NOW + timedelta(minutes=15) * 1.25


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # 18:00 in the office: tomorrow 08:00
        (datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 24, 0, tzinfo=UTC)),
        # already the 24th in the office although it is the 23rd in Greenwich
        (datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 25, 0, tzinfo=UTC)),
    ],
)
def test_a_day_limit_is_over_the_next_morning_of_the_office(now: datetime, due: datetime):
    found = RetryPolicy(office_zone=SHANGHAI).due_at(1, now, 0.9, Hint(tomorrow=True))
    assert found == due
    assert found.utcoffset() == timedelta(0)


def test_it_gives_up_after_three_days():
    assert RetryPolicy().gives_up_at(NOW) == NOW + timedelta(hours=72)


@given(
    attempts=st.integers(0, 10**9),
    jitter=st.floats(0, 1, exclude_max=True),
    first=st.integers(1, 10_000),
    cap=st.integers(1, 100_000),
)
@settings(max_examples=100, deadline=None)
def test_any_try_lies_between_the_base_and_half_as_long_again(attempts: int, jitter: float, first: int, cap: int):
    policy = RetryPolicy(first=timedelta(seconds=first), cap=timedelta(seconds=cap))
    wait = policy.due_at(attempts, NOW, jitter) - NOW
    assert timedelta(seconds=min(first, cap)) <= wait <= timedelta(seconds=cap) * 1.5
