"""The pre-flight check: each finding appears when its cause is there, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailer.content.check import MOST_OF_A_KIND, KnownIssues, check
from mailer.content.findings import warn
from mailer.content.issue import Distribution, Finding, Issue, Item, Place, Section, Severity, Unrecognised

TODAY = date(2026, 3, 9)
SOUND = Issue(
    title="白鹭区工作快报",
    number=12,
    date=TODAY,
    date_printed="2026年3月9日",
    issuing_office="白鹭区委办公室",
    sections=(
        Section("要闻", (Item("区里召开了一次推进会，部署全年工作。", title="推进会召开", place=Place(9)),), Place(7)),
    ),
    credits={"编辑": ("李禾",), "校对": ("方圆",), "核签": ("何山",)},
    distribution=Distribution(("区委",), (), ("各镇街",)),
)


def findings(issue: Issue = SOUND, *, known: KnownIssues | None = None, today: date = TODAY) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(issue, known=known, today=today)}


def with_text(*texts: str) -> Issue:
    return replace(
        SOUND, sections=(Section("要闻", tuple(Item(text, place=Place(nth)) for nth, text in enumerate(texts, 9))),)
    )


def with_units(*units: str) -> Issue:
    briefs = (
        Item(f"近日，开展第{nth}次巡查。", "环境", units=(unit,), place=Place(nth)) for nth, unit in enumerate(units, 9)
    )
    return replace(SOUND, sections=(Section("简讯", tuple(briefs)),))


def test_a_sound_issue_has_no_findings() -> None:
    assert check(SOUND, known=KnownIssues(((11, date(2026, 3, 2)),)), today=TODAY) == ()


@pytest.mark.parametrize(
    ("issue", "code"),
    [
        (replace(SOUND, number=None), "no_number"),
        (replace(SOUND, date=None, date_printed=""), "no_date"),
        (replace(SOUND, date=None, date_printed="2026年2月30日"), "no_date"),
        (replace(SOUND, sections=()), "no_text"),
        (replace(SOUND, sections=(Section("要闻", (Item(" "),)),)), "no_text"),
        (replace(SOUND, secrecy="秘密★一年"), "state_secret"),
        (replace(SOUND, secrecy="机密"), "state_secret"),
        (replace(SOUND, secrecy="绝　密★"), "state_secret"),
        (replace(SOUND, secrecy="秘密 10年"), "state_secret"),
        (replace(SOUND, secrecy="内部资料 机密"), "state_secret"),
    ],
)
def test_stops(issue: Issue, code: str) -> None:
    assert findings(issue)[code].severity is Severity.STOP


@pytest.mark.parametrize(
    ("issue", "code"),
    [
        (replace(SOUND, title=""), "no_title"),
        (replace(SOUND, issuing_office=None), "no_office"),
        (replace(SOUND, date=date(2026, 3, 10)), "date_future"),
        (replace(SOUND, date=date(2026, 3, 8)), "date_not_today"),
        (replace(SOUND, date=date(2025, 3, 9)), "date_old"),
        (replace(SOUND, date_printed="2026年3月9日　星期二"), "date_weekday"),
        (replace(SOUND, year=2025), "year_mismatch"),
        (replace(SOUND, contents=("推进会召开会",)), "contents_without_article"),
        (replace(SOUND, secrecy="内部资料　注意保存"), "inner_mark"),
        (replace(SOUND, secrecy="工作秘密"), "inner_mark"),
        (replace(SOUND, secrecy="不得外传"), "inner_mark"),
        (replace(SOUND, credits={"编辑": ("李禾",), "校对": ("方圆",)}), "no_credit"),
        (replace(SOUND, distribution=Distribution(("区委",))), "no_printed_list"),
        (replace(SOUND, unrecognised=(Unrecognised("欢迎来稿", Place(30)),)), "unrecognised"),
        (replace(SOUND, contents=("推进会召开", "另一篇")), "contents_without_article"),
        (replace(SOUND, contents=("另一篇",)), "article_not_in_contents"),
        (replace(SOUND, sections=(*SOUND.sections, Section("简讯", ()))), "empty_section"),
        (replace(SOUND, sections=(Section("要闻", (*SOUND.items, Item("", title="另一篇"))),)), "empty_item"),
        (with_text("会议强调，要压实责任，形成合力。", "会议强调，要压实责任，形成合力。"), "repeated_text"),
        (with_text("会议强调，要压实责任。各单位要把所承担的创"), "unfinished"),
        (with_text("会议要求大家认真学习《冬季防火手。"), "unbalanced"),
        (with_text("会议强调，要压实各方责任，"), "unfinished"),
        (with_text("，各单位要把所承担的任务扛起来。"), "odd_beginning"),
        (with_units("东街道", "西街道", "东街道"), "repeated_unit"),
    ],
)
def test_warnings(issue: Issue, code: str) -> None:
    finding = findings(issue)[code]
    assert finding.severity is Severity.WARNING
    assert finding.message
    assert finding.remedy


def test_the_number_is_compared_with_those_taken() -> None:
    known = KnownIssues(((10, None), (12, date(2026, 3, 2)), (11, date(2026, 2, 23))))
    taken = findings(known=known)["number_taken"]
    assert taken.severity is Severity.STOP
    assert "2026年3月2日" in taken.message
    assert "第13期" in taken.remedy
    assert set(findings(replace(SOUND, number=13), known=known)) == set()
    for number in (15, 9):
        assert findings(replace(SOUND, number=number), known=known)["number_gap"].severity is Severity.WARNING


def test_a_number_of_last_year_is_no_repetition_but_a_question() -> None:
    before = KnownIssues(((1, date(2025, 1, 6)), (51, date(2025, 12, 29))))
    taken = findings(replace(SOUND, number=1), known=before)["year_rollover"]
    assert (taken.severity, "2026年第1期" in taken.remedy) == (Severity.STOP, True)
    begun = findings(replace(SOUND, number=2), known=before)["year_rollover"]
    assert (begun.severity, "第52期" in begun.remedy) == (Severity.WARNING, True)
    assert findings(replace(SOUND, number=52), known=before) == {}


def test_the_first_number_of_a_year_that_counts_anew() -> None:
    known = KnownIssues(year_before=(51, date(2025, 12, 29)))
    assert findings(replace(SOUND, number=1, year=2026), known=known) == {}
    assert set(findings(replace(SOUND, number=52, year=2026), known=known)) == {"year_rollover"}


def test_an_issue_dated_before_the_last_one() -> None:
    known = KnownIssues(((10, date(2026, 3, 1)), (11, date(2026, 3, 9))))
    assert findings(known=known) == {}
    before = KnownIssues(((10, date(2026, 3, 1)), (11, date(2026, 3, 10))))
    assert "第11期（2026年3月10日）" in findings(known=before)["date_before_last"].message


@pytest.mark.parametrize(
    ("day", "code"), [(date(2026, 3, 8), True), (date(2026, 3, 7), True), (date(2026, 3, 6), False)]
)
def test_a_day_off(day: date, code: bool) -> None:
    assert ("date_day_off" in findings(replace(SOUND, date=day), today=day)) is code


@pytest.mark.parametrize(
    ("day", "words"), [(date(2026, 3, 8), "昨天"), (date(2026, 3, 6), "3 天前"), (date(2026, 3, 12), "晚 3 天")]
)
def test_how_far_the_date_is_off(day: date, words: str) -> None:
    found = findings(replace(SOUND, date=day))
    assert words in (found.get("date_not_today") or found["date_future"]).message


def test_the_old_year_in_january_is_named() -> None:
    new = date(2026, 1, 12)
    assert "还写着去年" in findings(replace(SOUND, date=date(2025, 1, 12)), today=new)["date_old"].remedy
    assert "还写着去年" not in findings(replace(SOUND, date=date(2025, 6, 12)), today=new)["date_old"].remedy


def test_the_right_weekday_says_nothing() -> None:
    assert findings(replace(SOUND, date_printed="2026年3月9日（星期一）")) == {}


def test_contents_that_agree_or_nearly_agree_or_stand_in_another_order() -> None:
    two = replace(SOUND, sections=(Section("要闻", (*SOUND.items, Item("会后落实到位。", title="抓落实见成效"))),))
    assert findings(replace(two, contents=("推进会召开", "抓落实见成效"))) == {}
    assert set(findings(replace(two, contents=("抓落实见成效", "推进会召开")))) == {"contents_order"}
    assert findings(replace(two, contents=("一、推进会召开", "（二）抓落实见成效"))) == {}
    near = findings(replace(two, contents=("推进会召开", "抓落实见实效")))
    assert set(near) == {"contents_without_article"}
    assert "“抓落实见成效”，两处不一致" in near["contents_without_article"].message


def test_a_unit_may_come_again_under_another_topic() -> None:
    items = (Item("开展巡查。", "环境", units=("东街道",)), Item("举办讲座。", "文明", units=("东街道",)))
    assert findings(replace(SOUND, sections=(Section("简讯", items),))) == {}


def test_what_is_told_of_the_mail_stands_among_the_findings() -> None:
    long = warn("mail_too_long", "邮件正文 90 KB。", "分两期发。")
    told = check(replace(SOUND, date=None), known=None, today=TODAY, mail=[long])
    assert [finding.code for finding in told] == ["no_date", "mail_too_long"]


def test_many_warnings_of_a_kind_are_counted_and_not_all_listed() -> None:
    issue = replace(SOUND, unrecognised=tuple(Unrecognised(f"某段{n}") for n in range(100)))
    told = check(issue, known=None, today=TODAY)
    assert len(told) == MOST_OF_A_KIND
    assert "另有 60 处" in told[-1].message


def test_nothing_known_says_nothing_about_the_number() -> None:
    assert findings(known=None) == findings(known=KnownIssues()) == {}


def test_the_word_secret_in_the_text_is_no_stop() -> None:
    assert findings(with_text("大家说，坚持就是公开的秘密，没有什么机密可言。")) == {}


def test_stops_come_first_and_places_are_told() -> None:
    found = check(
        replace(with_text("会议强调，要压实责任。各单位要把所承担的创"), number=None), known=None, today=TODAY
    )
    assert [finding.severity for finding in found] == sorted(
        (f.severity for f in found), key=lambda s: s is not Severity.STOP
    )
    assert next(finding for finding in found if finding.code == "unfinished").place == Place(9)


def test_no_finding_claims_a_secrecy_review() -> None:
    for issue in (SOUND, replace(SOUND, secrecy="秘密★一年"), replace(SOUND, secrecy="内部资料")):
        for finding in check(issue, known=None, today=TODAY):
            assert "保密审查" not in finding.message + finding.remedy


def test_text_without_a_part_is_told_with_what_becomes_of_it() -> None:
    def told(note: str) -> str:
        return findings(replace(SOUND, unrecognised=(Unrecognised("内参", Place(1, note)),)))["unrecognised"].message

    assert "邮件里排在最后" in told("报尾")
    assert "不会放进邮件" in told("报头")


def test_contents_that_name_only_the_sections_miss_no_article() -> None:
    assert findings(replace(SOUND, contents=("要闻",))) == {}
    assert set(findings(replace(SOUND, contents=("要闻", "别的文章")))) == {"contents_without_article"}
