"""The pure side of the pages from file to release: fields, problems at their lines, views of a mail, the audience."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mailer import resources
from mailer.content import compose
from mailer.content.attachments import Attachment
from mailer.content.correct import correct
from mailer.content.issue import Finding, Place, Severity, Unrecognised
from mailer.content.readers.source import source_lines
from mailer.content.render import environment, render
from mailer.content.seen_mail import View, as_seen, take_apart
from mailer.model.working_days import WorkingDays
from mailer.web.console.audience_page import audience_page, count, of_audience
from mailer.web.console.issue_fields import all_fields, changes_of, differences, posted_fields
from mailer.web.console.issue_page import issue_page, line_of
from mailer.web.console.sending_page import next_morning
from recipients.audience import Audience, Withheld
from tests.support.builders import make_entry
from tests.support.issues import sample_facts, sample_issue
from tests.support.word_bulletins import word_revisions

# --- fields ---------------------------------------------------------------------------------------------------------


def test_every_field_shown_is_one_that_can_be_corrected_and_posting_them_all_changes_nothing():
    issue = sample_issue()
    posted = posted_fields((f"set.{field.name}", field.value) for field in all_fields(issue))
    assert changes_of(issue, posted) == {}
    emptiable = {name: value for name, value in posted.items() if value}
    changed = correct(issue, emptiable)
    assert (
        differences(issue, replace(changed, number_printed=issue.number_printed, date_printed=issue.date_printed)) == ()
    )


def test_only_what_differs_is_a_change_and_unknown_fields_are_not_swallowed():
    issue = sample_issue()
    posted = posted_fields(
        [("set.office", "另一个办公室 "), ("set.number", "128"), ("csrf", "x"), ("set.item.99.title", "没有这一条")]
    )
    assert changes_of(issue, posted) == {"office": "另一个办公室", "item.99.title": "没有这一条"}


def test_the_difference_of_two_revisions_is_told_field_by_field():
    before = sample_issue()
    after = correct(before, {"office": "", "item.2.title": "新标题", "unrecognised.1": ""})
    assert [(each.label, each.before[:4], each.after) for each in differences(before, after)] == [
        ("编发单位", "澄江区创", ""),
        ("第 2 条的标题", "“板凳会", "新标题"),
        ("未识别的文字", "（附：下", ""),
    ]


# --- the page of one issue ------------------------------------------------------------------------------------------


def test_problems_stand_at_their_lines():
    issue = replace(sample_issue(), unrecognised=(Unrecognised("多出来的", Place(3)),))
    findings = (
        Finding("stop_here", Severity.STOP, "停", "改", Place(1)),
        Finding("stop_here.2", Severity.STOP, "停", "改", Place(2)),
        Finding("look_here", Severity.WARNING, "看", "核对", Place(None, "第 4 段（文本框）")),
    )
    given = type("Row", (), {"reason": "已问过", "given_by": "account:a", "given_at": datetime(2026, 1, 2, tzinfo=UTC)})
    page = issue_page(
        issue, findings, {"stop_here.2": given, "look_here": given}, source_lines(b"1\n2\n3\n4\n", "a.md")
    )
    assert [line.marks for line in page.source] == [("stop",), (), ("unread",), ("warning",)]
    assert (page.blocking, page.warnings, page.passed) == (1, 1, 1)
    assert page.problems[2].waiver is None  # a warning is read, not passed


@pytest.mark.parametrize(
    ("place", "line"), [(Place(7), 7), (Place(None, "第 12 段"), 12), (Place(None, "页脚"), None), (Place(), None)]
)
def test_a_place_is_a_line_of_the_source(place: Place, line: int | None):
    assert line_of(place) == line


def test_the_source_of_every_format_is_shown_or_is_not():
    assert [(line.number, line.text) for line in source_lines("甲\r\n\r\n乙\r\n\r\n".encode("gb18030"), "a.txt")] == [
        (1, "甲"),
        (2, ""),
        (3, "乙"),
    ]
    word = source_lines(word_revisions(), "快报.docx")
    assert [line.number for line in word] == sorted({line.number for line in word})
    assert any("期" in line.text for line in word)
    assert source_lines(b"\x00\x01\x02", "a.txt") == ()
    assert source_lines(b"no zip", "a.docx") == ()


# --- the mail -------------------------------------------------------------------------------------------------------


def prepared() -> compose.PreparedMail:
    facts = sample_facts()
    rendered = render(environment(resources.templates()), sample_issue(), facts)
    return compose.prepare(rendered, facts, (Attachment("附表.xlsx", "application/x", b"x" * 100).encoded(),))


def test_a_mail_is_taken_apart_into_what_a_reader_sees():
    mail = take_apart(prepared())
    assert mail.sender == "澄江区创建全国文明城区工作指挥部办公室 <bulletin@chengjiang.example>"
    assert mail.reply_to == "kuaibao@chengjiang.example"
    assert mail.subject.startswith("澄江区创建全国文明城区工作快报第128期：")
    assert [(each.name, each.size) for each in mail.carried] == [("附表.xlsx", 100)]
    assert "第128期" in mail.text
    assert mail.html.lstrip().startswith("<!DOCTYPE html>")
    assert mail.size > len(mail.html)


def test_each_view_is_what_its_reader_shows_whatever_scheme_the_onlooker_has():
    html = take_apart(prepared()).html
    assert "prefers-color-scheme" in html
    seen = {view: as_seen(html, view) for view in View}
    assert all("prefers-color-scheme" not in each for each in seen.values())
    assert "@media all {" in seen[View.DARK]
    assert "@media not all {" in seen[View.PHONE]
    assert "color-scheme: light dark" not in seen[View.DESK]
    assert "<style" not in seen[View.BARE]
    assert seen[View.PHONE] == seen[View.DESK]
    for view in View:
        assert view.label
        assert view.hint


# --- who gets it ----------------------------------------------------------------------------------------------------

AUDIENCE = Audience(
    (
        make_entry(1, "报"),
        make_entry(2, "报", withheld=Withheld.PAPER),
        make_entry(3, "发"),
        make_entry(4, "发", address="r1@d1.example"),
        make_entry(5, "发", withheld=Withheld.SUPPRESSED),
    )
)


def test_copies_and_posts_are_counted_apart():
    total = count(of_audience(AUDIENCE))
    assert [(each.code, each.copies, each.posts, each.withheld) for each in total.lists] == [
        ("报", 1, 1, 1),
        ("发", 1, 2, 1),
    ]
    assert (total.copies, total.posts, total.withheld) == (2, 3, 2)


def test_the_page_is_narrowed_by_list_by_reason_and_by_text():
    lines = of_audience(AUDIENCE)
    assert [choice.n for choice in audience_page(lines, {}).choices] == [5, 2, 3, 2]
    assert [line.withheld for line in audience_page(lines, {"only": "withheld"}).lines] == ["只收纸质", "已停发"]
    assert [line.name for line in audience_page(lines, {"q": "收件3"}).lines] == ["收件3"]
    assert audience_page(lines, {"list": "无", "page": "zero"}).found == 5
    assert [line.shares for line in lines] == [False, True, False, False, False]


def test_long_lists_come_in_leaves():
    lines = of_audience(Audience(tuple(make_entry(number) for number in range(450))))
    first, last = audience_page(lines, {"list": "发"}), audience_page(lines, {"list": "发", "page": "99"})
    assert (len(first.lines), first.pages, first.before, first.after) == (200, 3, "", "?list=%E5%8F%91&page=2")
    assert (len(last.lines), last.leaf, last.after) == (50, 3, "")


# --- days -----------------------------------------------------------------------------------------------------------


def test_the_next_morning_is_a_working_one():
    zone = ZoneInfo("Asia/Shanghai")
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert next_morning(friday, zone, WorkingDays()).isoformat() == "2026-11-30T08:00:00+08:00"
    worked = WorkingDays(worked=frozenset({datetime(2026, 11, 28, tzinfo=UTC).date()}))
    assert next_morning(friday, zone, worked).isoformat() == "2026-11-28T08:00:00+08:00"
