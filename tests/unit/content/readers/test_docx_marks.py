"""Revisions, comments and hidden words: read as accepted, and each a stop that names author and place."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mailer.content.check import check
from mailer.content.issue import Issue, MarkKind, Severity, from_json, to_json
from mailer.content.readers import read_issue
from tests.support.ooxml import (
    comment,
    commented,
    deleted,
    inserted,
    mark_deleted,
    moved,
    p,
    run,
    style,
    table,
    word_file,
)  # fmt: skip

HEAD = (p("白鹭区工作快报"), p("第12期"), p("白鹭区委办公室\t2026年3月9日"), p("【要闻】"))


def read(*body: str, **parts: object) -> Issue:
    return read_issue(word_file(*HEAD, *body, **parts), "a.docx")


def marks(issue: Issue) -> list[tuple[str, str, str, str, str]]:
    return [(str(m.kind), m.action, m.author, m.text, m.place.note) for m in issue.word_marks]


def test_insertions_are_in_and_deletions_are_out() -> None:
    issue = read(p("会议", inserted(run("强")), inserted(run("调")), deleted("指出"), "，要抓好落实。"))
    assert issue.items[0].text == "会议强调，要抓好落实。"
    assert marks(issue) == [
        ("revision", "插入", "方圆", "强调", "第 5 段"),
        ("revision", "删除", "方圆", "指出", "第 5 段"),
    ]
    assert issue.word_marks[0].day == "2026-03-06"


def test_moved_words_stand_where_they_went() -> None:
    issue = read(p("甲区先行。", moved("乙区跟上。", away=True)), p("会议结束。", moved("乙区跟上。", away=False)))
    assert issue.items[0].text == "甲区先行。\n会议结束。乙区跟上。"
    assert [mark.action for mark in issue.word_marks] == ["移走", "移来"]


def test_a_deleted_end_of_paragraph_joins_with_the_next() -> None:
    issue = read(p("抓好落实，", more=mark_deleted()), p("务求实效。"), p("结束。"))
    assert issue.items[0].text == "抓好落实，务求实效。\n结束。"
    assert marks(issue) == [("revision", "删除", "方圆", "¶", "第 5 段")]


def test_a_deleted_end_at_the_end_of_the_file_loses_nothing() -> None:
    assert read(p("抓好落实。", more=mark_deleted())).items[0].text == "抓好落实。"


def test_a_deleted_row_is_out_and_an_inserted_one_in() -> None:
    rows = table(["单位", "交办"], ["东街道", "4"], ["西街道", "7"], ["北街道", "9"])
    rows = rows.replace('<w:tr><w:tc><w:tcPr/><w:p><w:r><w:t xml:space="preserve">西', '<w:tr><w:trPr><w:del w:author="方圆"/></w:trPr><w:tc><w:tcPr/><w:p><w:r><w:t xml:space="preserve">西')  # fmt: skip
    rows = rows.replace('<w:tr><w:tc><w:tcPr/><w:p><w:r><w:t xml:space="preserve">北', '<w:tr><w:trPr><w:ins w:author="李禾"/></w:trPr><w:tc><w:tcPr/><w:p><w:r><w:t xml:space="preserve">北')  # fmt: skip
    issue = read(p("情况如下："), rows)
    assert "西街道" not in issue.items[0].text
    assert "| 北街道 | 9 |" in issue.items[0].text
    assert [(mark.action, mark.author) for mark in issue.word_marks] == [("删除表格行", "方圆"), ("插入表格行", "李禾")]


def test_changes_of_form_are_one_mark_an_author() -> None:
    changed = (
        '<w:r><w:rPr><w:b/><w:rPrChange w:id="4" w:author="{}"><w:rPr/></w:rPrChange></w:rPr><w:t>好。</w:t></w:r>'
    )
    issue = read(
        p(changed.format("方圆"), changed.format("方圆")), p(changed.format("李禾")), p(changed.format("方圆"))
    )
    assert [(mark.action, mark.author) for mark in issue.word_marks] == [("修改格式", "方圆"), ("修改格式", "李禾")]


def test_comments_are_told_with_their_place_and_words() -> None:
    both = comment("口径再核") + comment("没有位置", "李禾", comment_id=5)
    issue = read(p("前一段。"), p("后一段，", commented(run("共41处。"))), comments=both)
    assert marks(issue) == [
        ("comment", "批注", "何山", "口径再核", "第 6 段"),
        ("comment", "批注", "李禾", "没有位置", "批注"),
    ]


def test_hidden_words_are_out_also_by_style() -> None:
    styles = style("9", "隐藏", character="<w:vanish/>")
    issue = read(p("会议召开。", run("此句勿发", hidden=True)), p("底稿说明", style="9"), p("结束。"), styles=styles)
    assert issue.items[0].text == "会议召开。\n结束。"
    assert [(mark.kind, mark.text) for mark in issue.word_marks] == [
        (MarkKind.HIDDEN, "此句勿发"),
        (MarkKind.HIDDEN, "底稿说明"),
    ]


def test_a_property_that_is_switched_off_hides_nothing() -> None:
    off = '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>看得见。</w:t></w:r>'
    issue = read(p(off))
    assert (issue.items[0].text, issue.word_marks) == ("看得见。", ())


def test_marks_come_back_from_json() -> None:
    issue = read(p("会议", inserted(run("强调")), "。"))
    assert issue.word_marks
    assert from_json(json.loads(json.dumps(to_json(issue)))) == issue
    old = to_json(issue)
    del old["word_marks"]
    assert from_json(old).word_marks == ()


@pytest.mark.parametrize(
    ("paragraph", "parts", "code", "words"),
    [
        (p("会议", inserted(run("强调")), "。"), {}, "word_revision", ("方圆", "插入", "强调", "第 5 段")),
        (p(commented(run("会议召开。"))), {"comments": comment("口径再核")}, "word_comment", ("何山", "口径再核")),
        (p("会议召开。", run("此句勿发", hidden=True)), {}, "word_hidden", ("此句勿发", "第 5 段")),
    ],
)
def test_each_mark_is_a_stop(paragraph: str, parts: dict[str, str], code: str, words: tuple[str, ...]) -> None:
    (finding,) = [
        f for f in check(read(paragraph, **parts), known=None, today=date(2026, 3, 9)) if f.code.startswith("word_")
    ]
    assert (finding.code, finding.severity) == (code, Severity.STOP)
    told = finding.message + finding.place.note
    assert [word for word in words if word not in told] == []


def test_several_marks_are_confirmed_one_by_one() -> None:
    issue = read(p("甲", inserted(run("乙")), "丙", deleted("丁"), "。"), p(inserted(run("戊。"), "李禾")))
    codes = [f.code for f in check(issue, known=None, today=date(2026, 3, 9)) if f.code.startswith("word_")]
    assert codes == ["word_revision", "word_revision.2", "word_revision.3"]


def test_thousands_of_marks_are_bounded_and_counted() -> None:
    issue = read(*(p("甲", inserted(run("乙")), "。") for _ in range(250)))
    assert len(issue.word_marks) == 201
    assert "另有 50 处" in issue.word_marks[-1].action
