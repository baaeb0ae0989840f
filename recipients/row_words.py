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
_EXAMPLE_WORD = "(?:填写|填报|填表)?(?:示例|样例|范例|举例|例如|例)"
_EXAMPLE = re.compile(rf"[(（]?{_EXAMPLE_WORD}\d?[)）]?[:：]?|{_EXAMPLE_WORD}\d?[:：].*")
_MARKED_EXAMPLE = re.compile(r"[(（](?:填写)?(?:示例|样例|范例|例)[)）]")
_DATE = re.compile(
    r"(?:打印|填表|填报|制表|更新|导出)?(?:日期|时间)?[:：]?(?:19|20)\d\d[年./-]\d{1,2}(?:[月./-](?:\d{1,2}日?)?)?(?:T?[\d:]+)?"
)
_PAGE = re.compile(
    r"第?\d{1,3}页?[,，/、]?(?:共|/)\d{1,3}页?|第\d{1,3}页|[-—–]+\d{1,3}[-—–]+"
    r"|[(（]?(?:续表|接上表|续上表|接上页|续上页|转下页|接下页|续|以下空白|此页无正文|以下无正文)\d?[)）]?"
)
_SERIES = ("甲乙丙丁戊己庚辛壬癸", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "一二三四五六七八九十")
_HEADS = re.compile(r"[(（]共?\d+(?:人|名|个|家|个单位)[)）]$")
_UNIT_END = re.compile(
    r".+(?:镇|乡|街道|地区|局|委|办|室|中心|院|校|会|部|队|所|站|公司|集团|厅|处|科|社区|村|区|联|社|馆|园|行|厂|党校|学|幼儿园|分局|团|组|银行|支行|单位|大厅)"
)
_SENTENCE = re.compile(r"请|^(?:以上|以下|如有|如无|特此|务必|望)|的$")
_SIGNED = re.compile(rf"(?:{_FOOT_WORD})(?:签字|签名|盖章|签章)?")
_SIGNS = re.compile(r"(?:填表人|填报人|制表人?|审核人?|经办人|.{0,6}(?:签字|签名|盖章|签章)|.{0,4}(?:日期|时间))[:：]?")
_LEFT = re.compile(r"已?(?:调离|调走|调出|离职|离任|退休|辞职|免职|去世|不在岗)")
_NUMBERING = re.compile(r"(?:[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．]|[(（][一二三四五六七八九十]{1,3}[)）])")
_COUNTED = re.compile(r"^(?:\d{1,3}[、.．](?=\D)|[一二三四五六七八九十]{1,3}[、.．])")
_HEADING_CHARACTERS = 30
_LINE_CHARACTERS = 300  # of a cell that may be the reporting line


def plain(cell: str) -> str:
    """Names and units: no white space of any kind, no invisible characters."""
    if cell.isalnum():
        return cell  # the usual cell, spared the search
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


def is_signed(cells: Sequence[str]) -> bool:
    """A line of signatures or of whom to ask, each word and each value in a cell of its own: 联系人 | 王二 | 电话 | …"""
    filled = [cell for cell in cells if cell]
    if not _SIGNED.fullmatch(filled[0]) or any("@" in cell for cell in filled):
        return False
    return any(_SIGNS.fullmatch(cell) or header_words.read(cell).field is Field.PHONE for cell in filled[1:])


def is_page_mark(cells: Sequence[str]) -> bool:
    """A page number, 续表, or a date alone in its row: nothing but such a mark stands there."""
    texts = {cell for cell in cells if cell}
    return len(texts) == 1 and all(_PAGE.fullmatch(text) or _DATE.fullmatch(text) for text in texts)


def is_column_numbers(cells: Sequence[str]) -> bool:
    """The row under a printed header that only counts its columns: 1 2 3, （1）（2）（3）, 甲 乙 丙."""
    marks = [cell.strip("()（）") for cell in cells if cell]
    if len(marks) < 3:
        return False
    if all(mark.isdecimal() for mark in marks):
        return [int(mark) for mark in marks] == list(range(int(marks[0]), int(marks[0]) + len(marks)))
    letters = "".join(marks)
    return len(letters) == len(marks) and any(letters in series for series in _SERIES)


def is_example(cells: Sequence[str]) -> bool:
    """The row's first text says so, or any says it in brackets: 张三（示例）."""
    first = next((cell for cell in cells if cell), "")
    return bool(_EXAMPLE.fullmatch(first)) or any(
        _MARKED_EXAMPLE.search(cell) for cell in cells if len(cell) <= _HEADING_CHARACTERS
    )


def has_left(note: str) -> bool:
    """Whether a remark says that the person is gone; it may also speak of somebody before."""
    return bool(_LEFT.match(note))


def is_hint(text: str) -> bool:
    """（必填）, or 工作邮箱 in the very column of addresses: a row of hints for whoever fills the list in."""
    if not header_words.may_head_addresses(text):
        return "必填" in text or "选填" in text
    return header_words.read(text).field is Field.ADDRESS


def heading(text: str) -> tuple[str, bool]:
    """A lone text without its number, and whether it had one; empty where it is a sentence, not a heading."""
    if len(text) > _HEADING_CHARACTERS or any(ch in "。；;，,！!@" for ch in text) or _SENTENCE.search(text):
        return "", False
    numbering = _NUMBERING.match(text)
    name = _HEADS.sub("", text[numbering.end() :] if numbering else text)
    is_role = name in header_words.ROLE_WORDS and not is_leaders(name)
    return "" if is_role else name, numbering is not None


def may_be_unit(heading: str, text: str) -> bool:
    """Whether a heading inside a list reads like a unit: by its last word, its number, or the count of its people."""
    return bool(_UNIT_END.fullmatch(heading)) or heading != text


def unit(text: str) -> str:
    """松陵镇（盖章） -> 松陵镇, 1、松陵镇 -> 松陵镇."""
    return _COUNTED.sub("", without_stamp(text))


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
