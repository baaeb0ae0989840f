"""Corrections by hand: each field takes what a person writes, refuses what it cannot be, and leaves the rest alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.correct import FIELDS, CorrectionError, correct
from mailer.content.issue import Issue
from tests.support.issues import sample_issue


def changed(**changes: str) -> Issue:
    return correct(sample_issue(), changes)


def test_plain_fields() -> None:
    issue = changed(
        title="白鹭区工作快报", number="十二", date="2026.3.9", office="白鹭区委办公室", secrecy="", copies="80", note="供参考。",
        contents="甲；乙", 报="区委、区政府（办）", 送="区人武部", 发="", email="a@b.example", phone="0555-1 、0555-2", fax="",
    )  # fmt: skip
    assert (issue.title, issue.number, issue.number_printed) == ("白鹭区工作快报", 12, "第12期")
    assert (issue.date, issue.date_printed) == (date(2026, 3, 9), "2026年3月9日")
    assert (issue.issuing_office, issue.secrecy, issue.copies) == ("白鹭区委办公室", None, 80)
    assert issue.editor_note is not None
    assert (issue.editor_note.text, issue.contents) == ("供参考。", ("甲", "乙"))
    assert issue.distribution.by_list() == {"报": ("区委", "区政府（办）"), "送": ("区人武部",), "发": ()}
    assert (issue.contact.email, issue.contact.phone, issue.contact.fax) == (("a@b.example",), ("0555-1", "0555-2"), ())
    assert issue.sections == sample_issue().sections


def test_the_printed_number_follows_its_parts() -> None:
    assert (
        changed(year="2026", total_number="356", series="增刊").number_printed == "2026年第128期（增刊）（总第356期）"
    )
    assert changed(total_number="", year="").number_printed == "第128期"


def test_credits_are_set_added_and_taken_away() -> None:
    issue = correct(sample_issue(), {"credit.编辑": "李　禾、方圆", "credit.签发": "何山", "credit.校对": ""})
    assert issue.credits == {"编辑": ("李禾", "方圆"), "核签": ("程远",), "签发": ("何山",)}


def test_items_are_counted_through_the_sections() -> None:
    changes = {
        "item.2.title": "新题",
        "item.4.units": "甲镇、乙镇",
        "item.4.text": "一。\n二。",
        "item.5.byline": "本刊",
        "item.5.topic": "",
        "section.2": "典型",
    }
    issue = correct(sample_issue(), changes)
    assert issue.sections[1].items[0].title == "新题"
    assert (issue.items[3].units, issue.items[3].paragraphs) == (("甲镇", "乙镇"), ("一。", "二。"))
    assert (issue.items[4].byline, issue.items[4].topic) == ("本刊", None)
    assert [section.heading for section in issue.sections] == ["指挥调度", "典型", "简讯"]
    before = sample_issue().items
    assert [at for at, (old, new) in enumerate(zip(before, issue.items, strict=True)) if old != new] == [1, 3, 4]


def test_what_was_not_recognised_can_be_dismissed() -> None:
    assert correct(sample_issue(), {"unrecognised.1": ""}).unrecognised == ()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("nummer", "12", "unknown_field"),
        ("item.99.title", "x", "unknown_field"),
        ("item.0.title", "x", "unknown_field"),
        ("item.1.place", "x", "unknown_field"),
        ("section.x", "x", "unknown_field"),
        ("unrecognised.2", "", "unknown_field"),
        ("unrecognised.1", "留着", "bad_value"),
        ("number", "", "bad_value"),
        ("number", "十二期", "bad_value"),
        ("number", "0", "bad_value"),
        ("year", "9999", "bad_value"),
        ("date", "2026年2月30日", "bad_value"),
        ("date", "下周一", "bad_value"),
        ("title", " ", "bad_value"),
        ("email", "没有邮箱", "bad_value"),
        ("item.1.text", "", "bad_value"),
        ("credit.", "李禾", "bad_value"),
        ("note", "长" * 100_001, "bad_value"),
    ],
)
def test_what_cannot_be_is_refused(field: str, value: str, code: str) -> None:
    with pytest.raises(CorrectionError) as caught:
        correct(sample_issue(), {"title": "另一个", field: value} if field != "title" else {field: value})
    assert (caught.value.code, bool(caught.value.message), bool(caught.value.hint)) == (code, True, True)


def test_every_field_that_is_named_is_known() -> None:
    for field in FIELDS:
        try:
            correct(sample_issue(), {field: ""})
        except CorrectionError as refused:
            assert refused.code == "bad_value", field  # noqa: PT017 - some may not be empty, none may be unknown


def test_an_issue_without_sections_has_no_items_to_change() -> None:
    bare = Issue("快报", 1, date(2026, 3, 9), None, ())
    with pytest.raises(CorrectionError):
        correct(bare, {"item.1.title": "x"})


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.one_of(st.sampled_from(sorted(FIELDS)), st.text(max_size=12)), st.text(max_size=20), max_size=4)
)
def test_nothing_but_a_correction_error_is_raised(changes: dict[str, str]) -> None:
    try:
        correct(sample_issue(), changes)
    except CorrectionError as refused:
        assert refused.code in {"unknown_field", "bad_value"}  # noqa: PT017
