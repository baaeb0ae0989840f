from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recipients.audience import DEFAULT_LISTS, DistributionList
from recipients.list_policy import ListPolicy
from recipients.requests import ChangeRequest, RequestError, RequestKind, needs_office

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
READERS = DistributionList("订阅", "订阅", 3, is_duty=False)


def wish(kind, scope="", **parts):
    full = {RequestKind.PAUSE: {"until": UNTIL}, RequestKind.NEW_ADDRESS: {"value": "b@x.example"}}
    full[RequestKind.HAND_OVER] = {"name": "郑好"}
    full[RequestKind.JOIN] = {"name": "郑好", "value": "A@x.example", "scope": "发"}
    return ChangeRequest(kind, "a@x.example", **({"scope": scope} | full.get(kind, {}) | parts))


@pytest.mark.parametrize("kind", list(RequestKind))
def test_on_a_duty_list_the_office_decides_everything(kind):
    assert needs_office(wish(kind), DEFAULT_LISTS)


@pytest.mark.parametrize(
    ("kind", "alone"),
    [
        (RequestKind.LEAVE, True),
        (RequestKind.PAUSE, True),
        (RequestKind.HAND_OVER, False),
        (RequestKind.NEW_ADDRESS, False),
    ],
)
def test_on_another_list_one_may_leave_and_pause_alone(kind, alone):
    assert needs_office(wish(kind), [READERS]) is not alone


def test_only_the_lists_meant_count():
    assert not needs_office(wish(RequestKind.LEAVE, "订阅"), [*DEFAULT_LISTS, READERS])
    assert needs_office(wish(RequestKind.LEAVE, "发"), [*DEFAULT_LISTS, READERS])


@pytest.mark.parametrize(
    ("kind", "part", "words"),
    [
        (RequestKind.PAUSE, "until", "哪一天"),
        (RequestKind.NEW_ADDRESS, "value", "新邮箱"),
        (RequestKind.HAND_OVER, "name", "接任人"),
        (RequestKind.JOIN, "name", "姓名"),
        (RequestKind.JOIN, "value", "邮箱"),
    ],
)
def test_a_wish_that_says_too_little_is_refused(kind, part, words):
    with pytest.raises(RequestError, match=words):
        wish(kind, **{part: None if part == "until" else ""})


@pytest.mark.parametrize(
    ("joining", "is_duty", "alone"),
    [("open", False, True), ("approval", False, False), ("", False, False), ("open", True, False)],
)
def test_who_asks_to_be_put_on_an_open_list_needs_nobody(joining, is_duty, alone):
    lists = [DistributionList("发", "发", 3, is_duty=is_duty, policy=ListPolicy(joining=joining))]
    assert needs_office(wish(RequestKind.JOIN), lists) is not alone


def test_a_wish_in_one_line():
    assert wish(RequestKind.PAUSE, "发").told == "a@x.example 要求暂停接收（发），到 2026-03-01"
    assert wish(RequestKind.HAND_OVER).told == "a@x.example 要求移交接任人：郑好"
