"""A Word file (.docx) to lines: package (zip, bounds), xml, styles, numbering, inline (runs), tables, document, marks.

Everything after the lines is the same for every format. Word keeps paragraphs and no lines, so places are counted in
paragraphs that print something.
"""

from __future__ import annotations

from dataclasses import replace

from mailer.content.issue import Issue, NotAnIssueError, Place
from mailer.content.readers.assemble import understand
from mailer.content.readers.word.document import DocumentReader, settle_bold
from mailer.content.readers.word.package import Package
from mailer.content.readers.word.running import Running
from mailer.content.readers.word.xml import child


def read_word(data: bytes) -> Issue:
    """The issue of a .docx. Raises NotAnIssueError: what Package and ``understand`` raise, ``line_too_long``, ``too_many_lines``."""
    package = Package(data)
    root = package.part(package.main)
    body = child(root, "body")
    if root is None or body is None:
        raise NotAnIssueError("not_word", "Word 文件里没有正文。", "请在 Word 里打开确认后重新保存，再交。")
    reader = DocumentReader(package)
    lines = settle_bold(reader.story(body, package.main))
    lines, aside = Running(package, reader, root).around(lines)
    reader.finish()
    try:
        issue = understand(lines, [*reader.aside, *aside])
    except NotAnIssueError as error:
        raise NotAnIssueError(error.code, error.message, error.hint, _in_paragraphs(error.place)) from error
    return replace(_placed(issue), word_marks=reader.marks.result(package.related("comments")))


def _in_paragraphs(place: Place) -> Place:
    if place.line is None:
        return place
    return Place(None, f"第 {max(place.line, 1)} 段{f'（{place.note}）' if place.note else ''}")


def _placed(issue: Issue) -> Issue:
    """The issue with its places in paragraphs."""
    sections = tuple(
        replace(
            section,
            place=_in_paragraphs(section.place),
            items=tuple(replace(item, place=_in_paragraphs(item.place)) for item in section.items),
        )
        for section in issue.sections
    )
    note = issue.editor_note
    return replace(
        issue,
        sections=sections,
        editor_note=replace(note, place=_in_paragraphs(note.place)) if note else None,
        unrecognised=tuple(replace(text, place=_in_paragraphs(text.place)) for text in issue.unrecognised),
    )
