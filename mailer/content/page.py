"""What a reader of the mail sees, in which order and at which heading level: the values that templates print.

Owns the decisions of the layout that need thought (how the title is split, what 本期要目 says, which briefs belong to one
topic). Knows no HTML and changes no word of the issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from mailer.content.characters import clean, cut, one_line, without_gaps
from mailer.content.facts import ADDRESS, MailingFacts
from mailer.content.issue import Contact, Issue, Item, Section

# What bulletins call themselves; in front of it stands the campaign or the place, which the masthead prints smaller.
_KINDS = tuple(
    first + last
    for last in ("快报", "简报", "动态", "通报", "专报", "周报", "月报", "要情", "信息", "通讯", "内参", "专刊")
    for first in ("工作", "信息", "情况", "")
)
_NAME_IN_ONE_LINE = 8  # characters of the large type that fit a phone
_LEAD_LENGTH = 32  # characters of a line of 本期要目 on a desk, the section's name included
_LEADS_SHOWN = 6
_PREHEADER_LENGTH = 60
_SENTENCE_END = re.compile(r"[。！？；\n]")
# A label without a colon in print: the text goes on with it as its subject (某镇、某街道 也开展了……).
_GOES_ON = ("也", "亦", "均", "还")
_ALREADY_BRACKETED = re.compile(r"[【〖\[].*[】〗\]]")


@dataclass(frozen=True, slots=True)
class Masthead:
    """``above`` is the line over the name, '' where the title is not divided."""

    secrecy: str
    above: str
    name: str
    number: str
    office: str
    date: str


@dataclass(frozen=True, slots=True)
class Lead:
    """One line of 本期要目: the section ('' where the printed contents are shown) and what stands in it."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An article or a brief. ``label`` is printed bold before the first paragraph, ``level`` is the title's heading."""

    title: str
    level: int
    label: str
    paragraphs: tuple[str, ...]
    byline: str
    byline_inline: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring entries under one topic; ``topic`` is '' where there is none."""

    topic: str
    level: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Part:
    heading: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Note:
    label: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line of the foot: label and words; ``href`` makes the words a link (mailto, tel)."""

    label: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the templates may print, but for the 件号 (``piece_number``, given beside it).

    ``change_subject``, ``sign_subject`` and ``leave_subject`` are the subjects, percent-encoded, of the letters that
    the mail offers to write to ``reply_to``; the 件号 follows them.
    """

    title: str
    subject_name: str
    masthead: Masthead
    headline: str
    preheader: str
    leads: tuple[Lead, ...]
    note: Note | None
    parts: tuple[Part, ...]
    loose: tuple[str, ...]
    credits: tuple[Line, ...]
    distribution: tuple[Line, ...]
    copies: int
    contact: tuple[Line, ...]
    list_name: str
    may_leave: bool
    asks_acknowledgement: bool
    rehearsal: bool
    notice: str
    reply_to: str
    reply_to_href: str
    change_subject: str
    sign_subject: str
    leave_subject: str


def lay_out(issue: Issue, facts: MailingFacts) -> Page:
    """The page of ``issue`` as the members of one list get it."""
    masthead = _masthead(issue)
    leads = _leads(issue)
    name = facts.list.name
    return Page(
        title=one_line(f"{issue.title} {masthead.number}"),
        subject_name=without_gaps(issue.title) + (f"第{issue.number}期" if issue.number is not None else ""),
        masthead=masthead,
        headline=issue.headline or _first_clause(issue),
        preheader=_preheader(issue, leads),
        leads=leads,
        note=_note(issue),
        parts=tuple(_part(section) for section in issue.sections),
        loose=tuple(line for text in issue.unrecognised for line in _paragraphs(text.text)),
        credits=tuple(Line(label, "、".join(names)) for label, names in issue.credits.items()),
        distribution=tuple(
            Line(code, "、".join(phrases)) for code, phrases in issue.distribution.by_list().items() if phrases
        ),
        copies=issue.copies or 0,
        contact=tuple(_contact(issue.contact)),
        list_name=name if name.endswith(("名单", "列表")) else f"“{name}”名单",
        may_leave=not facts.list.is_duty,
        asks_acknowledgement=facts.list.asks_acknowledgement,
        rehearsal=facts.rehearsal,
        notice=facts.notice,
        reply_to=facts.sender.reply_to,
        reply_to_href=quote(facts.sender.reply_to, safe="@"),
        change_subject=quote(f"调整接收人 {masthead.number} 件号 "),
        sign_subject=quote(f"签收 {masthead.number} 件号 "),
        leave_subject=quote(f"退订 {masthead.number} 件号 "),
    )


def _masthead(issue: Issue) -> Masthead:
    above, name = split_title(issue.title)
    printed = one_line(issue.number_printed).strip("()（）")
    number = printed or "".join(
        (
            f"第{issue.number}期" if issue.number is not None else "",
            f"（{issue.series}）" if issue.series else "",
            f"（总第{issue.total_number}期）" if issue.total_number is not None else "",
        )
    )
    day = f"{issue.date.year}年{issue.date.month}月{issue.date.day}日" if issue.date else ""
    return Masthead(
        secrecy=one_line(issue.secrecy or ""),
        above=above,
        name=name,
        # an opening bracket that lost its partner to the strip above gets it back
        number=f"{number}）" if number.count("（") > number.count("）") else number,
        office=one_line(issue.issuing_office or ""),
        date=one_line(issue.date_printed) or day,
    )


def split_title(title: str) -> tuple[str, str]:
    """The line above and the name: divided where the office left a space, else before the kind of a long title."""
    words = one_line(title)
    above, space, name = words.rpartition(" ")
    if space and 2 <= len(name) <= 2 * _NAME_IN_ONE_LINE:
        return without_gaps(above), name
    words = without_gaps(words)
    if len(words) > _NAME_IN_ONE_LINE:
        for kind in _KINDS:
            if len(kind) > 2 and words.endswith(kind):
                return words.removesuffix(kind), kind
    return "", words


def _leads(issue: Issue) -> tuple[Lead, ...]:
    """The printed contents where the office printed some, else one line a section; none for a single section."""
    if len(issue.contents) > 1:
        return tuple(Lead("", one_line(entry)) for entry in issue.contents)
    if len(issue.sections) > 1:
        return tuple(Lead(without_gaps(section.heading or ""), _section_lead(section)) for section in issue.sections)
    return ()


def _preheader(issue: Issue, leads: tuple[Lead, ...]) -> str:
    """What a list of mails shows behind the subject: what is in the issue, not the masthead again."""
    told = [lead.text for lead in leads] or [one_line(item.title) for item in issue.items[:_LEADS_SHOWN] if item.title]
    return cut("；".join(told) or _first_clause(issue) or one_line(issue.issuing_office or ""), _PREHEADER_LENGTH)


def _section_lead(section: Section) -> str:
    """Titles, else topics, else units, else the first words."""
    for names in (
        [item.title for item in section.items if item.title],
        [item.topic for item in section.items if item.topic],
        [unit for item in section.items for unit in item.units],
    ):
        distinct = list(dict.fromkeys(one_line(name) for name in names))
        if distinct:
            joined = ("；" if any(item.title for item in section.items) else "、").join(distinct[:_LEADS_SHOWN])
            return joined + ("等" if len(distinct) > _LEADS_SHOWN else "")
    return _clause(section.items[0].text, _LEAD_LENGTH - len(section.heading or "")) if section.items else ""


def _first_clause(issue: Issue) -> str:
    return _clause(next((item.text for item in issue.items), ""), _LEAD_LENGTH)


def _clause(text: str, length: int) -> str:
    """The first sentence where it is short, else its beginning."""
    return cut(one_line(_SENTENCE_END.split(text[:200].strip(), maxsplit=1)[0]), max(length, 12))


def _note(issue: Issue) -> Note | None:
    if issue.editor_note is None:
        return None
    return Note(one_line(issue.editor_note.label), _paragraphs(issue.editor_note.text))


def _part(section: Section) -> Part:
    """Heading levels never jump: without a section heading, topics and titles move up by one."""
    level = 3 if section.heading else 2
    groups = []
    for topic, items in groupby(section.items, key=lambda item: item.topic or ""):
        title_level = level + 1 if topic else level
        groups.append(Group(_bracketed(topic), level, tuple(_entry(item, title_level) for item in items)))
    return Part(_bracketed(section.heading or ""), tuple(groups))


def _bracketed(name: str) -> str:
    words = without_gaps(name)
    return words if not words or _ALREADY_BRACKETED.fullmatch(words) else f"【{words}】"


def _entry(item: Item, level: int) -> Entry:
    label, paragraphs = "", _paragraphs(item.text)
    if item.units and paragraphs:
        units = "、".join(one_line(unit) for unit in item.units)
        label = units if paragraphs[0].startswith(_GOES_ON) else f"{units}："
        if paragraphs[0].startswith(units):  # the file kept the names in the sentence
            label, paragraphs = units, (paragraphs[0].removeprefix(units), *paragraphs[1:])
    byline = one_line(item.byline or "")
    return Entry(
        title=one_line(item.title or ""),
        level=level,
        label=label,
        paragraphs=paragraphs,
        byline=f"（{byline}）" if byline else "",
        byline_inline=bool(label),
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(stripped for line in clean(text).split("\n") if (stripped := line.strip()))


def _contact(contact: Contact) -> Iterable[Line]:
    for address in contact.email:
        yield Line("电子邮箱", address, f"mailto:{quote(address, safe='@')}" if ADDRESS.fullmatch(address) else "")
    for number in contact.phone:
        yield Line("电话", number, _tel(number))
    for number in contact.fax:
        yield Line("传真", number)


def _tel(printed: str) -> str:
    """``tel:`` and the digits before an extension; '' where there are too few to dial."""
    dialled = re.split(r"转|分机|[/、，,;；]", printed, maxsplit=1)[0]
    digits = "".join(re.findall(r"[0-9]", dialled))
    return f"tel:{'+' if dialled.strip().startswith('+') else ''}{digits}" if 5 <= len(digits) <= 15 else ""
