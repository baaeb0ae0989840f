"""Corrections by hand: any field of an issue set to what a person says it is, without touching the file.

Pure. Each field has one name, as ``FIELDS`` explains it; a value is text, as a person writes it, and an empty one clears
the field where it may be missing. Nothing here knows where issues are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from mailer.content.issue import Contact, EditorNote, Issue, Item
from mailer.content.readers import distribution, names, numerals

FIELDS: Final = {
    "title": "刊名",
    "number": "期号，例如 12",
    "total_number": "总期号",
    "year": "期号里的年份",
    "series": "增刊、专刊等",
    "date": "印发日期，例如 2026-03-09 或 2026年3月9日",
    "office": "编发单位",
    "secrecy": "报头的标志",
    "copies": "印数",
    "note": "编者按",
    "contents": "目录，各条用；隔开",
    "报": "报尾“报：”，用、隔开",
    "送": "报尾“送：”",
    "发": "报尾“发：”",
    "email": "邮箱",
    "phone": "电话",
    "fax": "传真",
    "credit.编辑": "署名，冒号前的字照印，例如 credit.核签",
    "section.2": "第 2 个栏目的名称",
    "item.3.title": "第 3 条的标题；另有 text、units、topic、byline",
    "unrecognised.1": "第 1 处没有认出的文字：只能清空，表示不用",
}
_LONGEST: Final = 100_000
_ITEM_PARTS: Final = ("title", "text", "units", "topic", "byline")


class CorrectionError(ValueError):
    """A change that cannot be made: ``code`` unknown_field or bad_value, ``message`` and ``hint`` in Chinese."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


def correct(issue: Issue, changes: Mapping[str, str]) -> Issue:
    """The issue with ``changes`` (field -> value) made. All or none. Raises CorrectionError."""
    dropped: list[int] = []
    for field, value in changes.items():
        if len(value) > _LONGEST:
            raise _bad(field, "太长了")
        head, _, rest = field.partition(".")
        if head == "unrecognised":
            dropped.append(_place_of(field, rest, len(issue.unrecognised)))
            if value.strip():
                raise _bad(field, "只能清空；要放进正文，请改那一条的 text")
        elif head in _NUMBERED:
            issue = _NUMBERED[head](issue, field, rest, value.strip())
        elif field in _PLAIN:
            issue = _PLAIN[field](issue, value.strip())
        else:
            raise CorrectionError("unknown_field", f"没有“{field}”这一项。", f"可以改的有：{'、'.join(FIELDS)}。")
    kept = tuple(text for at, text in enumerate(issue.unrecognised) if at not in dropped)
    return replace(issue, unrecognised=kept)


def _number(issue: Issue, value: str) -> Issue:
    return _renumbered(replace(issue, number=_count("number", value, least=1)))


def _total(issue: Issue, value: str) -> Issue:
    return _renumbered(replace(issue, total_number=_count("total_number", value, least=1) if value else None))


def _year(issue: Issue, value: str) -> Issue:
    year = _count("year", value, least=1949) if value else None
    if year is not None and year > 2100:
        raise _bad("year", f"“{value}”不是一个年份")
    return _renumbered(replace(issue, year=year))


def _series(issue: Issue, value: str) -> Issue:
    return _renumbered(replace(issue, series=value))


def _renumbered(issue: Issue) -> Issue:
    """The printed number follows, since it no longer says what the issue is."""
    year = f"{issue.year}年" if issue.year is not None else ""
    total = f"（总第{issue.total_number}期）" if issue.total_number is not None else ""
    series = f"（{issue.series}）" if issue.series else ""
    number = f"第{issue.number}期" if issue.number is not None else ""
    return replace(issue, number_printed=f"{year}{number}{series}{total}")


def _date(issue: Issue, value: str) -> Issue:
    found = numerals.find_dates(value, issue.year or (issue.date.year if issue.date else None))
    day: date | None = found[0].value if len(found) == 1 else None
    if day is None:
        raise _bad("date", f"“{value}”不是一个完整、存在的日期")
    return replace(issue, date=day, date_printed=f"{day.year}年{day.month}月{day.day}日")


def _note(issue: Issue, value: str) -> Issue:
    if not value:
        return replace(issue, editor_note=None)
    return replace(issue, editor_note=replace(issue.editor_note or EditorNote(""), text=value))


def _contents(issue: Issue, value: str) -> Issue:
    return replace(issue, contents=tuple(filter(None, (part.strip() for part in re.split(r"[；;\n]", value)))))


