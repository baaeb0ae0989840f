"""Links and pictures: what no reader outside could open is told, good addresses are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.content.check import check
from mailer.content.issue import Item, Place, Section, Unrecognised
from tests.unit.content.test_check import SOUND, TODAY


def codes(text: str, *aside: Unrecognised) -> list[str]:
    issue = replace(SOUND, sections=(Section("要闻", (Item(text),)),), unrecognised=aside)
    return [finding.code for finding in check(issue, known=None, today=TODAY)]


@pytest.mark.parametrize(
    "text",
    [
        "详见[专题](https://www.x.example/a?b=1)。",
        "网址：https://x.example:8443/a_b，欢迎访问。",
        "来信寄[编辑部](mailto:a@b.example)，或拨[电话](tel:0555)。",
        "比分 3:1，见 2026:01 号文，比例 http 很少见。",
        "数组[1](注)不是链接。".replace("(注)", "（注）"),
    ],
)
def test_good_addresses_and_plain_text_say_nothing(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("见[附件](附件1.docx)。", "relative_link"),
        ("见[这里](../a/b.html)。", "relative_link"),
        ("见[这里]()。", "relative_link"),
        ("见[盘上](file:///D:/a.doc)。", "relative_link"),
        ("网址 file://server/a 可取。", "relative_link"),
        ("见[专题](htpp://x.example/)。", "broken_link"),
        ("见[专题](https://x。example/)。", "broken_link"),
        ("见[专题](http://)。", "broken_link"),
        ("网址 http:/x.example/a 。", "broken_link"),
        ("网址 https://-- 。", "inner_link"),
        ("见[内网](http://192.168.1.5/a)。", "inner_link"),
        ("见[内网](http://oa/a)。", "inner_link"),
        ("见 http://localhost:8080/ 。", "inner_link"),
    ],
)
def test_what_cannot_be_opened_is_told(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_links_of_a_word_file_are_looked_at_too() -> None:
    assert codes("好。", Unrecognised("专题（https://x.example/）", Place(None, "第 5 段（链接）"))) == []
    assert codes("好。", Unrecognised("附件（附件1.docx）", Place(None, "第 5 段（链接）"))) == ["relative_link"]


def test_pictures_are_counted_and_those_from_elsewhere_named() -> None:
    inside = Unrecognised("![现场](a.png)", Place(3, "图片"))
    outside = Unrecognised("![现场](https://x.example/a.png)", Place(4, "图片"))
    assert codes("好。", inside) == ["pictures"]
    assert codes("好。", inside, outside) == ["external_picture", "pictures"]
