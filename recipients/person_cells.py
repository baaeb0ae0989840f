"""One person's cells of a row by their meaning, cleaned as that meaning asks; and a row that holds several people, cut apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recipients import name_cell, row_words
from recipients.address_cell import read_cell
from recipients.columns import Block
from recipients.header_words import Field
from recipients.row_words import plain, running

_OF_EACH = (Field.TITLE, Field.ROLE, Field.PHONE)


class PersonCells:
    """``ticked``: the role whose column has a tick; ``written_name``: the cell as it stands."""

    __slots__ = (
        "_block",
        "_row",
        "address",
        "care_of",
        "group",
        "is_name_repaired",
        "name",
        "note",
        "phone",
        "role",
        "ticked",
        "title",
        "unit",
        "unit_column",
        "written_name",
    )

    def __init__(self, row: Sequence[str], block: Block) -> None:
        self._row, self._block = row, block
        self.unit_column = block.first(Field.UNIT)
        self.unit = row_words.unit(plain(self.text(Field.UNIT)))
        self.group = plain(self.text(Field.GROUP))
        self.written_name = self.text(Field.NAME)
        found = name_cell.read(self.written_name)
        self.name, self.is_name_repaired = found.name, found.is_repaired
        self.role = plain(self.text(Field.ROLE))
        self.title = plain(self.text(Field.TITLE)) or found.title
        self.care_of = plain(self.text(Field.CARE_OF))
        self.note = running(self.text(Field.NOTE))
        self.phone = " / ".join(dict.fromkeys(text for text in map(running, self._all(Field.PHONE)) if text))
        self.address = "\n".join(text for text in self._all(Field.ADDRESS) if text.strip())
        self.ticked = next((role for column, role in block.ticks if column < len(row) and row[column].strip()), "")

    def has(self, wanted: Field) -> bool:
        return wanted in self._block.columns

    def text(self, wanted: Field) -> str:
        column = self._block.first(wanted)
        return self._row[column] if column is not None and column < len(self._row) else ""

    def leave_out_addresses(self, columns: Collection[int]) -> None:
        """What stands in these columns is no address of theirs."""
        kept = [c for c in self._block.columns.get(Field.ADDRESS, ()) if c not in columns and c < len(self._row)]
        self.address = "\n".join(self._row[c] for c in kept if self._row[c].strip())

    def _all(self, wanted: Field) -> list[str]:
        return [self._row[column] for column in self._block.columns.get(wanted, ()) if column < len(self._row)]


def people_of(row: Sequence[str], block: Block) -> list[Sequence[str]]:
    """The row itself, or one for each person where the cell of names holds as many as the cell of addresses."""
    column, addresses = block.first(Field.NAME), block.columns.get(Field.ADDRESS, ())
    if column is None or column >= len(row) or len(addresses) != 1 or addresses[0] >= len(row):
        return [row]
    names = name_cell.several(row[column])
    if not names:
        return [row]
    written = row[addresses[0]]
    found = read_cell(written)
    if len(found.addresses) != len(names) or found.unusable:
        return [row]
    rows = [list(row) for _ in names]
    columns = {c for field in _OF_EACH for c in block.columns.get(field, ()) if c < len(row)}
    for c in columns:
        for own, part in zip(rows, name_cell.parts_for(row[c], len(names)), strict=True):
            own[c] = part
    for own, name, address in zip(rows, names, found.addresses, strict=True):
        own[column], own[addresses[0]] = name, address.original
    return list(rows)
