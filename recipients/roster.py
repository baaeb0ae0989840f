"""Workbooks of people -> one Roster. Nothing is dropped in silence.

Owns what holds across sheets and files: which sheets count, and what their names say. Must not know the directory: what is
already stored is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from recipients.card_layout import table_of_cards
from recipients.findings import Duplicate, Person, Place, Rejected, Remark, Roster
from recipients.people import Post, Unit, is_leaders
from recipients.row_words import plain
from recipients.sheet_reader import SheetReader
from recipients.spreadsheet import Sheet, Workbook

__all__ = ["Duplicate", "Person", "Place", "Rejected", "Remark", "Roster", "read_roster"]

_SHEET_NAME = re.compile(r"(?:sheet|工作表|表)\d*", re.IGNORECASE)  # given by a program, says nothing


def read_roster(files: Iterable[tuple[str, Workbook]]) -> Roster:
    """(file name, workbook) pairs in the order given; the first mention of an address is the valid one."""
    roster = Roster()
    seen: dict[str, Place] = {}
    for file, book in files:
        roster.warnings += [Remark("hidden_sheet", f"隐藏的工作表“{name}”没有导入。") for name in book.hidden]
        for sheet in book.sheets:
            if _read_sheet(roster, seen, file, sheet):
                roster.sheets.append((file, sheet.name))
            elif any(any(row) for row in sheet.rows):
                name = f"工作表“{sheet.name}”" if sheet.name else f"文件“{file}”"
                roster.warnings.append(Remark("no_header", f"{name}里没有找到带“邮箱”一栏的表头，没有导入。"))
    _take_from_sheet_names(roster)
    return roster


def _read_sheet(roster: Roster, seen: dict[str, Place], file: str, sheet: Sheet) -> bool:
    """Whether the sheet had a header, above its people or, as on a form, at their left."""
    if SheetReader(roster, seen, file, sheet).read():
        return True
    cards = table_of_cards(sheet.rows)
    for rows, number in cards:
        SheetReader(roster, seen, file, Sheet(sheet.name, rows), always=number).read()
    return bool(cards)


def _take_from_sheet_names(roster: Roster) -> None:
    """What no column says: with several sheets one is named after its unit, or after the group of its units; a single
    one only where it means the leaders.
    """
    several = len(roster.sheets) > 1
    named_after_unit: dict[tuple[str, str], Place] = {}
    for number, person in enumerate(roster.people):
        unit, place = person.holder.post.unit, person.place
        says = bool(place.sheet) and not _SHEET_NAME.fullmatch(place.sheet)
        if not unit.name and several and says:
            named_after_unit.setdefault((place.file, place.sheet), place)
            unit = Unit(plain(place.sheet), unit.group)
        elif unit.name and not unit.group and says and (several or is_leaders(place.sheet)):
            unit = Unit(unit.name, place.sheet)
        if not unit.name:
            told = person.holder.name or person.holder.post.role or "这一行"
            roster.warnings.append(Remark("no_unit", f"{told}：没有写单位。", place))
        if unit != person.holder.post.unit:
            holder = replace(person.holder, post=Post(unit, person.holder.post.role))
            roster.people[number] = replace(person, holder=holder)
    for place in named_after_unit.values():
        roster.warnings.append(Remark("unit_from_sheet", f"工作表“{place.sheet}”里没有单位一栏，以表名为单位。", place))
