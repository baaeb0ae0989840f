"""What the page of one issue shows: what was understood, beside the file's lines, with every problem at its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mailer.content.issue import Finding, Issue, Item, Place, Severity
from mailer.content.readers.source import SourceLine
from mailer.web.console import issue_fields
from mailer.web.console.issue_fields import Field

_PARAGRAPH: Final = re.compile(r"第 ([0-9]{1,6}) 段")


@dataclass(frozen=True, slots=True)
class Given:
    """A reason with which a stop was passed."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding; ``line`` of the source, if it has one; ``waiver`` only for a stop that was passed."""

    code: str
    is_stop: bool
    message: str
    remedy: str
    line: int | None
    waiver: Given | None

    @property
    def blocks(self) -> bool:
        return self.is_stop and self.waiver is None


@dataclass(frozen=True, slots=True)
class ShownItem:
    number: int  # from 1, over the whole issue
    item: Item
    line: int | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ShownSection:
    number: int  # from 1
    heading: str | None
    line: int | None
    field: Field
    items: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class ShownText:
    """Text that fits no part; ``field``: the name under which it can be set aside."""

    field: str
    text: str
    line: int | None
    note: str


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the source; ``marks``: stop, warning or unread, whichever are true of it."""

    number: int
    text: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssuePage:
    issue: Issue
    head: tuple[Field, ...]
    front: tuple[Field, ...]
    sections: tuple[ShownSection, ...]
    foot: tuple[Field, ...]
    unread: tuple[ShownText, ...]
    problems: tuple[Problem, ...]
    source: tuple[MarkedLine, ...]

    @property
    def blocking(self) -> int:
        return sum(problem.blocks for problem in self.problems)

    @property
    def warnings(self) -> int:
        return sum(not problem.is_stop for problem in self.problems)

    @property
    def passed(self) -> int:
        return sum(problem.waiver is not None for problem in self.problems)


def line_of(place: Place) -> int | None:
    """The source line a place stands for: its line, or the paragraph its note names (Word)."""
    if place.line is not None:
        return place.line
    match = _PARAGRAPH.search(place.note)
    return int(match[1]) if match else None


def issue_page(
    issue: Issue, findings: Sequence[Finding], waivers: Mapping[str, Any], source: Sequence[SourceLine]
) -> IssuePage:
    """``waivers``: rows with reason, given_by and given_at by code."""
    problems = tuple(
        Problem(
            each.code,
            each.severity is Severity.STOP,
            each.message,
            each.remedy,
            line_of(each.place),
            _given(waivers[each.code]) if each.severity is Severity.STOP and each.code in waivers else None,
        )
        for each in findings
    )
    unread = tuple(
        ShownText(f"unrecognised.{number}", text.text, line_of(text.place), text.place.note)
        for number, text in enumerate(issue.unrecognised, 1)
    )
    return IssuePage(
        issue=issue,
        head=issue_fields.head_fields(issue),
        front=issue_fields.front_fields(issue),
        sections=tuple(_sections(issue)),
        foot=issue_fields.foot_fields(issue),
        unread=unread,
        problems=problems,
        source=_marked(source, problems, unread),
    )


def _sections(issue: Issue) -> list[ShownSection]:
    shown, number = [], 0
    for at, section in enumerate(issue.sections, 1):
        items = []
        for item in section.items:
            number += 1
            items.append(ShownItem(number, item, line_of(item.place), issue_fields.item_fields(number, item)))
        field = issue_fields.section_field(at, section.heading)
        shown.append(ShownSection(at, section.heading, line_of(section.place), field, tuple(items)))
    return shown


def _given(row: Any) -> Given:
    return Given(row.reason, row.given_by, row.given_at)


def _marked(
    source: Sequence[SourceLine], problems: Sequence[Problem], unread: Sequence[ShownText]
) -> tuple[MarkedLine, ...]:
    lines = {
        "stop": {problem.line for problem in problems if problem.blocks},
        "warning": {problem.line for problem in problems if not problem.is_stop},
        "unread": {text.line for text in unread},
    }
    return tuple(
        MarkedLine(line.number, line.text, tuple(mark for mark, at in lines.items() if line.number in at))
        for line in source
    )
