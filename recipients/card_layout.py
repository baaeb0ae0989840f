"""Forms: a list whose words stand at the left of their values instead of above them -> rows with a header.

Owns the two shapes of it: a card for one person (several, one under the other), and a table laid on its side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recipients import header_words
from recipients.header_words import Field

Row = tuple[str, ...]

_ENOUGH = 3  # words a form must have, an address among them
_LINES = 400  # of a sheet that may be a form; a long list without a header is none
_WHO = frozenset({Field.NAME, Field.UNIT})


def table_of_cards(rows: Sequence[Row]) -> list[tuple[list[Row], int]]:
    """(header and rows, the row number where the address stands) of each form on the sheet; empty: there is none."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if len(filled) > _LINES:
        return []
    return _lying(rows) or [card for card in map(_table, _cards(rows)) if card is not None]


def _label(text: str) -> Field | None:
    return header_words.read(text).field if len(text) <= header_words.LABEL_CHARACTERS else None


def _lying(rows: Sequence[Row]) -> list[tuple[list[Row], int]]:
    """单位 | 松陵镇 | 白石镇: one person a column."""
    first = next((c for row in rows for c, text in enumerate(row) if _label(text)), None)
    if first is None:
        return []
    labelled = [(n, row) for n, row in enumerate(rows) if len(row) > first and _label(row[first])]
    fields = {_label(row[first]) for _, row in labelled}
    at = next((n for n, row in labelled if _label(row[first]) is Field.ADDRESS), None)
    if at is None or len(labelled) < _ENOUGH or not fields & _WHO or len(fields) != len(labelled):
        return []
    if sum("@" in text or "＠" in text for text in rows[at][first + 1 :]) < 2:
        return []
    width = max(len(row) for _, row in labelled)
    padded = [[*row, *[""] * (width - len(row))] for _, row in labelled]
    return [(list(zip(*padded, strict=True))[first:], at)]


def _cards(rows: Sequence[Row]) -> Iterator[list[tuple[str, str, int]]]:
    """(word, value, row number) of each card; a word that comes again begins the next one."""
    card: list[tuple[str, str, int]] = []
    for number, row in enumerate(rows):
        for word, value in _pairs(row):
            if any(_label(known) is _label(word) and known == word for known, _, _ in card):
                yield card
                card = []
            card.append((word, value, number))
    yield card


def _pairs(row: Row) -> Iterator[tuple[str, str]]:
    """«姓名 | 郑好 | 职务 | 干事»; a word followed by another word has no value."""
    word = ""
    for text in row:
        if not text.strip():
            continue
        if _label(text):
            if word:
                yield word, ""
            word = text
        elif word:
            yield word, text
            word = ""
    if word:
        yield word, ""


def _table(card: Sequence[tuple[str, str, int]]) -> tuple[list[Row], int] | None:
    fields = {_label(word) for word, _, _ in card}
    at = next((number for word, _, number in card if _label(word) is Field.ADDRESS), None)
    who = any(value for word, value, _ in card if _label(word) in _WHO)
    if at is None or len(fields) < _ENOUGH or not who:
        return None
    return [tuple(word for word, _, _ in card), tuple(value for _, value, _ in card)], at
