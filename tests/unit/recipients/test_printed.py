from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recipients.address import EmailAddress
from recipients.audience import DEFAULT_LISTS, Candidate, DistributionList, assemble
from recipients.people import Holder, Post, Unit
from recipients.printed import compare

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)
GROUPS = {"松陵镇": "镇街", "长乐街道": "镇街", "区科协": "委办局", "中共青岚区委": "领导", "青岚区政府": "领导"}
PEOPLE = [
    ("中共青岚区委", "区领导"), ("青岚区政府", "区领导"), ("松陵镇", "主要领导"), ("松陵镇", "信息员"), ("长乐街道", "分管领导"), ("区科协", "信息员"),
]  # fmt: skip


def audience(people=PEOPLE):
    candidates = [
        Candidate(Holder(Post(Unit(unit, GROUPS[unit]), role), "甲", (EmailAddress.parse(f"a{n}@x.example"),)), n)
        for n, (unit, role) in enumerate(people)
    ]
    return assemble(DEFAULT_LISTS, candidates, [], AT)


def told(printed, people=PEOPLE, lists=()):
    return [(m.list_code, m.phrase, m.units) for m in compare(printed, audience(people), GROUPS, lists)]


@pytest.mark.parametrize(
    "printed",
    [
        {"报": ["区委、区政府领导"], "发": ["各镇街、各委办局主要领导、主管领导、信息员"]},
        {"报": ["区领导"], "发": ["各镇、各街道，区属各部门"]},
        {"报": ["四套班子领导"], "发": ["各单位主要领导、分管领导、联络员"]},
        {"报": ["区领导"], "发": ["各镇街和成员单位主要负责人", "分管负责人", "信息员"]},
        {"报": ["区领导"], "发": ["全区各单位主要领导", "主管领导", "创城工作信息员"]},
        {"报": ["区领导"], "发": ["各成员单位创城联络员", "主要领导", "分管领导"]},
        {"报": ["中共青岚区委，青岚区政府"], "发": ["松陵镇 长乐街道 区科协"]},
    ],
)
def test_lines_that_say_what_the_rules_say(printed):
    assert told(printed) == []


def test_a_phrase_nobody_answers_to():
    assert told({"报": ["区领导、市创建办"], "发": ["各单位"]}) == [("报", "市创建办", ())]


def test_members_no_phrase_covers():
    assert told({"报": ["区领导"], "发": ["各镇街"]}) == [("发", "", ("区科协",))]
    assert told({"报": ["区领导"], "发": []}) == [("发", "", ("松陵镇", "长乐街道", "区科协"))]


def test_a_list_that_is_printed_and_has_nobody():
    assert told({"报": ["区领导"], "发": ["各单位"], "送": ["兄弟区县"]}) == [("送", "兄弟区县", ())]


def test_the_agreed_phrase_of_a_list_covers_everybody():
    lists = [DistributionList("发", "发", 3, phrase="有关方面")]
    assert told({"报": ["区领导"], "发": ["有关方面"]}, lists=lists) == []
