"""What rows say that hold no people: totals, notes, signatures, examples, headings, the reporting unit.

Owns their words, and how a cell's text is cleaned. Must not know columns or people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recipients import header_words
from recipients.header_words import Field
from recipients.people import is_leaders

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SAME_AS_ABOVE = frozenset({"", "同上", "〃", "″", '"', "“", "”", "''", "同左"})
_TOTAL = re.compile(
    r".{0,8}(?:合计|总计|小计|共计)[:：]?[^@]{0,20}|(?:总数|总人数|人数)[:：]?[^@]{0,10}|共\d+[人个名条家].{0,20}"
)
_FOOT_WORD = (
    "填表说明|填报说明|备注|附注|说明|注意|特别说明|注|填表人|填报人|制表人|制表|审核人|审核|审批人|审签人|签发人|联系人|联系电话|咨询电话|经办人"
    "|联系邮箱|报送邮箱|接收邮箱|反馈邮箱|单位负责人|负责人|主要负责人|主管领导|分管领导|单位领导|领导|填表日期|填报日期|填表时间|填报时间|报送日期|报送时间"
    "|上报日期|制表日期|制表时间|制表单位|填报单位|报送单位|上报单位|单位盖章|盖章|公章|签字|签名|日期|时间|截止日期|截止|截至"
)
_FOOT = re.compile(
    rf"(?:{_FOOT_WORD})(?:签字|签名|盖章|签章|[(（][^()（）]{{0,12}}[)）])?\d{{0,2}}[:：].*|注\d{{0,2}}[.、].*",
    re.DOTALL,
)
_REPORTING_UNIT = re.compile(
    rf"(?:填报单位|报送单位|上报单位|填表单位|制表单位|单位名称|单位|部门)(?:[(（][^()（）]{{0,12}}[)）]|盖章)?[:：](.*?)(?:(?:{_FOOT_WORD})[:：].*)?",
    re.DOTALL,
)
_REPORTING_CELL = re.compile(r"(?:填报|报送|上报|填表)单位|(?:单位|部门)(?:名称)?(?:[(（][^()（）]{0,12}[)）]|盖章)")
_STAMP = re.compile(r"[(（](?:单位)?(?:盖章|公章|加盖公章|签章)[)）]")
_EXAMPLE = re.compile(r"[(（]?(?:填写|填报|填表)?(?:示例|样例|范例|举例|例如|例)\d?[)）]?[:：]?")
_NUMBERING = re.compile(r"(?:[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．]|[(（][一二三四五六七八九十]{1,3}[)）])")
_HEADING_CHARACTERS = 30
_LINE_CHARACTERS = 300  # of a cell that may be the reporting line


def plain(cell: str) -> str:
    """Names and units: no white space of any kind, no invisible characters."""
    return "".join(_INVISIBLE.sub("", cell).split())


def running(cell: str) -> str:
    """Remarks and telephone numbers: white space kept as one blank."""
    return " ".join(_INVISIBLE.sub("", cell).split())


def is_same_as_above(text: str) -> bool:
    """Empty, a ditto, or a stroke."""
    return text in _SAME_AS_ABOVE or not any(map(str.isalnum, text))


def without_stamp(unit: str) -> str:
    """松陵镇（盖章） -> 松陵镇."""
    return _STAMP.sub("", unit)


def is_foot(first: str) -> bool:
    """Whether the row's first text makes it a total, a note or a line of signatures."""
    return bool(_TOTAL.fullmatch(first) or _FOOT.fullmatch(first) or is_hint(first))


def is_example(first: str) -> bool:
    return bool(_EXAMPLE.fullmatch(first))


def is_hint(text: str) -> bool:
    """（必填）, or 工作邮箱 in the very column of addresses: a row of hints for whoever fills the list in."""
    if not header_words.may_head_addresses(text):
        return "必填" in text or "选填" in text
    return header_words.read(text).field is Field.ADDRESS


def heading(text: str) -> tuple[str, bool]:
    """A lone text without its number, and whether it had one; empty where it is a sentence, not a heading."""
    if len(text) > _HEADING_CHARACTERS or any(ch in "。；;，,！!@" for ch in text):
        return "", False
    numbering = _NUMBERING.match(text)
    name = text[numbering.end() :] if numbering else text
    is_role = name in header_words.ROLE_WORDS and not is_leaders(name)
    return "" if is_role else name, numbering is not None


def reporting_unit(row: Sequence[str]) -> str:
    """The unit of a line «填报单位：…», also where the name stands in the next cell; empty: the row is no such line."""
    cells = [running(cell) if len(cell) <= _LINE_CHARACTERS else "" for cell in row]
    for number, cell in enumerate(cells):
        if match := _REPORTING_UNIT.fullmatch(cell):
            found = match.group(1).strip() or next((c for c in cells[number + 1 :] if c), "")
        elif _REPORTING_CELL.fullmatch(cell):
            found = next((c for c in cells[number + 1 :] if c), "")
        else:
            continue
        found = plain(found)
        return "" if _FOOT.fullmatch(found) or header_words.read(found).field is not None else without_stamp(found)
    return ""