def _list(role: str) -> Callable[[Issue, str], Issue]:
    def change(issue: Issue, value: str) -> Issue:
        phrases = tuple(distribution.phrases(value))
        return replace(issue, distribution=replace(issue.distribution, **{role: phrases}))

    return change


def _contact(kind: str) -> Callable[[Issue, str], Issue]:
    def change(issue: Issue, value: str) -> Issue:
        # a telephone number may be printed with blanks in it
        between = r"[、，,；;\s]+" if kind == "email" else r"\s*[、，,；;\n]\s*"
        values = tuple(filter(None, re.split(between, value)))
        if kind == "email" and any(one.count("@") != 1 or one.startswith("@") or one.endswith("@") for one in values):
            raise _bad(kind, f"“{value}”不是邮箱")
        contact: Contact = replace(issue.contact, **{kind: values})
        return replace(issue, contact=contact)

    return change


def _title(issue: Issue, value: str) -> Issue:
    if not value:
        raise _bad("title", "刊名不能空着")
    return replace(issue, title=value)


def _credit(issue: Issue, field: str, label: str, value: str) -> Issue:
    if not label or len(label) > 12:
        raise _bad(field, "要写明是哪一项署名，例如 credit.编辑")
    credits_ = {key: people for key, people in issue.credits.items() if key != label}
    if value:
        credits_ = issue.credits | {label: names.names_of(value)}
    return replace(issue, credits=credits_)


def _section(issue: Issue, field: str, rest: str, value: str) -> Issue:
    at = _place_of(field, rest, len(issue.sections))
    changed = replace(issue.sections[at], heading=value or None)
    return replace(issue, sections=(*issue.sections[:at], changed, *issue.sections[at + 1 :]))


def _item(issue: Issue, field: str, rest: str, value: str) -> Issue:
    number, _, part = rest.partition(".")
    wanted = _place_of(field, number, len(issue.items))
    if part not in _ITEM_PARTS:
        raise CorrectionError("unknown_field", f"没有“{field}”这一项。", f"一条里可以改：{'、'.join(_ITEM_PARTS)}。")
    if part == "text" and not value:
        raise _bad(field, "正文不能清空")
    sections = []
    first = 0
    for section in issue.sections:
        items = section.items
        if first <= wanted < first + len(items):
            at = wanted - first
            items = (*items[:at], _changed(items[at], part, value), *items[at + 1 :])
        first += len(section.items)
        sections.append(replace(section, items=items))
    return replace(issue, sections=tuple(sections))


def _changed(item: Item, part: str, value: str) -> Item:
    if part == "units":
        return replace(item, units=tuple(distribution.phrases(value)))
    if part == "text":
        return replace(item, text=value)
    cleared = value or None
    if part == "title":
        return replace(item, title=cleared)
    return replace(item, topic=cleared) if part == "topic" else replace(item, byline=cleared)


def _place_of(field: str, number: str, count: int) -> int:
    if not (number.isdecimal() and len(number) < 6 and 1 <= int(number) <= count):
        raise CorrectionError("unknown_field", f"没有“{field}”这一项。", f"这一类共有 {count} 处，从 1 数起。")
    return int(number) - 1


def _count(field: str, value: str, *, least: int) -> int:
    number = numerals.to_int(value)
    if number is None or not least <= number <= 999_999:
        raise _bad(field, f"“{value}”不是数")
    return number


def _copies(issue: Issue, value: str) -> Issue:
    return replace(issue, copies=_count("copies", value, least=0) if value else None)


def _bad(field: str, why: str) -> CorrectionError:
    told = FIELDS.get(field, "")
    return CorrectionError("bad_value", f"“{field}”改不了：{why}。", f"{field}：{told}。" if told else "请核对后再改。")


_PLAIN: Final[dict[str, Callable[[Issue, str], Issue]]] = {
    "title": _title,
    "number": _number,
    "total_number": _total,
    "year": _year,
    "series": _series,
    "date": _date,
    "office": lambda issue, value: replace(issue, issuing_office=value or None),
    "secrecy": lambda issue, value: replace(issue, secrecy=value or None),
    "copies": _copies,
    "note": _note,
    "contents": _contents,
    "报": _list("report"),
    "送": _list("copy_to"),
    "发": _list("issue_to"),
    "email": _contact("email"),
    "phone": _contact("phone"),
    "fax": _contact("fax"),
}
_NUMBERED: Final[dict[str, Callable[[Issue, str, str, str], Issue]]] = {
    "credit": _credit,
    "section": _section,
    "item": _item,
}
