from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recipients.audience import DEFAULT_LISTS, DistributionList
from recipients.requests import ChangeRequest, RequestError, RequestKind, needs_office

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
READERS = DistributionList("订阅", "订阅", 3, is_duty=False)


def wish(kind, scope="", **parts):
    full = {RequestKind.PAUSE: {"until": UNTIL}, RequestKind.NEW_ADDRESS: {"value": "b@x.example"}}
    full[RequestKind.HAND_OVER] = {"name": "郑好"}
    return ChangeRequest(kind, "a@x.example", scope, **(full.get(kind, {}) | parts))


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
    ],
)
def test_a_wish_that_says_too_little_is_refused(kind, part, words):
    with pytest.raises(RequestError, match=words):
        wish(kind, **{part: None if part == "until" else ""})


def test_a_wish_in_one_line():
    assert wish(RequestKind.PAUSE, "发").told == "a@x.example 要求暂停接收（发），到 2026-03-01"
    assert wish(RequestKind.HAND_OVER).told == "a@x.example 要求移交接任人：郑好"
