"""Rows of a spreadsheet -> people, with every problem and its place. Nothing is dropped in silence.

Owns the rules by which a list of people is read (docs/manual: 人员名单) and the shape of the import's JSON. Must not
know the directory: what is already stored is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from recipients import row_words
from recipients.address import AddressProblem, EmailAddress
from recipients.address_cell import read_cell
from recipients.columns import Block, Layout, find_layout
from recipients.header_words import Field
from recipients.people import Holder, Post, Unit, comparison_key, is_leaders
from recipients.row_words import plain, running
from recipients.spreadsheet import Workbook

# of the columns of recipients.tables; more is another cell's text pasted in by mistake
_CHARACTERS = {"单位": 200, "分组": 60, "姓名": 120, "人员类别": 120, "职务": 200, "电话": 200}
_SHEET_NAME = re.compile(r"(?:sheet|工作表|表)\d*", re.IGNORECASE)  # given by a program, says nothing
_YES = frozenset({"是", "必达", "√", "✓", "✔", "1", "y", "Y", "yes"})
_PAPER = re.compile("只收纸质|仅收纸质|只要纸质|收纸质件|送纸质件|只收纸版|只收纸件")
_LIST_MARKS = re.compile(r"[;；,，、/\s]+")
LIST_CODES = ("报", "送", "发")

_REMEDY = {
    AddressProblem.NO_EMAIL: "请补上邮箱；没有邮箱的，在备注里写“只收纸质”。",
    AddressProblem.BAD_EMAIL: "请向本人核对后改正，写成 name@example.cn 的样子。",
    AddressProblem.NEEDS_SMTPUTF8: "请换一个 @ 前面是英文字母和数字的邮箱。",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person sees it: file name, sheet name (empty for CSV), row number from 1."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person of one row. ``lists`` is None where the list has no column 名单, else the codes of the cell.

    ``fresh`` are the addresses that stand here for the first time in the whole import.
    """

    holder: Holder
    place: Place
    fresh: tuple[EmailAddress, ...]
    lists: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    place: Place
    reason: str
    unit: str
    name: str
    value: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    email: str
    place: Place
    first: Place


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning: something was put right, taken over from elsewhere, or left out."""

    code: str
    message: str
    place: Place | None = None


@dataclass(slots=True)
class Roster:
    """Everything one import was told. ``people`` includes those without a usable address: they get paper."""

    people: list[Person] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    sheets: list[tuple[str, str]] = field(default_factory=list)  # (file, sheet) with a header

    @property
    def is_usable(self) -> bool:
        return any(person.holder.addresses for person in self.people)

    def as_json(self) -> dict[str, Any]:
        """The keys valid, rejected, duplicates, warnings; ``sheet`` only where several sheets (``file``: files) hold people."""
        files = len({file for file, _ in self.sheets}) > 1
        sheets = len(self.sheets) > 1

        def at(place: Place | None, prefix: str = "") -> dict[str, Any]:
            if place is None:
                return {}
            found: dict[str, Any] = {f"{prefix}row": place.row}
            return (
                found
                | ({f"{prefix}sheet": place.sheet} if sheets else {})
                | ({f"{prefix}file": place.file} if files else {})
            )

        return {
            "valid": [
                {"unit": h.post.unit.name, "name": h.name, "role": h.post.role, "email": a.original, "title": h.title}
                | {"phone": h.phone, "group": h.post.unit.group, "paper": h.paper_only, "lists": list(p.lists or ())}
                | at(p.place)
                for p in self.people
                for h in [p.holder]
                for a in p.fresh
            ],
            "rejected": [
                at(r.place)
                | {
                    "reason": r.reason,
                    "unit": r.unit,
                    "name": r.name,
                    "value": r.value,
                    "message": r.message,
                    "hint": r.hint,
                }
                for r in self.rejected
            ],
            "duplicates": [{"email": d.email} | at(d.place) | at(d.first, "first_") for d in self.duplicates],
            "warnings": [at(w.place) | {"code": w.code, "message": w.message} for w in self.warnings],
        }


def read_roster(files: Iterable[tuple[str, Workbook]]) -> Roster:
    """(file name, workbook) pairs in the order given; the first mention of an address is the valid one."""
    roster = Roster()
    seen: dict[str, Place] = {}
    for file, book in files:
        roster.warnings += [Remark("hidden_sheet", f"隐藏的工作表“{name}”没有导入。") for name in book.hidden]
        with_header = [_SheetReader(roster, seen, file, sheet.name, sheet.rows).read() for sheet in book.sheets]
        for sheet, found in zip(book.sheets, with_header, strict=True):
            if found:
                roster.sheets.append((file, sheet.name))
            elif any(any(row) for row in sheet.rows):
                name = f"工作表“{sheet.name}”" if sheet.name else f"文件“{file}”"
                roster.warnings.append(Remark("no_header", f"{name}里没有找到带“邮箱”一栏的表头，没有导入。"))
    _take_from_sheet_names(roster)
    return roster


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


class _SheetReader:
    """Walks one sheet; what it carries from row to row is the layout, the unit above, and the group of each unit."""

    def __init__(
        self, roster: Roster, seen: dict[str, Place], file: str, sheet: str, rows: Sequence[Sequence[str]]
    ) -> None:
        self.roster, self.seen, self.file, self.sheet, self.rows = roster, seen, file, sheet, rows
        self.layout: Layout | None = None
        self.units: dict[int | None, str] = {}  # column of units -> the unit above, None: of a list without that column
        self.before_heading: dict[int | None, str] | None = None  # ``units`` before a lone text, which may be a title
        self.is_reported = False
        self.heading_group = ""
        self.groups: dict[str, str] = {}

    def read(self) -> bool:
        """Whether the sheet had a header."""
        skip = 0
        for number, row in enumerate(self.rows):
            if skip:
                skip -= 1
            elif (layout := find_layout(self.rows, number, self.layout)) is not None:
                self._under(layout, Place(self.file, self.sheet, number + 1))
                skip = layout.height - 1
            elif self.layout is None:
                self._reporting_line(row)
            else:
                self._row(row, Place(self.file, self.sheet, number + 1))
        return self.layout is not None

    def _under(self, layout: Layout, place: Place) -> None:
        """A header repeated after a page break leaves the unit above in force; a lone text over it was a title."""
        if self.before_heading is not None:
            self.units, self.before_heading = self.before_heading, None
        if self.layout is not None and self.layout.blocks != layout.blocks:
            self.units = {None: self.units.get(None, "")}
        self.layout = layout
        for role in layout.without_address:
            message = f"“{role}”没有邮箱一栏，没有导入；要导入请加上这一栏。"
            self.roster.warnings.append(Remark("no_address_column", message, place))

    def _reporting_line(self, row: Sequence[str]) -> None:
        """The line «填报单位：…» names the unit of a list that has no column for it."""
        if unit := row_words.reporting_unit(row):
            self.units[None], self.is_reported = unit, True

    def _row(self, row: Sequence[str], place: Place) -> None:
        assert self.layout is not None
        cells = [plain(cell) for cell in row]
        first = next((cell for cell in cells if cell), "")
        if not first or row_words.is_foot(first):
            self._reporting_line(row)
            return
        blocks = [(block, _Cells(row, block)) for block in self.layout.blocks]
        if row_words.is_example(first) or any(row_words.is_hint(c.address) for _, c in blocks):
            self.roster.warnings.append(Remark("example_row", "这一行是填写示例或说明，没有导入。", place))
            return
        holds_person = any(c.name or c.address or c.role for _, c in blocks)
        if not holds_person and len({cell for cell in cells if cell}) == 1:
            self._heading(first, blocks[0][1])
            return
        self.before_heading = None
        for block, c in blocks:
            unit = self._unit(c)
            vacant = not (c.name or c.address) and (len(blocks) > 1 or not (c.role or c.title or c.phone))
            if not vacant and (c.name or len(blocks) == 1 or any(ch.isalnum() for ch in c.address)):
                self._person(block, c, unit, place)

    def _heading(self, text: str, c: _Cells) -> None:
        """A lone text: a note, or the unit of the rows below, or with a number before it their group (二、镇街)."""
        name, is_numbered = row_words.heading(text)
        if not name or text.isdigit():
            return
        if self.before_heading is None:
            self.before_heading = dict(self.units)
        if c.unit and not is_numbered:
            self.units[c.unit_column] = c.unit
        elif not c.has(Field.UNIT) and not self.is_reported:
            self.units[None] = name
        elif is_numbered or is_leaders(name):
            self.heading_group = name

    def _unit(self, c: _Cells) -> Unit:
        if c.has(Field.UNIT) and not row_words.is_same_as_above(c.unit):
            self.units[c.unit_column] = c.unit
        name = self.units.get(c.unit_column) or self.units.get(None, "")
        key = comparison_key(name)
        group = self.heading_group if row_words.is_same_as_above(c.group) else c.group
        if group:
            self.groups.setdefault(key, group)
        return Unit(name, group or self.groups.get(key, ""))

    def _person(self, block: Block, c: _Cells, unit: Unit, place: Place) -> None:
        role = plain(block.role) if block.role is not None else c.role if c.has(Field.ROLE) else c.title
        texts = (unit.name, unit.group, c.name, role, c.title, c.phone)
        for (word, limit), told in zip(_CHARACTERS.items(), texts, strict=True):
            if max(len(told), len(comparison_key(told))) > limit:
                message = f"{word}一栏超过 {limit} 个字，这一行没有导入。"
                hint = "请核对这一格是否粘进了别的内容。"
                self.roster.rejected.append(
                    Rejected(place, "too_long", unit.name[:60], c.name[:60], told[:60], message, hint)
                )
                return
        found = read_cell(c.address)
        paper = bool(_PAPER.search(c.note.replace(" ", "")))
        own: dict[str, EmailAddress] = {}
        fresh = []
        for address in found.addresses:
            if address.key in self.seen:
                self.roster.duplicates.append(Duplicate(address.original, place, self.seen[address.key]))
            else:
                self.seen[address.key] = place
                fresh.append(address)
            own.setdefault(address.key, address)
        for text in found.unusable:
            hint = "已登记为只收纸质，不发邮件。" if paper else _REMEDY[text.problem]
            who = f"{unit.name}{c.name or role}"
            self.roster.rejected.append(
                Rejected(place, text.problem.value, unit.name, c.name, text.text, f"{who}：{text.message}。", hint)
            )
        for repair in found.repairs:
            self.roster.warnings.append(Remark(repair.value, f"{c.address.strip()[:60]}：{repair.chinese}。", place))
        if "\ufffd" in unit.name + c.name + role:
            message = f"{unit.name}{c.name}：有读不出的字（显示为 \ufffd），请核对。"
            self.roster.warnings.append(Remark("unreadable_character", message, place))
        holder = Holder(
            Post(unit, role), c.name, tuple(own.values()), c.title, c.phone, c.note, paper, c.care_of[:120],
            plain(c.text(Field.ESSENTIAL)) in _YES,
        )  # fmt: skip
        self.roster.people.append(Person(holder, place, tuple(fresh), self._lists(c, place)))

    def _lists(self, c: _Cells, place: Place) -> tuple[str, ...] | None:
        if not c.has(Field.LISTS):
            return None
        words = [word for word in _LIST_MARKS.split(c.text(Field.LISTS)) if word]
        unknown = [word for word in words if word not in LIST_CODES]
        if unknown:
            message = f"名单一栏的“{'、'.join(unknown)}”不认识，没有采用；只能写 报、送、发。"
            self.roster.warnings.append(Remark("unknown_list", message, place))
        return tuple(code for code in LIST_CODES if code in words)


class _Cells:
    """One person's cells of a row by their meaning, cleaned as that meaning asks."""

    __slots__ = (
        "_block",
        "_row",
        "address",
        "care_of",
        "group",
        "name",
        "note",
        "phone",
        "role",
        "title",
        "unit",
        "unit_column",
    )

    def __init__(self, row: Sequence[str], block: Block) -> None:
        self._row, self._block = row, block
        self.unit_column = block.first(Field.UNIT)
        self.unit = row_words.without_stamp(plain(self.text(Field.UNIT)))
        self.group = plain(self.text(Field.GROUP))
        self.name = plain(self.text(Field.NAME))
        self.role = plain(self.text(Field.ROLE))
        self.title = plain(self.text(Field.TITLE))
        self.care_of = plain(self.text(Field.CARE_OF))
        self.note = running(self.text(Field.NOTE))
        self.phone = " / ".join(dict.fromkeys(text for text in map(running, self._all(Field.PHONE)) if text))
        self.address = "\n".join(text for text in self._all(Field.ADDRESS) if text.strip())

    def has(self, wanted: Field) -> bool:
        return wanted in self._block.columns

    def text(self, wanted: Field) -> str:
        column = self._block.first(wanted)
        return self._row[column] if column is not None and column < len(self._row) else ""

    def _all(self, wanted: Field) -> list[str]:
        return [self._row[column] for column in self._block.columns.get(wanted, ()) if column < len(self._row)]
