"""One sheet's rows -> people, with every problem and its place. Nothing is dropped in silence.

Owns the walk from row to row: what a unit, a heading or a group above means for the rows below. What the cells of a header
mean is columns', what a row without people says row_words', what stands in one person's cells person_cells'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recipients import row_words
from recipients.address import AddressProblem, EmailAddress
from recipients.address_cell import AddressCell, read_cell
from recipients.columns import Block, Layout, find_layout
from recipients.findings import Duplicate, Person, Place, Rejected, Remark, Roster
from recipients.header_words import Field
from recipients.people import Holder, Post, Unit, comparison_key, is_leaders
from recipients.person_cells import PersonCells, people_of
from recipients.row_words import plain
from recipients.spreadsheet import Sheet

# of the columns of recipients.tables; more is another cell's text pasted in by mistake
_CHARACTERS = {"单位": 200, "分组": 60, "姓名": 120, "人员类别": 120, "职务": 200, "电话": 200}
_YES = frozenset({"是", "必达", "√", "✓", "✔", "1", "y", "Y", "yes"})
_PAPER = re.compile("只收纸质|仅收纸质|只要纸质|收纸质件|送纸质件|只收纸版|只收纸件")
_LIST_MARKS = re.compile(r"[;；,，、/\s]+")
LIST_CODES = ("报", "送", "发")

_REMEDY = {
    AddressProblem.NO_EMAIL: "请补上邮箱；没有邮箱的，在备注里写“只收纸质”。",
    AddressProblem.BAD_EMAIL: "请向本人核对后改正，写成 name@example.cn 的样子。",
    AddressProblem.NEEDS_SMTPUTF8: "请换一个 @ 前面是英文字母和数字的邮箱。",
}


class SheetReader:
    """Walks one sheet; what it carries from row to row is the layout, the unit above, and the group of each unit.

    ``always``: the row (from 0) every finding is placed at, where the rows are not the sheet's own.
    """

    def __init__(
        self, roster: Roster, seen: dict[str, Place], file: str, sheet: Sheet, *, always: int | None = None
    ) -> None:
        self.roster, self.seen, self.file, self.sheet, self.always = roster, seen, file, sheet, always
        self.layout: Layout | None = None
        self.units: dict[int | None, str] = {}  # column of units -> the unit above, None: of a list without that column
        self.before_heading: dict[int | None, str] | None = None  # ``units`` before a lone text, which may be a title
        self.is_reported = False
        self.heading_group = ""
        self.heading_unit = ""  # a heading that is a unit if the next row leaves its own unit blank
        self.groups: dict[str, str] = {}
        self.known_units: dict[tuple[str, str], Unit] = {}  # each unit and post once, however many rows name it
        self.known_posts: dict[tuple[str, str, str], Post] = {}

    def read(self) -> bool:
        """Whether the sheet had a header."""
        skip = 0
        for number, row in enumerate(self.sheet.rows):
            if skip:
                skip -= 1
            elif (layout := find_layout(self.sheet.rows, number, self.layout)) is not None:
                self._under(layout, self._place(number))
                skip = layout.height - 1
            elif self.layout is None:
                self._reporting_line(row)
            else:
                self._row(row, number)
        return self.layout is not None

    def _place(self, number: int) -> Place:
        return Place(self.file, self.sheet.name, (number if self.always is None else self.always) + 1)

    def _warn(self, code: str, message: str, number: int) -> None:
        self.roster.warnings.append(Remark(code, message, self._place(number)))

    def _under(self, layout: Layout, place: Place) -> None:
        """A header repeated after a page break leaves the unit above in force; a lone text over it was a title."""
        self.heading_unit = ""
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

    def _row(self, row: Sequence[str], number: int) -> None:
        assert self.layout is not None
        if self.sheet.links:
            row = self._with_links(row, self.layout, number)
        cells = [plain(cell) for cell in row]
        first = next((cell for cell in cells if cell), "")
        if not first or row_words.is_foot(first):
            self._reporting_line(row)
            return
        if row_words.is_page_mark(cells) or row_words.is_column_numbers(cells) or row_words.is_signed(cells):
            return
        blocks = [(block, PersonCells(row, block)) for block in self.layout.blocks]
        if row_words.is_example(cells) or any(row_words.is_hint(c.address) for _, c in blocks):
            self._warn("example_row", "这一行是填写示例或说明，没有导入。", number)
            return
        holds_person = any(c.name or c.address or c.role for _, c in blocks)
        if not holds_person and len({cell for cell in cells if cell}) == 1:
            self._heading(first, blocks[0][1])
            return
        self.before_heading = None
        if number in self.sheet.hidden_rows:
            self._warn("hidden_row", "这一行在表里是隐藏的，照常导入，请核对。", number)
        for block, c in blocks:
            unit = self._unit(c)
            vacant = not (c.name or c.address) and (len(blocks) > 1 or not (c.role or c.title or c.phone))
            if not vacant and (c.name or len(blocks) == 1 or any(ch.isalnum() for ch in c.address)):
                self._people(row, block, c, unit, number)
        self.heading_unit = ""

    def _heading(self, text: str, c: PersonCells) -> None:
        """A lone text: a note, or the unit of the rows below, or with a number before it their group (二、镇街)."""
        name, is_numbered = row_words.heading(text)
        if not name or text.isdigit():
            return
        if self.before_heading is None:
            self.before_heading = dict(self.units)
        if row_words.may_be_unit(name, text):
            self.heading_unit = name
        if c.unit and not is_numbered:
            self.units[c.unit_column] = name
        elif not c.has(Field.UNIT) and not self.is_reported:
            self.units[None] = name
        elif is_numbered or is_leaders(name):
            self.heading_group = name

    def _unit(self, c: PersonCells) -> Unit:
        if c.has(Field.UNIT) and not row_words.is_same_as_above(c.unit):
            self.units[c.unit_column] = c.unit
        elif c.has(Field.UNIT) and self.heading_unit:
            self.units[c.unit_column] = self.heading_unit
            if self.heading_group == self.heading_unit:
                self.heading_group = ""  # it was no group: the rows below it have no other unit
        name = self.units.get(c.unit_column) or self.units.get(None, "")
        key = comparison_key(name)
        group = self.heading_group if row_words.is_same_as_above(c.group) else c.group
        if group:
            self.groups.setdefault(key, group)
        group = group or self.groups.get(key, "")
        return self.known_units.setdefault((name, group), Unit(name, group))

    def _people(self, row: Sequence[str], block: Block, c: PersonCells, unit: Unit, number: int) -> None:
        """One person of the row, or all whom its cells hold together."""
        struck = {column for at, column in self.sheet.struck if at == number} if self.sheet.struck else set()
        together = people_of(row, block)
        if len(together) > 1:
            self._warn("several_people", f"一格里写了 {len(together)} 个人，已按顺序分开，请核对。", number)
        for own in together:
            cells = c if own is row else PersonCells(own, block)
            if struck:
                if struck & {block.first(Field.NAME) if cells.name else block.first(Field.ADDRESS)}:
                    self._warn("struck_out", f"{cells.name or unit.name}：表里已划掉，当作不在任，没有导入。", number)
                    continue
                cells.leave_out_addresses(struck)
            self._person(block, cells, unit, number)

    def _with_links(self, row: Sequence[str], layout: Layout, number: int) -> Sequence[str]:
        """A cell that shows something else than the address it links to; an address that is shown counts as it is."""
        columns = {column for block in layout.blocks for column in block.columns.get(Field.ADDRESS, ())}
        shown = list(row)
        for column in columns:
            target = self.sheet.links.get((number, column))
            if target and column < len(row) and "@" not in row[column] and "＠" not in row[column]:
                shown[column] = f"mailto:{target}"
        return shown

    def _person(self, block: Block, c: PersonCells, unit: Unit, number: int) -> None:
        place = self._place(number)
        role = plain(block.role) if block.role is not None else c.role if c.has(Field.ROLE) else c.title
        role = c.ticked or role
        texts = (unit.name, unit.group, c.name, role, c.title, c.phone)
        for (word, limit), told in zip(_CHARACTERS.items(), texts, strict=True):
            if max(len(told), len(comparison_key(told))) > limit:
                message = f"{word}一栏超过 {limit} 个字，这一行没有导入。"
                hint = "请核对这一格是否粘进了别的内容。"
                self.roster.rejected.append(
                    Rejected(place, "too_long", unit.name[:60], c.name[:60], told[:60], message, hint)
                )
                return
        found = self._addresses(c, number)
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
        who = f"{unit.name}{c.name or role}"
        for text in found.unusable:
            hint = "已登记为只收纸质，不发邮件。" if paper else _REMEDY[text.problem]
            self.roster.rejected.append(
                Rejected(place, text.problem.value, unit.name, c.name, text.text, f"{who}：{text.message}。", hint)
            )
        for repair in found.repairs:
            self._warn(repair.value, f"{c.address.strip()[:60]}：{repair.chinese}。", number)
        if c.is_name_repaired:
            self._warn("name", f"{c.written_name[:60]}：姓名取作“{c.name}”。", number)
        if "\ufffd" in unit.name + c.name + role:
            message = f"{unit.name}{c.name}：有读不出的字（显示为 \ufffd），请核对。"
            self._warn("unreadable_character", message, number)
        if row_words.has_left(plain(c.note)):
            self._warn("may_have_left", f"{who}：备注写着“{c.note[:30]}”，仍按在任导入；不再发的请删去这一行。", number)
        post = self.known_posts.setdefault((unit.name, unit.group, role), Post(unit, role))
        holder = Holder(
            post, c.name, tuple(own.values()), c.title, c.phone, c.note, paper, c.care_of[:120],
            plain(c.text(Field.ESSENTIAL)) in _YES,
        )  # fmt: skip
        self.roster.people.append(Person(holder, place, tuple(fresh), self._lists(c, number)))

    def _addresses(self, c: PersonCells, number: int) -> AddressCell:
        """What the column of addresses holds; where a telephone number stands in it and the address in the column of
        telephones, the two were written into each other's cells.
        """
        found = read_cell(c.address)
        if found.addresses or "@" not in c.phone.replace("＠", "@"):
            return found
        other = read_cell(c.phone)
        if not other.addresses or other.unusable or any(ch.isalpha() for ch in c.address):
            return found
        self._warn("swapped", f"{c.phone[:60]}：邮箱写在了电话一栏，已取作邮箱。", number)
        c.phone = " ".join(c.address.split())
        return other

    def _lists(self, c: PersonCells, number: int) -> tuple[str, ...] | None:
        if not c.has(Field.LISTS):
            return None
        words = [word for word in _LIST_MARKS.split(c.text(Field.LISTS)) if word]
        unknown = [word for word in words if word not in LIST_CODES]
        if unknown:
            self._warn("unknown_list", f"名单一栏的“{'、'.join(unknown)}”不认识，没有采用；只能写 报、送、发。", number)
        return tuple(code for code in LIST_CODES if code in words)
