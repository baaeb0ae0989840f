"""An issue as a sheet of paper: HTML for a page printer, laid out after GB/T 9704-2012 by analogy (a 简报 is not bound by it).

Pure: Issue in, HTML out. ``templates/print`` holds the type area (22 lines of 28 characters), the 报头 and the 报尾.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from jinja2 import Environment

from mailer.content.characters import one_line
from mailer.content.issue import Issue
from mailer.content.page import (
    Line,
    Masthead,
    Note,
    Part,
    contact_of,
    credits_of,
    distribution_of,
    loose_of,
    masthead_of,
    note_of,
    parts_of,
)


@dataclass(frozen=True, slots=True)
class PrintPage:
    """What the template prints. ``copies`` 0: not stated; ``loose``: what the paper says and fits no part."""

    title: str
    masthead: Masthead
    note: Note | None
    contents: tuple[str, ...]
    parts: tuple[Part, ...]
    loose: tuple[str, ...]
    credits: tuple[Line, ...]
    distribution: tuple[Line, ...]
    copies: int
    contact: tuple[Line, ...]


def paper_page(issue: Issue) -> PrintPage:
    masthead = masthead_of(issue)
    return PrintPage(
        title=one_line(f"{issue.title} {masthead.number}"),
        masthead=masthead,
        note=note_of(issue),
        contents=tuple(one_line(line) for line in issue.contents),
        parts=parts_of(issue),
        loose=loose_of(issue),
        credits=credits_of(issue),
        distribution=distribution_of(issue),
        copies=issue.copies or 0,
        contact=tuple(contact_of(issue.contact)),
    )


def print_html(env: Environment, issue: Issue) -> str:
    """One HTML document that fetches nothing. Jinja's TemplateError as in ``render``."""
    page = paper_page(issue)
    return env.get_template("print/issue.html").render({each.name: getattr(page, each.name) for each in fields(page)})
