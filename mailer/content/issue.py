"""The Issue: one edition of a bulletin as it was understood, with where each part stood in the file.

Owns the values and their JSON shape (the contract of ``mailer issues parse --json``). Knows no file format.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file a person handed over: 1-based line, or None where a format has no lines."""

    line: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One article or one brief. ``text`` holds its paragraphs divided by a newline, in the words of the file."""

    text: str
    topic: str | None = None
    title: str | None = None
    units: tuple[str, ...] = ()
    byline: str | None = None
    place: Place = Place()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(line for line in self.text.split("\n") if line.strip())


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the issue; ``heading`` is None where an issue has articles and no sections."""

    heading: str | None
    items: tuple[Item, ...]
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class EditorNote:
    text: str
    label: str = "编者按"
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Distribution:
    """The printed lines at the foot: phrases as printed. 报 superiors, 送 peers, 发 the units."""

    report: tuple[str, ...] = ()
    copy_to: tuple[str, ...] = ()
    issue_to: tuple[str, ...] = ()

    def by_list(self) -> dict[str, tuple[str, ...]]:
        return {"报": self.report, "送": self.copy_to, "发": self.issue_to}


@dataclass(frozen=True, slots=True)
class Contact:
    email: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    fax: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Text that was read and fits no part: kept in sight, never lost."""

    text: str
    place: Place = Place()

    @property
    def is_for_readers(self) -> bool:
        """Whether the paper says it to its readers: a remark at the foot or a note does, what only the file holds does
        not (comments, names of pictures, addresses of links, running heads), nor do numbers of copies at the head.
        """
        return not any(note in self.place.note for note in _NOT_FOR_READERS)


_NOT_FOR_READERS: Final = ("报头", "图片", "链接", "注释", "文件头信息", "嵌入对象", "页眉", "页脚", "主题词", "版记")


class MarkKind(StrEnum):
    REVISION = "revision"
    COMMENT = "comment"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class WordMark:
    """What a Word file holds besides the text that will be mailed: a revision nobody accepted, a comment, hidden words.

    ``action`` in Chinese (插入, 删除, 批注 …); ``author`` and ``day`` (ISO date) as Word kept them, else empty.
    """

    kind: MarkKind
    action: str
    author: str = ""
    day: str = ""
    text: str = ""
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Issue:
    """One edition. ``number`` is the number of the year or the running one, ``total_number`` the 总第 one.

    ``date_printed`` keeps the date as the office printed it (2024年01月30日), ``number_printed`` the number line.
    """

    title: str
    number: int | None
    date: date | None
    issuing_office: str | None
    sections: tuple[Section, ...]
    year: int | None = None
    series: str = ""
    total_number: int | None = None
    number_printed: str = ""
    date_printed: str = ""
    secrecy: str | None = None
    copies: int | None = None
    editor_note: EditorNote | None = None
    contents: tuple[str, ...] = ()
    credits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    distribution: Distribution = Distribution()
    contact: Contact = Contact()
    unrecognised: tuple[Unrecognised, ...] = ()
    word_marks: tuple[WordMark, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def headline(self) -> str:
        """The first headline: a title, else the first section's heading, for the subject of the mail."""
        for item in self.items:
            if item.title:
                return item.title
        return next((section.heading for section in self.sections if section.heading), "")


class Severity(StrEnum):
    STOP = "stop"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a careful proof-reader would say, as data: code, place, what is wrong, what to do (in Chinese)."""

    code: str
    severity: Severity
    message: str
    remedy: str
    place: Place = Place()


class NotAnIssueError(ValueError):
    """The file cannot be read as an issue: ``code`` for machines, ``message`` and ``hint`` in Chinese for people."""

    def __init__(self, code: str, message: str, hint: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.place = code, message, hint, place or Place()

    def __reduce__(self) -> tuple[type[NotAnIssueError], tuple[str, str, str, Place]]:
        return type(self), (self.code, self.message, self.hint, self.place)  # it may come from another process


def to_json(issue: Issue) -> dict[str, Any]:
    """The object that ``issues parse --json`` prints; also the form an issue is stored in."""
    data = asdict(issue)
    data["ok"] = True
    data["date"] = issue.date.isoformat() if issue.date else None
    data["distribution"] = {name: list(phrases) for name, phrases in issue.distribution.by_list().items()}
    for section_json, section in zip(data["sections"], issue.sections, strict=True):
        for item_json, item in zip(section_json["items"], section.items, strict=True):
            item_json["paragraphs"] = len(item.paragraphs)
    return data


def from_json(data: dict[str, Any]) -> Issue:
    """The inverse of ``to_json``: a stored issue comes back as the same value."""

    def place(value: dict[str, Any]) -> Place:
        return Place(value["place"]["line"], value["place"]["note"])

    sections = tuple(
        Section(
            section["heading"],
            tuple(
                Item(item["text"], item["topic"], item["title"], tuple(item["units"]), item["byline"], place(item))
                for item in section["items"]
            ),
            place(section),
        )
        for section in data["sections"]
    )
    note = data["editor_note"]
    lists = data["distribution"]
    contact = data["contact"]
    return Issue(
        title=data["title"],
        number=data["number"],
        date=date.fromisoformat(data["date"]) if data["date"] else None,
        issuing_office=data["issuing_office"],
        sections=sections,
        year=data["year"],
        series=data["series"],
        total_number=data["total_number"],
        number_printed=data["number_printed"],
        date_printed=data["date_printed"],
        secrecy=data["secrecy"],
        copies=data["copies"],
        editor_note=EditorNote(note["text"], note["label"], place(note)) if note else None,
        contents=tuple(data["contents"]),
        credits={label: tuple(names) for label, names in data["credits"].items()},
        distribution=Distribution(tuple(lists["报"]), tuple(lists["送"]), tuple(lists["发"])),
        contact=Contact(tuple(contact["email"]), tuple(contact["phone"]), tuple(contact["fax"])),
        unrecognised=tuple(Unrecognised(text["text"], place(text)) for text in data["unrecognised"]),
        word_marks=tuple(
            WordMark(MarkKind(mark["kind"]), mark["action"], mark["author"], mark["day"], mark["text"], place(mark))
            for mark in data.get("word_marks", ())  # issues kept before Word files were read have none
        ),
    )
