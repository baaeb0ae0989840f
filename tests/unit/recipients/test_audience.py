from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recipients.address import EmailAddress
from recipients.audience import DEFAULT_LISTS, Candidate, DistributionList, Rule, Withheld, assemble, on_no_list
from recipients.people import Holder, Post, Unit, canonical_role, is_leaders
from recipients.suppression import Suppression, SuppressionReason, may_suppress, strongest

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)


def candidate(unit, role, *addresses, name="甲", group="", **more) -> Candidate:
    paper = more.pop("paper", False)
    holder = Holder(
        Post(Unit(unit, group), role), name, tuple(map(EmailAddress.parse, addresses)), phone="000", paper_only=paper
    )
    return Candidate(holder, **more)


def lists_of(one: Candidate) -> str:
    return "".join(wanted.code for wanted in DEFAULT_LISTS if one.is_on(wanted))


@pytest.mark.parametrize(
    ("unit", "group", "role", "expected"),
    [
        ("区政府", "领导", "区长", "报"),
        ("区政府", "四套班子领导", "副区长", "报"),
        ("区委办", "委办局", "区领导", "报"),
        ("松陵镇", "镇街", "主要领导", "发"),
        ("松陵镇", "", "分管领导", "发"),
        ("松陵镇", "", "联络员", "发"),
        ("松陵镇", "", "主管（分管）领导", "发"),
        ("松陵镇", "", "科员", ""),
        ("区政府", "领导", "信息员", "报"),
        ("松陵镇", "镇街领导", "书记", ""),
    ],
)
def test_default_rules(unit, group, role, expected):
    assert lists_of(candidate(unit, role, group=group)) == expected


def test_single_addition_and_exclusion_are_stronger_than_rules():
    assert lists_of(candidate("松陵镇", "科员", plus=frozenset("报"))) == "报"
    assert lists_of(candidate("松陵镇", "信息员", minus=frozenset("发"))) == ""
    assert lists_of(candidate("松陵镇", "科员", plus=frozenset("发"), minus=frozenset("发"))) == ""


def test_a_rule_that_takes_away_is_stronger_than_one_that_adds():
    wanted = DistributionList("发", "发", 3, (Rule(roles=("信息员",)), Rule(group="学校", plus=False)))
    assert candidate("一中", "信息员").is_on(wanted)
    assert not candidate("一中", "信息员", group="学校").is_on(wanted)


def test_nobody_on_a_list_is_left_out():
    people = [
        candidate("区政府", "区长", "a@x.example", group="领导", paper=True, holder_id=1),
        candidate("区政府", "副区长", group="领导", holder_id=2),
        candidate("区政府", "副区长", "b@x.example", group="领导", holder_id=3),
        candidate("区政府", "副区长", "c@x.example", group="领导", holder_id=4, plus=frozenset("报"), has_left=True),
        candidate("区政府", "副区长", "d@x.example", "e@x.example", group="领导", holder_id=5),
    ]
    stop = [Suppression("b@x.example", SuppressionReason.OFFICE)]
    found = assemble(DEFAULT_LISTS, people, stop, AT)
    by_id = {(e.holder_id, e.address.key if e.address else ""): e.withheld for e in found.entries}
    assert by_id == {
        (1, ""): Withheld.PAPER,
        (2, ""): Withheld.NO_ADDRESS,
        (3, "b@x.example"): Withheld.SUPPRESSED,
        (4, ""): Withheld.LEFT,
        (5, "d@x.example"): None,
        (5, "e@x.example"): None,
    }
    assert len(found.included) + len(found.withheld) == len(found.entries)
    assert next(e for e in found.entries if e.holder_id == 3).note == "办公室决定不发"


def test_who_has_left_is_on_no_list_by_rule():
    assert lists_of(candidate("松陵镇", "信息员", has_left=True)) == ""


def test_entries_come_by_lane_then_unit_then_role():
    people = [
        candidate("松陵镇", "信息员", "c@x.example", unit_order=2, holder_id=1),
        candidate("松陵镇", "主要领导", "b@x.example", unit_order=2, holder_id=2),
        candidate("长乐街道", "信息员", "a@x.example", unit_order=1, holder_id=3),
        candidate("区委", "书记", "z@x.example", group="领导", unit_order=9, holder_id=4),
    ]
    assert [e.holder_id for e in assemble(DEFAULT_LISTS, people, [], AT).entries] == [4, 3, 2, 1]


def test_one_copy_for_an_address_that_serves_several_entries():
    people = [
        candidate("区科协", "信息员", "box@x.example", holder_id=1),
        candidate("区科协", "主要领导", "BOX@x.example", holder_id=2),
        candidate("区委", "书记", "box@x.example", group="领导", holder_id=3),
        candidate("区科协", "主管领导", holder_id=4),
        candidate("区妇联", "主管领导", holder_id=5),
    ]
    found = assemble(DEFAULT_LISTS, people, [], AT).recipients()
    assert [(r.address.key if r.address else None, [e.holder_id for e in r.entries], r.withheld) for r in found] == [
        ("box@x.example", [3, 2, 1], None),
        (None, [4], Withheld.NO_ADDRESS),
        (None, [5], Withheld.NO_ADDRESS),
    ]


def test_a_suppression_of_one_list_leaves_the_other_alone():
    people = [
        candidate("区科协", "信息员", "box@x.example", holder_id=1),
        candidate("区委", "书记", "box@x.example", group="领导", holder_id=2),
    ]
    (one,) = assemble(
        DEFAULT_LISTS, people, [Suppression("box@x.example", SuppressionReason.OFFICE, "发")], AT
    ).recipients()
    assert one.withheld is None
    assert [e.withheld for e in one.entries] == [None, Withheld.SUPPRESSED]


def test_who_is_on_no_list_is_named():
    people = [
        candidate("松陵镇", "科员", "a@x.example", holder_id=1),
        candidate("松陵镇", "信息员", "b@x.example", holder_id=2),
    ]
    assert [c.holder_id for c in on_no_list(DEFAULT_LISTS, people)] == [1]


def test_strongest_reason_first_and_only_while_it_holds():
    key = "a@x.example"
    hard = Suppression(key, SuppressionReason.HARD_BOUNCE, until=AT + timedelta(days=90))
    asked = Suppression(key, SuppressionReason.ASKED, "送")
    assert strongest([hard, asked], "送", AT) is asked
    assert strongest([hard, asked], "发", AT) is hard
    assert strongest([hard], "发", AT + timedelta(days=90)) is None
    lifted = Suppression(key, SuppressionReason.OFFICE, lifted_at=AT)
    assert strongest([lifted], "发", AT) is None
    assert strongest([lifted], "发", AT - timedelta(seconds=1)) is lifted


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_on_a_duty_list_only_a_person_drops_a_person(reason):
    assert not may_suppress(reason, on_duty_list=True, by_person=False)
    assert may_suppress(reason, on_duty_list=True, by_person=True)
    assert may_suppress(reason, on_duty_list=False, by_person=False) == (reason is not SuppressionReason.OFFICE)


@pytest.mark.parametrize("word", ["区领导", "四套班子领导", "领导同志", "领 导"])
def test_words_for_the_leaders(word):
    assert is_leaders(word)
    assert canonical_role(word) == "领导"


@pytest.mark.parametrize("word", ["镇街领导", "主要领导", "领导小组", ""])
def test_other_words_are_not_the_leaders(word):
    assert not is_leaders(word)
