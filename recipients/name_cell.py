"""The text of one cell of names -> the name alone, and the title that stood with it; or several people in one cell.

Owns what people write into such cells beside a name. Only plain words are taken for something else than a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recipients.row_words import plain

_OFFICE = "镇|局|区|市|县|乡|处|科|所|站|院|校|部|会|队|组|股|馆|秘书|厅|司|行|社|村|园|班|台|段|庭|室|董事|街道|支队|大队|中队|政委"
_TITLE = re.compile(
    rf".{{0,12}}(?:(?:{_OFFICE})长|书记|主任|主席|经理|委员|干事|科员|调研员|助理|秘书|信息员|联络员|负责人|总工|工程师|主管|教师|文员|内勤)"
)
_ASIDE = re.compile(r"女|男|[\u4e00-\u9fff]{1,3}族|兼|代|主持工作|中共党员|党员|新任|借调|挂职")
_BRACKETS = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]{1,20})[)）\]】〕]$")
_NUMBERED = re.compile(r"(?:\d{1,3}[、.．)）]|[(（]\d{1,3}[)）]|[①-⑳])(?=\D)")
_COMRADE = re.compile(r"(?<=.{2})同志$")
_VACANT = frozenset({"空缺", "暂缺", "空岗", "空", "待定", "缺", "缺位", "暂空", "空编", "无", "无人", "未配备", "暂无", "/", "—", "-", "——", "待补", "待补充", "待配"})  # fmt: skip
_MARKS = re.compile(r"\n+|[、；;，,/]")
_PERSON = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f·•]{2,10}")
_DOUBLE = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "长孙",
    "夏侯",
    "端木",
    "南宫",
    "轩辕",
    "宇文",
    "单于",
)


@dataclass(frozen=True, slots=True)
class NameCell:
    """``title``: the office written beside the name; ``is_repaired``: something was taken off."""

    name: str
    title: str = ""
    is_repaired: bool = False


def read(text: str) -> NameCell:
    """«1.郑　好（女）» is 郑好; «郑好 副镇长» and «郑好（副镇长）» are 郑好 with a title; «空缺» is nobody."""
    whole = plain(text)
    if whole in _VACANT:
        return NameCell("")
    words = text.split()
    name, title = whole, ""
    if numbered := _NUMBERED.match(name):
        name = name[numbered.end() :]
    if len(words) > 1 and _TITLE.fullmatch(words[-1]) and len(words[-1]) > 1:
        rest = plain("".join(words[:-1]))
        if 2 <= len(_NUMBERED.sub("", rest, count=1)) <= 5:
            name, title = _NUMBERED.sub("", rest, count=1), words[-1]
    while aside := _BRACKETS.search(name):
        if _TITLE.fullmatch(aside[1]):
            title = title or aside[1]
        elif not _ASIDE.fullmatch(aside[1]):
            break
        name = name[: aside.start()]
    name = _COMRADE.sub("", name)
    return NameCell(name, title, name != whole) if name else NameCell(whole)


def several(text: str) -> tuple[str, ...]:
    """The names of a cell that holds more than one person; empty: it holds one, or it cannot be told.

    A line break alone may also stand inside one name: then each part must be a name of its own.
    """
    parts = [part for part in _MARKS.split(text.strip()) if part.strip()]
    names = [read(part).name for part in parts]
    if len(parts) < 2 or not all(map(_PERSON.fullmatch, names)):
        return ()
    by_lines = not re.search("[、；;，,/]", text)
    if by_lines and len(names) == 2 and names[0] in _DOUBLE and len(names[1]) <= 2:
        return ()
    return tuple(part.strip() for part in parts)


def parts_for(text: str, people: int) -> Sequence[str]:
    """Another cell of the same row, one part a person: cut by lines or marks where that gives as many, else the same for all."""
    for marks in (r"\n+", r"[、；;，,/\n]+"):
        parts = [part.strip() for part in re.split(marks, text.strip()) if part.strip()]
        if len(parts) == people:
            return parts
    return [text] * people
