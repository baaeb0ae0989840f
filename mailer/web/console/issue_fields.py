"""An issue as the fields a person may correct: their names (those of ``content.correct``), labels and values. Pure.

What is shown for correction, what a posted form changes, and what two revisions differ in, are all worked out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mailer.content.issue import Issue, Item

PREFIX: Final = "set."  # of a field's name in a form

_HEAD: Final = {
    "title": "刊名",
    "number": "期号",
    "total_number": "总期号",
    "year": "年份",
    "series": "增刊、专刊",
    "date": "印发日期",
    "office": "编发单位",
    "secrecy": "报头标志",
    "copies": "印数",
}
_ITEM: Final = {"title": "标题", "topic": "类别", "units": "单位", "byline": "来源", "text": "正文"}
_LONG: Final = frozenset({"text", "note", "contents"})
_CREDITS: Final = ("编辑", "校对", "核签")


@dataclass(frozen=True, slots=True)
class Field:
    """``name`` as ``content.correct.correct`` takes it; ``is_long`` wants a text area."""

    name: str
    label: str
    value: str
    is_long: bool = False

    @property
    def rows(self) -> int:
        """Lines of a text area in which the value can be read without scrolling much."""
        return min(18, 2 + sum(1 + len(line) // 34 for line in self.value.split("\n")))


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in two revisions."""

    label: str
    before: str
    after: str


def head_fields(issue: Issue) -> tuple[Field, ...]:
    values = {
        "title": issue.title,
        "number": _number(issue.number),
        "total_number": _number(issue.total_number),
        "year": _number(issue.year),
        "series": issue.series,
        "date": issue.date.isoformat() if issue.date else "",
        "office": issue.issuing_office or "",
        "secrecy": issue.secrecy or "",
        "copies": _number(issue.copies),
    }
    return tuple(Field(name, label, values[name]) for name, label in _HEAD.items())


def front_fields(issue: Issue) -> tuple[Field, ...]:
    note = issue.editor_note
    return (
        Field("note", note.label if note else "编者按", note.text if note else "", is_long=True),
        Field("contents", "目录（每条一行）", "\n".join(issue.contents), is_long=True),
    )


def section_field(number: int, heading: str | None) -> Field:
    """``number`` from 1."""
    return Field(f"section.{number}", f"第 {number} 栏的名称", heading or "")


def item_fields(number: int, item: Item) -> tuple[Field, ...]:
    """``number`` from 1, over the whole issue."""
    values = {
        "title": item.title or "",
        "topic": item.topic or "",
        "units": "、".join(item.units),
        "byline": item.byline or "",
        "text": item.text,
    }
    return tuple(
        Field(f"item.{number}.{part}", f"第 {number} 条的{label}", values[part], is_long=part in _LONG)
        for part, label in _ITEM.items()
    )


def foot_fields(issue: Issue) -> tuple[Field, ...]:
    credits_ = {label: "、".join(issue.credits.get(label, ())) for label in (*_CREDITS, *issue.credits)}
    lists = {code: "、".join(phrases) for code, phrases in issue.distribution.by_list().items()}
    contact = {"email": issue.contact.email, "phone": issue.contact.phone, "fax": issue.contact.fax}
    labels = {"email": "邮箱", "phone": "电话", "fax": "传真"}
    return (
        *(Field(f"credit.{label}", label, value) for label, value in credits_.items()),
        *(Field(code, f"{code}：", value) for code, value in lists.items()),
        *(Field(name, labels[name], "、".join(values)) for name, values in contact.items()),
    )


def all_fields(issue: Issue) -> tuple[Field, ...]:
    """Every field of the issue that can be corrected, in the order of the paper."""
    found: list[Field] = [*head_fields(issue), *front_fields(issue)]
    number = 0
    for at, section in enumerate(issue.sections, 1):
        found.append(section_field(at, section.heading))
        for item in section.items:
            number += 1
            found += item_fields(number, item)
    return (*found, *foot_fields(issue))


def changes_of(issue: Issue, posted: Mapping[str, str]) -> dict[str, str]:
    """What of a posted form (without PREFIX) is another value than the issue has: field -> value.

    Fields that the issue does not have are kept, so that whoever makes the correction refuses them.
    """
    now = {field.name: field.value for field in all_fields(issue)}
    return {name: value for name, value in posted.items() if name not in now or _flat(value) != _flat(now[name])}


def differences(before: Issue, after: Issue) -> tuple[Difference, ...]:
    """Field by field; what only one of the two has stands beside nothing."""
    old = {field.name: field for field in all_fields(before)}
    new = {field.name: field for field in all_fields(after)}
    names = (*old, *(name for name in new if name not in old))
    found = [
        Difference((new.get(name) or old[name]).label, _value(old, name), _value(new, name))
        for name in names
        if _flat(_value(old, name)) != _flat(_value(new, name))
    ]
    kept = {text.text for text in after.unrecognised}
    found += [Difference("未识别的文字", text.text, "") for text in before.unrecognised if text.text not in kept]
    return tuple(found)


def label_of(issue: Issue, name: str) -> str:
    """What a field is called; its name where the issue has none such."""
    return next((field.label for field in all_fields(issue) if field.name == name), name)


def _value(fields: Mapping[str, Field], name: str) -> str:
    return fields[name].value if name in fields else ""


def _flat(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def posted_fields(fields: Iterable[tuple[str, str]], strip: Callable[[str], str] = str.strip) -> dict[str, str]:
    """The corrections in a form's fields, by name without PREFIX; the last one of a name counts."""
    return {name.removeprefix(PREFIX): strip(value) for name, value in fields if name.startswith(PREFIX)}
