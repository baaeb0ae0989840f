"""Tables of a Word file to lines: real ones to text rows, those that only arrange a page to what they arrange.

Offices set the masthead, the foot and whole pages in tables without borders. What a table is for is told by its words,
since borders tell nothing: many frames are drawn around layouts, and many tables have none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mailer.content.readers import foot, labels, lexicon, numerals
from mailer.content.readers.emphasis import Rich, join
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.secrecy import secrecy_mark

Cell = list[Line]
_LONGEST_LABEL: Final = 8
_LONGEST_ENTRY: Final = 200
_SHORTEST_SENTENCE: Final = 10
_DIVIDERS: Final = "、，,；;"


def lines_of(rows: list[list[Cell]]) -> list[Line]:
    """The lines of a table, row by row; ``rows`` hold the lines of each cell, empty cells among them."""
    layout = _is_layout(rows)
    named = any(map(_is_named, rows))
    out: list[Line] = []
    for row in rows:
        filled = [cell for cell in row if cell]
        if not filled:
            continue
        if named and _is_beside_text(filled):  # one name of a section makes names of all in its column
            filled[0] = [replace(filled[0][0], heading=1)]
        if layout:
            out.extend(_arranged(filled))
        else:
            out.append(_row([_one_line(cell) for cell in row]))
    return out


def _is_layout(rows: list[list[Cell]]) -> bool:
    """A real table has rows of several cells and none of the words of a head, a foot or a section."""
    several = sum(1 for row in rows if sum(1 for cell in row if cell) > 1)
    if several < 2:
        return True
    for row in rows:
        filled = [cell for cell in row if cell]
        if _is_named(row):
            return True
        for cell in filled:
            if any(len(line.text) > _LONGEST_ENTRY or _is_part(line) for line in cell):
                return True
        if (
            len(filled) > 1
            and all(len(cell) == 1 for cell in filled)
            and foot.kind_of(_row([c[0].rich for c in filled]))
        ):
            return True
    return False


def _is_named(row: list[Cell]) -> bool:
    """Whether a row has the name of a section beside its articles."""
    filled = [cell for cell in row if cell]
    return _is_beside_text(filled) and lexicon.section_name(filled[0][0].text)


def _is_beside_text(filled: list[Cell]) -> bool:
    return (
        len(filled) > 1
        and len(filled[0]) == 1
        and len(despaced(filled[0][0].text)) <= _LONGEST_LABEL
        and _is_text(filled[1])
    )


def _is_text(cell: Cell) -> bool:
    return any("。" in line.text and len(line.text) >= _SHORTEST_SENTENCE for line in cell)


def _is_part(line: Line) -> bool:
    text = line.text
    if labels.bracketed(line.rich) is not None or foot.kind_of(line) or secrecy_mark(line.full_text):
        return True
    return len(text) < 60 and bool(numerals.find_numbers(text)) and "第" in text and "期" in text


def _arranged(cells: list[Cell]) -> list[Line]:
    """The lines of one row of a layout, from left to right."""
    if len(cells) > 2 and all(len(cell) == 1 and len(cell[0].text) == 1 for cell in cells):
        return [replace(cells[0][0], rich=join([cell[0].rich for cell in cells]))]  # a title spread over cells
    if len(cells) == 1:
        return cells[0]
    if all(len(cell) == 1 for cell in cells) and not _is_text(cells[-1]):
        return [_row([cell[0].rich for cell in cells], cells[0][0])]
    first, rest = cells[0], cells[1:]
    labelled = all(len(despaced(line.text)) <= _LONGEST_LABEL for line in first)
    if labelled and len(rest) == 1 and 1 < len(first) == len(rest[0]):
        # 报： 送： 发： beside their phrases, line by line
        return [_row([label.rich, line.rich], label) for label, line in zip(first, rest[0], strict=True)]
    if labelled and len(first) == 1:
        head = _row([first[0].rich, rest[0][0].rich], first[0])
        if len(rest) == 1 and foot.kind_of(head) is foot.Kind.DISTRIBUTION:
            return [_row([first[0].rich, _listed(rest[0])], first[0])]
    return [line for cell in cells for line in cell]


def _row(cells: list[Rich], at: Line | None = None) -> Line:
    pieces = [Rich.plain("|")]
    for cell in cells:
        pieces += [Rich.plain(" "), Rich(cell.text.replace("|", "｜"), cell.bold), Rich.plain(" |")]
    return Line(at.number if at else 0, join(pieces), at.gap if at else Gap.NONE)


def _listed(cell: Cell) -> Rich:
    """The phrases of a list, one paragraph each: Word wraps by itself, so a new paragraph is a new phrase."""
    pieces = [cell[0].rich]
    for line in cell[1:]:
        if pieces[-1].text[-1] not in _DIVIDERS:
            pieces.append(Rich.plain("、"))
        pieces.append(line.rich)
    return join(pieces)


def _one_line(cell: Cell) -> Rich:
    pieces: list[Rich] = []
    for line in cell:
        pieces += [Rich.plain(" "), Rich.plain(line.marker.strip()), line.rich] if pieces else [line.rich]
    return join(pieces) if pieces else Rich.plain("")
