"""The foot and the units against the roster: each difference is told, both ways, and agreement says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.content.check import KnownRoster, check
from mailer.content.issue import Distribution, Finding, Issue, Item, Section
from tests.unit.content.test_check import SOUND, TODAY

MEMBERS = {"报": 3, "发": 40}
ROSTER = KnownRoster(
    ("东街道办事处", "西河镇", "区文化和旅游局", "区教委", "区市场监管局"), {"区旅游委": "区文化和旅游局"}, MEMBERS
)


def told(issue: Issue = SOUND, roster: KnownRoster = ROSTER) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(issue, known=None, today=TODAY, roster=roster)}


def with_unit(*units: str) -> Issue:
    return replace(SOUND, sections=(Section("简讯", (Item("近日，开展巡查，效果很好。", units=units),)),))


def test_what_agrees_says_nothing() -> None:
    assert told() == {}
    assert told(roster=KnownRoster(members=MEMBERS)) == {}


@pytest.mark.parametrize("unit", ["西河镇", "区教委", "东街道", "区文旅局", "西 河 镇", "西河镇人民政府", "区教育工委"])
def test_known_units_and_their_short_forms(unit: str) -> None:
    assert told(with_unit(unit)) == {}


@pytest.mark.parametrize(
    ("unit", "message", "remedy"),
    [
        ("区旅游委", "已改名为“区文化和旅游局”", "请改为"),
        ("西荷镇", "相近的是“西河镇”", "笔误"),
        ("区市场监督委", "相近的是“区市场监管局”", "改了名"),
        ("区气象台", "没有相近的名称", "新单位"),
    ],
)
def test_unknown_units_are_told_with_the_nearest(unit: str, message: str, remedy: str) -> None:
    finding = told(with_unit(unit))["unknown_unit"]
    assert message in finding.message
    assert remedy in finding.remedy


def test_an_unknown_unit_is_told_once() -> None:
    found = check(with_unit("区气象台", "区气象台"), known=None, today=TODAY, roster=ROSTER)
    assert [finding.code for finding in found].count("unknown_unit") == 1


def test_a_foreign_roster_is_told_once_and_not_for_each_unit() -> None:
    issue = with_unit(*(f"第{n}号观测站" for n in range(500)))
    found = [f for f in check(issue, known=None, today=TODAY, roster=ROSTER) if f.code == "unknown_unit"]
    assert len(found) == 31
    assert "超过 30 个" in found[-1].message


def test_an_empty_roster_knows_nothing_about_units() -> None:
    assert "unknown_unit" not in told(with_unit("区气象台"), KnownRoster(members=MEMBERS))


def test_the_differences_of_a_printed_line_are_told_both_ways() -> None:
    kept = replace(ROSTER, unanswered={"报": ("区人大", "区政协")}, unprinted={"发": ("西河镇",)})
    assert "“报：”印了“区人大”、“区政协”，系统里的名单“报”没有" in told(roster=kept)["printed_not_on_list"].message
    assert "西河镇在名单“发”上，报尾“发：”没有印到" in told(roster=kept)["list_not_printed"].message


def test_many_differences_are_counted_and_some_named() -> None:
    units = tuple(f"{n}号镇" for n in range(12))
    kept = replace(ROSTER, unanswered={"报": units}, unprinted={"发": units})
    assert "“4号镇”等，" in told(roster=kept)["printed_not_on_list"].message
    assert "4号镇等 12 个单位在名单" in told(roster=kept)["list_not_printed"].message


def test_a_line_that_is_not_printed_is_told_once() -> None:
    kept = replace(ROSTER, unprinted={"报": ("区委",)})
    assert set(told(replace(SOUND, distribution=Distribution((), (), ("各镇街",))), kept)) == {"no_printed_list"}


def test_a_printed_line_for_an_empty_list_and_a_list_without_a_line() -> None:
    issue = replace(SOUND, distribution=Distribution(("区委",), ("区人武部",), ("各镇街",)))
    assert "“送：区人武部”" in told(issue)["list_empty"].message
    kept = replace(ROSTER, members=MEMBERS | {"送": 2})
    assert "却有 2 人" in told(roster=kept)["no_printed_list"].message


def test_personal_mailboxes_are_counted_by_domain() -> None:
    domains = {"qq.com": 3, "163.com": 1, "xinghu.example": 30}
    kept = replace(ROSTER, domains=domains)
    finding = told(roster=kept)["personal_domain"]
    assert "4 个个人邮箱（qq.com 3 个、163.com 1 个）" in finding.message
    assert "更不宜" not in finding.remedy
    assert "更不宜" in told(replace(SOUND, secrecy="内部资料"), kept)["personal_domain"].remedy
    assert "personal_domain" not in told(roster=replace(ROSTER, domains={"xinghu.example": 30}))
