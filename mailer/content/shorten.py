"""A long issue as what still fits a mail: titles and first words, each linked to its place in the web copy.

Only for pages with a web copy: without one a mail is never cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mailer.content.leads import clause
from mailer.content.page import Entry, Group, Page, Part
from mailer.content.paragraphs import Paragraph

_EXCERPT_LENGTH = 70  # characters
_NAME_LENGTH = 20  # characters by which an article without a title is named


def shortened(page: Page) -> Iterator[Page]:
    """Ever shorter pages: titles with first words; titles alone; 本期要目 alone."""
    for excerpt in (_EXCERPT_LENGTH, 0):
        parts = tuple(_part(part, excerpt) for part in page.parts)
        yield replace(page, parts=parts, loose=(), is_shortened=True)
    yield replace(page, parts=(), loose=(), is_shortened=True)


def _part(part: Part, excerpt: int) -> Part:
    return replace(part, groups=tuple(_group(group, excerpt) for group in part.groups))


def _group(group: Group, excerpt: int) -> Group:
    return replace(group, entries=tuple(_entry(entry, excerpt) for entry in group.entries))


def _entry(entry: Entry, excerpt: int) -> Entry:
    """Always titled: the title carries the link. A brief is named by its unit and its first words, as a plain line."""
    first = next((paragraph for paragraph in entry.paragraphs if paragraph.lead or paragraph.text), Paragraph("", ""))
    if entry.title:
        words = clause(first.lead + first.text, excerpt) if excerpt else ""
        level = entry.level if excerpt else 0
        return replace(entry, level=level, paragraphs=(Paragraph("", words),) if words else (), byline="")
    name = clause(first.lead + first.text, _NAME_LENGTH) or entry.place
    return replace(entry, title=name, level=0, is_brief=False, paragraphs=(), byline="")
