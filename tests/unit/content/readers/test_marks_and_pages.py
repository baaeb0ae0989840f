"""Markdown's marks, page furniture, and the joining of what a page break or a line end has cut."""

from __future__ import annotations

import pytest

from mailer.content.readers import emphasis, numerals, read_issue

HEAD = "# 白鹭区工作快报\n\n第1期\n\n白鹭区委办公室\n\n2026年3月9日\n\n"


def texts(body: str, name: str = "a.md") -> list[str]:
    return [item.text for item in read_issue((HEAD + "## 【要闻】\n\n" + body).encode(), name).items]


@pytest.mark.parametrize(
    ("marked", "text", "bold"),
    [
        ("**甲**乙", "甲乙", "甲"),
        ("甲**乙**", "甲乙", "乙"),
        ("__甲__乙", "甲乙", "甲"),
        ("***甲***乙", "甲乙", "甲"),
        ("**甲****乙**丙", "甲乙丙", "甲乙"),
        ("**甲： **乙", "甲： 乙", "甲： "),
        ("*甲*乙", "甲乙", ""),
        ("3*5*7", "3*5*7", ""),
        ("138****1234", "138****1234", ""),
        ("a_b_c@x.example", "a_b_c@x.example", ""),
        ("填写____年", "填写____年", ""),
        ("**甲", "甲", ""),
        ("甲**", "甲", ""),
        ("2**3", "2**3", ""),
        (r"\*甲\* \[乙\]", "*甲* [乙]", ""),
        ("*注：甲", "*注：甲", ""),
        ("<b>甲</b> & x<y", "<b>甲</b> & x<y", ""),
    ],
)
def test_emphasis(marked: str, text: str, bold: str) -> None:
    rich = emphasis.parse(marked, escapes=True)
    assert rich.text == text
    assert "".join(sign for sign, is_bold in zip(rich.text, rich.bold, strict=True) if is_bold) == bold


def test_a_backslash_is_text_in_a_plain_text_file() -> None:
    assert emphasis.parse(r"C:\_甲", escapes=False).text == r"C:\_甲"


@pytest.mark.parametrize(
    "mark",
    ["— 3 —", "- 3 -", "－３－", "第 3 页 共 4 页", "第3页/共4页", "第三页", "3 / 4", "Page 3 of 4", "·3·", "3", r"\- 3 \-", "<!-- page 3 -->",
     "<!-- 第 3 页 -->", "\f", '<div style="page-break-after: always;"></div>', r"\newpage", "---", "— 3 —\n\n白鹭区工作快报　第1期", "===== 第 3 页 ====="],
)  # fmt: skip
def test_a_paragraph_cut_by_a_page_is_whole_again(mark: str) -> None:
    cut = f"会议指出，要对照任务清单，逐项检查。各单位要把所承担的创\n\n{mark}\n\n城职责，落到实处。"
    assert texts(cut) == ["会议指出，要对照任务清单，逐项检查。各单位要把所承担的创城职责，落到实处。"]


def test_a_form_feed_inside_a_line() -> None:
    assert texts("会议指出，要履行好所承担的创\f城职责。") == ["会议指出，要履行好所承担的创城职责。"]


def test_a_page_break_after_a_whole_sentence_divides_paragraphs() -> None:
    assert texts("会议指出，要抓好落实。\n\n— 3 —\n\n会议强调，要压实责任。") == [
        "会议指出，要抓好落实。\n会议强调，要压实责任。"
    ]


def test_a_bold_run_over_a_page_break() -> None:
    body = "会议指出，要抓好落实。**三要强化协\n\n— 3 —\n\n同、压实责任。**要立即行动。"
    assert texts(body) == ["会议指出，要抓好落实。三要强化协同、压实责任。要立即行动。"]


def test_a_label_cut_by_a_page_break() -> None:
    issue = read_issue(
        (HEAD + "## 【简讯】\n\n**灯山街道、**\n\n第 3 页 共 4 页\n\n**滨河镇：**座谈。").encode(), "a.md"
    )
    assert [(item.units, item.text) for item in issue.items] == [(("灯山街道", "滨河镇"), "座谈。")]


def test_a_title_is_not_joined_with_its_text() -> None:
    issue = read_issue((HEAD + "【要闻】\n\n我区召开推进会\n\n3月8日，我区召开推进会。").encode(), "a.md")
    assert [(item.title, item.text) for item in issue.items] == [("我区召开推进会", "3月8日，我区召开推进会。")]


def test_a_number_in_a_list_is_no_page_number() -> None:
    assert texts("办结情况如下：\n甲\n41\n乙。") == ["办结情况如下：\n甲\n41\n乙。"]


def test_tables_and_html_are_text() -> None:
    body = "如下：\n\n| 单位 | 办结 |\n|---|---|\n| 甲镇 | 3 |\n\n<script>alert(1)</script>完成。"
    assert texts(body) == ["如下：\n| 单位 | 办结 |\n|---|---|\n| 甲镇 | 3 |\n<script>alert(1)</script>完成。"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("861", 861), ("八六一", 861), ("十七", 17), ("一百零七", 107), ("二十", 20), ("廿三", 23), ("三百一十", 310), ("１２", 12), ("1 2 8", 128),
     ("二○二四", 2024), ("", None), ("期", None), ("十x", None), ("1234567890123", None)],
)  # fmt: skip
def test_numerals(text: str, value: int | None) -> None:
    assert numerals.to_int(text) == value
