"""The handed-in file as numbered lines, to be shown beside what was understood. Pure; understands nothing itself.

Lines of a text file count from 1 as in any editor; a Word file has paragraphs that print something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailer.content.issue import NotAnIssueError
from mailer.content.readers.decoding import decode

MOST_LINES: Final = 20_000
_LONGEST_LINE: Final = 20_000


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str


def source_lines(data: bytes, filename: str) -> tuple[SourceLine, ...]:
    """Every line, blank ones of a text file too. () for a file that cannot be shown; never raises."""
    try:
        if filename.lower().endswith(".docx"):
            return _joined(_of_word(data))
        lines = decode(data).split("\n")
    except NotAnIssueError:
        return ()
    while lines and not lines[-1].strip():
        lines.pop()
    return tuple(SourceLine(number, text[:_LONGEST_LINE]) for number, text in enumerate(lines[:MOST_LINES], 1))


def _of_word(data: bytes) -> Iterable[SourceLine]:
    # text files need no XML library
    from mailer.content.readers.word.document import DocumentReader, settle_bold  # noqa: PLC0415 - see above
    from mailer.content.readers.word.package import Package  # noqa: PLC0415 - see above
    from mailer.content.readers.word.xml import child  # noqa: PLC0415 - see above

    package = Package(data)
    body = child(package.part(package.main), "body")
    if body is None:
        return
    for line in settle_bold(DocumentReader(package).story(body, package.main))[:MOST_LINES]:
        yield SourceLine(line.number, line.full_text[:_LONGEST_LINE])


def _joined(lines: Iterable[SourceLine]) -> tuple[SourceLine, ...]:
    """One line a paragraph: what Word breaks in itself has one number."""
    found: dict[int, list[str]] = {}
    for line in lines:
        found.setdefault(line.number, []).append(line.text)
    return tuple(SourceLine(number, "\n".join(parts)) for number, parts in sorted(found.items()))
