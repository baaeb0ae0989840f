"""How the text of an article is printed: levels, run-in headings, tables; never a word more or less."""

from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.issue import Item, Section
from mailer.content.paragraphs import paragraphs_of, with_label
from mailer.content.render import render
from tests.support.issues import sample_facts, sample_issue
from tests.support.mails import ENV, levels_issue

TABLE = "| 单位 | 交办 | 办结率 |\n|---|---|---|\n| 石桥镇 | 41 | 100% |\n| 南湾街道 | 1,137 | 96.6% |"


@pytest.mark.parametrize(
    ("line", "lead", "text", "form"),
    [
        ("一、总体情况", "一、总体情况", "", "level1"),
        ("三、下一步工作。要坚持问题导向。", "三、下一步工作。", "要坚持问题导向。", "level1"),
        ("（二）部门联动不够顺畅", "（二）部门联动不够顺畅", "", "level2"),
        ("（一）机制不健全。部分单位重整治。", "（一）机制不健全。", "部分单位重整治。", "level2"),
        ("一、各单位要提高认识，", "", "一、各单位要提高认识，", "level1"),
        ("一、" + "很长的一句话" * 10 + "。再说一句。", "", "一、" + "很长的一句话" * 10 + "。再说一句。", "level1"),
        ("一要提高认识。二要落实责任。", "", "一要提高认识。二要落实责任。", "plain"),
        ("1. 信息共享不及时。", "", "1. 信息共享不及时。", "plain"),
        ("第一、二季度", "", "第一、二季度", "plain"),
    ],
)
def test_numbered_levels_and_run_in_headings(line, lead, text, form):
    (found,) = paragraphs_of(line)
    assert (found.lead, found.text, found.form) == (lead, text, form)


def test_levels_get_air_and_weight_in_the_mail():
    document = lxml.html.document_fromstring(render(ENV, levels_issue(), sample_facts()).html)
    (first,) = document.xpath("//p[strong='一、总体情况']")
    assert "margin:26px 0 12px" in first.get("style")
    (second,) = document.xpath("//p[strong='（一）长效机制不够健全。']")
    assert second.text_content().endswith("群众反映强烈。")


def test_a_table_has_a_head_and_its_numbers_at_the_right():
    rows = paragraphs_of(TABLE)[0].rows
    assert [row.is_head for row in rows] == [True, False, False]
    assert [[cell.is_number for cell in row.cells] for row in rows] == [[False, True, True]] * 3
    assert [row.line for row in rows] == [
        "单位       交办  办结率",
        "石桥镇       41    100%",
        "南湾街道  1,137   96.6%",
    ]


def test_a_table_in_the_mail_is_a_table_for_screen_readers_too():
    issue = levels_issue()
    html = render(ENV, issue, sample_facts()).html
    (table,) = lxml.html.document_fromstring(html).xpath("//table[tr/th]")
    assert table.get("role") is None
    assert [cell.text for cell in table.xpath(".//th")] == ["单位", "交办", "办结", "办结率"]
    assert "text-align:right" in table.xpath(".//td[.='1,137']/@style")[0]
    assert "南湾街道  1,137  1,098   96.6%" in render(ENV, issue, sample_facts()).text


def test_columns_divided_by_tabs_are_a_table_and_a_single_line_is_not():
    assert [cell.text for cell in paragraphs_of("甲\t12\n乙\t7")[0].rows[1].cells] == ["乙", "7"]
    assert not paragraphs_of("甲\t12\n乙\t7")[0].rows[0].is_head
    (single,) = paragraphs_of("甲\t12")
    assert single.rows == ()


def test_more_columns_than_a_phone_has_room_for_become_lines_that_name_them():
    head = "| 单位 | 一月 | 二月 | 三月 | 四月 | 五月 |"
    (line,) = paragraphs_of(f"{head}\n|---|---|---|---|---|---|\n| 石桥镇 | 1 | 2 |  | 4 | 5 |")
    assert line.text == "石桥镇　一月：1　二月：2　四月：4　五月：5"


def test_rows_of_unequal_length_are_filled_up():
    rows = paragraphs_of("| 甲 | 乙 | 丙 |\n| 1 | 2 |")[0].rows
    assert [len(row.cells) for row in rows] == [3, 3]


def test_a_label_joins_the_first_paragraph_or_stands_alone():
    assert [(p.lead, p.text) for p in with_label(paragraphs_of("近日，开会。\n再说。"), "石桥镇：")] == [
        ("石桥镇：", "近日，开会。"),
        ("", "再说。"),
    ]
    assert [p.lead for p in with_label(paragraphs_of(TABLE), "石桥镇：")] == ["石桥镇：", ""]
    assert [p.lead for p in with_label((), "石桥镇")] == ["石桥镇"]


def test_units_are_printed_whether_or_not_the_item_has_a_title_or_words():
    for item in (
        Item(text="近日，开会。", title="题", units=("石桥镇",)),
        Item(text="石桥镇开会。", title="题", units=("石桥镇",)),
        Item(text="", units=("石桥镇",), byline="本刊"),
    ):
        mail = render(ENV, _issue_of(item), sample_facts())
        body = lxml.html.document_fromstring(mail.html).xpath("//td[contains(@class, 'body')]")[0].text_content()
        assert body.count("石桥镇") == 1
        assert "石桥镇" in mail.text
        if item.byline:
            assert "（本刊）" in body
            assert "（本刊）" in mail.text


@given(st.text(alphabet="一二、（）。；|-\t\n 字1a,%:", max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_word_is_lost_or_added(text):
    found = paragraphs_of(text)
    shown = "".join(
        paragraph.lead + paragraph.text + "".join(cell.text for row in paragraph.rows for cell in row.cells)
        for paragraph in found
    )

    def kept(value: str) -> list[str]:
        return sorted(character for character in value if character not in "|\t\n -:：　")

    shown_words, words = kept(shown), kept(text)
    if "：" not in shown:  # a wide table names its columns once a row
        assert shown_words == words
    assert set(words) <= set(shown_words)


@pytest.mark.parametrize(
    "text",
    [
        "|" * 200_000,
        "a|" * 100_000,
        "\t" * 200_000,
        "甲\t" * 100_000,
        "一、" * 100_000,
        "| a | b |\n" * 20_000,
        "a\tb\n" * 20_000 + "a\t" * 39 + "b",
    ],
)
def test_hostile_text_is_not_blown_up_when_it_is_laid_out(text):
    """A table of unequal rows must not be filled up to rows times columns."""
    assert sum(len(row.cells) for paragraph in paragraphs_of(text) for row in paragraph.rows) <= len(text)


@pytest.mark.parametrize("columns", [40, 41])
def test_one_very_wide_row_among_narrow_ones_makes_no_table(columns):
    lines = ["甲\t1", "乙\t2"] * 5 + ["\t".join("丙" * columns)]
    assert [paragraph.text for paragraph in paragraphs_of("\n".join(lines))] == lines


def _issue_of(item: Item):
    return replace(sample_issue(), sections=(Section("简讯", (item,)),))
