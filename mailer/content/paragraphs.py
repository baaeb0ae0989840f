"""The text of an article as paragraphs to be printed: numbered levels, run-in headings, tables.

Decides how a paragraph looks, never what it says: joined, lead and text are the words of the file. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from unicodedata import east_asian_width

from mailer.content.characters import clean

# GB/T 9704-2012 7.3.3: levels are 一、（一） 1. （1）; the first two are set apart by their typeface, so by weight here.
LEVEL = re.compile(r"^(?:(?P<first>[一二三四五六七八九十百]{1,4}、)|[（(][一二三四五六七八九十百]{1,4}[）)])")
_HEADING_LENGTH = 40  # characters of a line that may be a heading of its own
_RUN_IN_LENGTH = 30  # characters of a first sentence that may be a heading within its paragraph
_RULE_OF_TABLE = re.compile(r"[|:\s-]{3,400}")
_NUMBER = re.compile(r"[+-]?[0-9][0-9,]{0,14}(?:\.[0-9]{1,6})?[%％‰]?|[—–-]|")
_COLUMNS_SIDE_BY_SIDE = 5  # more do not fit a phone: each row becomes a line that names its columns
_COLUMNS_AT_MOST = 40
_CELL_WIDTH_AT_MOST = 40  # columns of a terminal that a cell of the plain text is padded to


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Row:
    """``line`` is the row in plain text, its columns aligned."""

    cells: tuple[Cell, ...]
    is_head: bool
    line: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``lead`` is printed bold before ``text``. ``form``: ``plain``, ``level1``, ``level2`` (air above), ``table``.

    A table has rows and neither lead nor text.
    """

    lead: str
    text: str
    form: str = "plain"
    rows: tuple[Row, ...] = ()


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of ``text`` that hold something, without the space around them."""
    return tuple(stripped for line in clean(text).split("\n") if (stripped := line.strip()))


def paragraphs_of(text: str) -> tuple[Paragraph, ...]:
    """``text``, paragraphs divided by newlines, as they are printed."""
    return tuple(_paragraphs(lines_of(text)))


def with_label(paragraphs: tuple[Paragraph, ...], label: str) -> tuple[Paragraph, ...]:
    """The same with ``label`` bold before the first words; a paragraph of its own where there is nothing to join."""
    if not label:
        return paragraphs
    if not paragraphs or paragraphs[0].rows or paragraphs[0].form != "plain":
        return (Paragraph(label, ""), *paragraphs)
    return (replace(paragraphs[0], lead=label + paragraphs[0].lead), *paragraphs[1:])


def _paragraphs(lines: tuple[str, ...]) -> Iterator[Paragraph]:
    for sign, run in groupby(lines, key=_column_sign):
        same = list(run)
        rows = [_cells(line, sign) for line in same if not _RULE_OF_TABLE.fullmatch(line)] if sign else []
        if _are_a_table(rows):
            yield from _table(rows)
        else:
            yield from map(_paragraph, same)


def _paragraph(line: str) -> Paragraph:
    found = LEVEL.match(line)
    if found is None:
        return Paragraph("", line)
    form = "level1" if found["first"] else "level2"
    end = line.find("。", 0, _RUN_IN_LENGTH) + 1
    if 0 < end < len(line):
        return Paragraph(line[:end], line[end:], form)
    if len(line) <= _HEADING_LENGTH and not line.endswith(("。", "；", "，")):
        return Paragraph(line, "", form)
    return Paragraph("", line, form)


def _column_sign(line: str) -> str:
    """What divides the columns of a line that may be a row of a table."""
    if line.startswith("|") and line.endswith("|") and line.count("|") > 2:
        return "|"
    return "\t" if "\t" in line else ""


def _are_a_table(rows: list[list[str]]) -> bool:
    """At least two rows and two columns; not so unequal that filling them up would make much of little."""
    sizes = [len(row) for row in rows]
    if len(rows) < 2 or min(sizes) < 2 or max(sizes) > _COLUMNS_AT_MOST:
        return False
    return max(sizes) * len(rows) <= 3 * sum(sizes)


def _cells(line: str, sign: str) -> list[str]:
    return [" ".join(cell.split()) for cell in (line[1:-1] if sign == "|" else line).split(sign)]


def _table(rows: list[list[str]]) -> Iterable[Paragraph]:
    columns = list(zip_longest(*rows, fillvalue=""))
    has_head = not any(cell and _NUMBER.fullmatch(cell) for cell in rows[0])
    numeric = [
        any(cells := column[1 if has_head else 0 :]) and all(map(_NUMBER.fullmatch, cells)) for column in columns
    ]
    whole = list(zip(*columns, strict=True))
    if len(columns) > _COLUMNS_SIDE_BY_SIDE:
        head = whole[0] if has_head else ("",) * len(columns)
        return [Paragraph("", _named(head, row)) for row in whole[1 if has_head else 0 :]]
    widths = [min(max(map(_width, column)), _CELL_WIDTH_AT_MOST) for column in columns]
    return [
        Paragraph(
            "",
            "",
            "table",
            tuple(
                Row(
                    tuple(Cell(cell, is_number) for cell, is_number in zip(row, numeric, strict=True)),
                    has_head and nth == 0,
                    "  ".join(map(_padded, row, widths, numeric)).rstrip(),
                )
                for nth, row in enumerate(whole)
            ),
        )
    ]


def _named(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    """A row in one line: the first cell, then every other with the name of its column."""
    told = (f"{name}：{cell}" if name and cell else cell for name, cell in zip(head[1:], row[1:], strict=True))
    return "　".join(filter(None, (row[0], *told)))


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, is_number: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if is_number else text + space
