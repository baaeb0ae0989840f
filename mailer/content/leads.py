"""What 本期要目, the preheader and the subject say of an issue before it is read: its titles, topics, first words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailer.content.characters import cut, one_line, without_gaps
from mailer.content.issue import Issue, Item, Section

_LEAD_LENGTH = 32  # characters of a line of 本期要目 on a desk, the section's name included
_NAMES_SHOWN = 6
_LINES_SHOWN = 12  # more sections than these are only named, in one paragraph
_PREHEADER_LENGTH = 60
_PREHEADER_LEAST = 12  # with less, a list of mails shows the masthead behind it
_SENTENCE_END = re.compile(r"[。！？；\n]")


@dataclass(frozen=True, slots=True)
class Lead:
    """One line of 本期要目: the section ('' where the printed contents are shown) and what stands in it.

    ``href`` is its place in the web copy, '' without one.
    """

    section: str
    text: str
    href: str = ""


def leads_of(issue: Issue, web_url: str = "", *, within_page: bool = False) -> tuple[Lead, ...]:
    """The printed contents where the office printed some, else one line a section; none for a single section.

    ``within_page``: the page is the web copy itself.
    """
    is_linked = bool(web_url) or within_page
    if len(issue.contents) > 1:
        return tuple(Lead("", one_line(entry), web_url) for entry in issue.contents)
    named = [(nth, section) for nth, section in enumerate(issue.sections, 1) if section.heading or section.items]
    if len(named) > _LINES_SHOWN and not is_linked:
        headings = [without_gaps(section.heading or "") or section_lead(section) for _, section in named]
        return (Lead("", "、".join(filter(None, headings))),)
    if len(named) > 1:
        return tuple(
            Lead(
                without_gaps(section.heading or ""),
                section_lead(section) if len(named) <= _LINES_SHOWN or not section.heading else "",
                f"{web_url}#s{nth}" if is_linked else "",
            )
            for nth, section in named
        )
    return ()


def section_lead(section: Section) -> str:
    """Titles, else topics, else units, else the first words."""
    for names in (
        [item.title for item in section.items if item.title],
        [item.topic for item in section.items if item.topic],
        [unit for item in section.items for unit in item.units],
    ):
        distinct = list(dict.fromkeys(one_line(name) for name in names))
        if distinct:
            joined = ("；" if any(item.title for item in section.items) else "、").join(distinct[:_NAMES_SHOWN])
            return joined + ("等" if len(distinct) > _NAMES_SHOWN else "")
    return clause(section.items[0].text, _LEAD_LENGTH - len(section.heading or "")) if section.items else ""


def preheader(issue: Issue, leads: tuple[Lead, ...]) -> str:
    """What a list of mails shows behind the subject: what is in the issue, not the masthead again."""
    told = [lead.text or lead.section for lead in leads] or [_name(item) for item in issue.items[:_NAMES_SHOWN]]
    words = "；".join(filter(None, told)) or first_clause(issue)
    if len(words) < _PREHEADER_LEAST:
        words = f"{words or without_gaps(issue.title)}，正文请打开邮件阅读"
    return cut(words, _PREHEADER_LENGTH)


def first_clause(issue: Issue) -> str:
    return clause(next((item.text for item in issue.items), ""), _LEAD_LENGTH)


def clause(text: str, length: int) -> str:
    """The first sentence where it is short, else its beginning."""
    return cut(one_line(_SENTENCE_END.split(text[:200].strip(), maxsplit=1)[0]), max(length, 12))


def _name(item: Item) -> str:
    return one_line(item.title or "")
