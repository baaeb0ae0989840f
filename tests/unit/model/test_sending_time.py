"""How long a sending takes: the sliding windows of the queue, looked at before it begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.sending_time import Budgets, forecast, sentence

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)  # 17:40 in the office
ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("count", "budgets", "used", "words"),
    [
        (412, Budgets(45), [], "412 封约 10 分钟，约 17:49 发完。"),
        (1, Budgets(30), [], "1 封约 1 分钟，约 17:40 发完。"),
        (412, Budgets(connections=10), [], "412 封约 1 分钟，约 17:40 发完。"),
        (6_000, Budgets(30), [], "6000 封约 3 小时 20 分钟，约 21:00 发完。"),
        (
            412,
            Budgets(30, per_day=500),
            [(NOW - 2 * HOUR, 412)],
            "412 封：先发 88 封，约 3 分钟；发信额度用完后，其余 324 封 明天 15:40 起接着发。",
        ),
        (
            250,
            Budgets(30, per_hour=100),
            [],
            "250 封：先发 100 封，约 4 分钟；发信额度用完后，其余 150 封 18:40 起接着发，约 19:41 发完。",
        ),
        (
            5,
            Budgets(30, per_day=500),
            [(NOW - 2 * HOUR, 500)],
            "发信额度已用完，明天 15:40 起才能再发：5 封约 1 分钟，约 明天 15:40 发完。",
        ),
        (0, Budgets(30), [], "没有要发的邮件。"),
    ],
)
def test_the_sentence(count: int, budgets: Budgets, used: list[tuple[datetime, int]], words: str) -> None:
    assert sentence(forecast(count, budgets, used, NOW), NOW, ZONE) == words


def test_what_is_set_for_a_later_hour_is_not_called_a_lack_of_budget() -> None:
    told = forecast(30, Budgets(30), [], NOW + 14 * HOUR)
    assert sentence(told, NOW, ZONE) == "30 封约 1 分钟，约 明天 07:41 发完。"


def test_too_long_to_tell_says_so_and_promises_nothing() -> None:
    told = forecast(1_000_000, Budgets(0, per_day=100), [], NOW)
    assert (told.is_whole, told.ends_at) == (False, None)
    assert sentence(told, NOW, ZONE).endswith("明天 17:40 起接着发。")


def one_by_one(count: int, budgets: Budgets, used: list[tuple[datetime, int]]) -> datetime:
    """When the last of them has left, each mail asked for by itself: slow, and hard to get wrong."""
    grants = sorted(at for at, n in used for _ in range(n))
    moment = NOW
    for _ in range(count):
        while free_at := max(
            (
                inside[-limit] + length
                for limit, length in budgets.windows
                if len(inside := [at for at in grants if at > moment - length]) >= limit
            ),
            default=None,
        ):
            moment = free_at
        grants.append(moment)
        moment += timedelta(minutes=1) / budgets.a_minute
    return moment


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 250),
    per_minute=st.sampled_from([0, 1, 7, 30]),
    per_hour=st.sampled_from([0, 50, 133]),
    per_day=st.sampled_from([0, 100, 210]),
    used=st.lists(st.tuples(st.integers(0, 86_000), st.integers(1, 40)), max_size=4),
)
def test_it_foresees_what_asking_for_each_mail_would_give(
    count: int, per_minute: int, per_hour: int, per_day: int, used: list[tuple[int, int]]
) -> None:
    before = [(NOW - timedelta(seconds=seconds), n) for seconds, n in used]
    budgets = Budgets(per_minute, per_hour, per_day, 2)
    told = forecast(count, budgets, before, NOW)
    assert sum(portion.count for portion in told.portions) == count
    assert all(NOW <= portion.begins_at <= portion.ends_at for portion in told.portions)
    assert told.ends_at is not None
    assert abs(told.ends_at - one_by_one(count, budgets, before)) <= timedelta(minutes=10) * len(told.portions)
