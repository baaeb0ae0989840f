"""The header of a list of people: which column means what, in one row or several, for one person a row or several.

Owns how cells of a header belong together. The words are header_words'; what stands in the rows below is the roster's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from recipients import header_words
from recipients.header_words import NOTHING, PLAIN_NAMES, Field, HeaderCell

Row = Sequence[str]

_ABOVE = 3  # rows of a header above the one that names the address
_BELOW = 2
_SAMPLE = 30  # rows below a header that are looked at
_TICKS = frozenset("√✓✔☑●○◆■*vV1是有")
_PERSONAL = frozenset({Field.NAME, Field.TITLE, Field.PHONE, Field.ADDRESS})


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one person of a row. ``role`` is the header's word where the header names it; ``ticks``: columns that
    name a role and hold a tick where it is the person's.
    """

    role: str | None
    columns: dict[Field, tuple[int, ...]]
    ticks: tuple[tuple[int, str], ...] = ()

    def first(self, field: Field) -> int | None:
        return next(iter(self.columns.get(field, ())), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """One block for each person of a row; each holds the common columns too. ``height`` counts rows from the found one.

    ``without_address``: roles whose people the header names, but without a column for their mailbox.
    """

    blocks: tuple[Block, ...]
    height: int
    without_address: tuple[str, ...] = ()


@dataclass(slots=True)
class _Column:
    """What all rows of the header say about one column."""

    field: Field | None = None
    word: str = ""
    role: str | None = None


def find_layout(rows: Sequence[Row], at: int, before: Layout | None = None) -> Layout | None:
    """The layout whose lowest row with an address column is ``rows[at]``: that column and at least one other known one.

    ``before``: the layout in force; where there is one, only a header without any strange word is another.
    """
    if any(map(header_words.may_head_addresses, rows[at])):
        cells = [header_words.read(cell) for cell in rows[at]]
        if not _is_header(cells, rows[at], repeated=before is not None):
            return None
    elif before is None and (told := _told_by_rows(rows, at)) is not None:
        cells = told
    else:
        return None
    band = [cells]
    while len(band) <= _BELOW and at + len(band) < len(rows):
        below = [header_words.read(cell) for cell in rows[at + len(band)]]
        if not _continues(band[-1], below, rows[at + len(band)]):
            break
        band.append(below)
    height = len(band)
    for above in range(at - 1, max(at - 1 - _ABOVE, -1), -1):
        upper = [header_words.read(cell) for cell in rows[above]]
        if not _belongs_above(upper, rows[above], band[0]):
            break
        band.insert(0, upper)
    columns = [_column(stack) for stack in _stacks(band, max(map(len, band)))]
    sample = rows[at + height : at + height + _SAMPLE]
    _divide_units(columns, sample)
    _widen_addresses(columns, sample)
    ticks = _take_ticks(columns, sample)
    blocks, without_address = _blocks(columns)
    if ticks:
        blocks = tuple(replace(block, ticks=ticks) for block in blocks)
    return Layout(blocks, height, without_address)


def _told_by_rows(rows: Sequence[Row], at: int) -> list[HeaderCell] | None:
    """A header that calls the addresses by another word (联系方式): told by what stands below it, in one column only."""
    cells = [header_words.read(cell) for cell in rows[at]]
    fields = {cell.field for cell in cells if cell.field is not None}
    if len(fields) < 3 or not fields & {Field.NAME, Field.UNIT}:
        return None
    below = rows[at + 1 : at + 1 + _SAMPLE]
    found = []
    for column, cell in enumerate(cells):
        texts = [row[column] for row in below if column < len(row) and row[column].strip()]
        holding = sum("@" in text or "＠" in text for text in texts)
        if cell.word and cell.field in {None, Field.PHONE} and 2 * holding > len(texts):
            found.append(column)
    if len(found) != 1:
        return None
    cells[found[0]] = HeaderCell(cells[found[0]].word, cells[found[0]].text, Field.ADDRESS)
    return cells


def _widen_addresses(columns: list[_Column], below: Sequence[Row]) -> None:
    """邮箱 merged over two columns: a second address stands under no word of its own."""
    for c in range(1, len(columns)):
        left, column = columns[c - 1], columns[c]
        if left.field is not Field.ADDRESS or column.field is not None or column.word:
            continue
        if any("@" in row[c] or "＠" in row[c] for row in below if c < len(row)):
            column.field, column.word, column.role = Field.ADDRESS, left.word, left.role


def _take_ticks(columns: list[_Column], below: Sequence[Row]) -> tuple[tuple[int, str], ...]:
    """姓名 | 主要领导 | 信息员 | 邮箱 with ticks under the roles: those columns hold no names."""
    if not any(column.field is Field.NAME and column.word in PLAIN_NAMES for column in columns):
        return ()
    ticks = []
    is_ticked = False
    for c, column in enumerate(columns):
        marks = {row[c].strip() for row in below if c < len(row)} - {""}
        if column.field is Field.NAME and column.role is not None and column.word == column.role and marks <= _TICKS:
            ticks.append((c, column.role))
            is_ticked = is_ticked or bool(marks)
    if not is_ticked:
        return ()
    for c, _ in ticks:
        columns[c] = _Column(word=columns[c].word)
    return tuple(ticks)


def _divide_units(columns: list[_Column], below: Sequence[Row]) -> None:
    """单位 merged over two columns, 镇街 | 松陵镇: the left one is the group."""
    units = [c for c, column in enumerate(columns) if column.field is Field.UNIT]
    if len(units) != 1 or units[0] + 1 >= len(columns) or any(column.field is Field.GROUP for column in columns):
        return
    left, right = columns[units[0]], columns[units[0] + 1]
    both = sum(
        1 for row in below if all(text.strip() for text in row[units[0] : units[0] + 2]) and len(row) > units[0] + 1
    )
    if not right.word and both:
        right.field, right.word, left.field = Field.UNIT, left.word, Field.GROUP


def _at(cells: Sequence[HeaderCell], column: int) -> HeaderCell:
    return cells[column] if column < len(cells) else NOTHING


def _is_header(cells: list[HeaderCell], row: Row, *, repeated: bool) -> bool:
    """An address column and another; and either a column of units or names, half of the words known, or all of them.

    That much is asked because people write «单位公共邮箱» in a remark, and a role such as 信息员 stands in every row.
    """
    known = [cell for cell in cells if cell.field is not None]
    fields = {cell.field for cell in known}
    if Field.ADDRESS not in fields or len(known) < 2 or any(sum(map(str.isdigit, cell.word)) > 4 for cell in cells):
        return False
    filled = sum(any(ch.isalnum() for ch in text) for text in row)
    bare_roles = {cell.word for cell in cells if cell.is_bare_role}
    if repeated:
        plain = any(cell.word in PLAIN_NAMES or header_words.rank(cell.word, Field.UNIT) == 0 for cell in cells)
        return len(known) == filled and (plain or len(fields) > 2 or len(bare_roles) > 1)
    own = {cell.field for cell in known if cell.word not in bare_roles}
    if own & {Field.UNIT, Field.NAME, Field.INDEX} or len(bare_roles) > 1:
        named = sum(1 for cell in cells if cell.field is not None or _is_whose(cell.word, cells))
        return 2 * named >= filled
    several = sum(cell.field is Field.ADDRESS for cell in known) > 1
    return len(known) == filled and not bare_roles and (len(fields) > 1 or several)


def _is_whose(word: str, cells: Sequence[HeaderCell]) -> bool:
    """«书记» beside «书记邮箱»."""
    return bool(word) and any(cell.whose == word and cell.field is Field.ADDRESS for cell in cells)


def _continues(upper: Sequence[HeaderCell], below: Sequence[HeaderCell], row: Row) -> bool:
    """A further header row: 联系电话 over 办公 and 手机, 姓名 over 主要领导 and 信息员. Nothing else may stand in it."""
    found = 0
    roles = set()
    above = NOTHING
    for column, text in enumerate(row):
        cell = below[column]
        above = _at(upper, column) if _at(upper, column).word else above
        if not text.strip() or (cell.word and cell.word == _at(upper, column).word):
            continue
        if (
            above.field in {None, Field.PHONE} and (cell.field is not None or header_words.is_phone_part(cell.word))
        ) or (above.is_bare_role and cell.field is not None and not cell.is_bare_role):
            found += 1
        elif above.field in _PERSONAL and cell.is_bare_role:
            roles.add(cell.word)
        else:
            return False
    return len(roles) > 1 or (found > 0 and not roles)


def _belongs_above(upper: Sequence[HeaderCell], row: Row, top: Sequence[HeaderCell]) -> bool:
    """A row of groups (主要领导 | 主管领导 | 信息员), or one that names columns the rows below leave blank."""
    if any("@" in text or (":" in text.strip().rstrip(":：")) or "：" in text.strip().rstrip("：") for text in row):
        return False  # a line «填报单位：… 日期：…», or people
    if any(sum(map(str.isdigit, text)) > 4 for text in row):
        return False
    if any(cell.field is not None and not _at(top, c).word for c, cell in enumerate(upper)):
        return True
    if any(cell.field is Field.ADDRESS for cell in upper):
        return all(cell.field is not None for cell in upper if cell.word)
    groups = [c for c, cell in enumerate(upper) if cell.word and cell.word != _at(top, c).word]
    if groups and all(upper[c].field is Field.PHONE for c in groups):
        return True  # 联系方式 over 手机 and 邮箱
    words = {upper[c].word for c in groups}
    if groups and all(upper[c].is_bare_role and _at(top, c).field in _PERSONAL | {None} for c in groups):
        return not any(cell.is_bare_role for cell in top)
    addresses = sum(cell.field is Field.ADDRESS for cell in top)
    names = sum(cell.field is Field.NAME for cell in top)
    already = any(cell.role for cell in top)
    return addresses > 1 and names > 1 and not already and len(words) > 1 and len(groups) <= max(addresses, names)


def _stacks(band: Sequence[Sequence[HeaderCell]], width: int) -> list[list[HeaderCell]]:
    """Column -> its cells from the top, a cell merged downwards once, a cell merged to the right in all its columns."""
    stacks: list[list[HeaderCell]] = [[] for _ in range(width)]
    for level, cells in enumerate(band):
        carried = NOTHING
        for column in range(width):
            cell = _at(cells, column)
            if cell.word:
                carried = cell
            elif level == len(band) - 1 or not carried.word or not _may_carry(band, level, column):
                carried = NOTHING
                continue
            if not stacks[column] or stacks[column][-1].word != carried.word:
                stacks[column].append(carried)
    return stacks


def _may_carry(band: Sequence[Sequence[HeaderCell]], level: int, column: int) -> bool:
    """Whether a blank cell may be part of the merged cell at its left: something stands below it, nothing new above."""
    if not any(_at(cells, column).word for cells in band[level + 1 :]):
        return False
    return not any(_at(cells, column).word for cells in band[:level])


def _column(stack: Sequence[HeaderCell]) -> _Column:
    """The lowest word that names a field; the role from any row, else the nearest other word."""
    plain = [cell for cell in stack if cell.field is not None and not cell.is_bare_role]
    bare = [cell for cell in stack if cell.is_bare_role]
    above = stack[-2] if len(stack) > 1 else NOTHING
    phones = (
        bool(above.word) and header_words.is_phone_part(stack[-1].word) and above.field in {Field.PHONE, Field.NAME}
    )
    if plain or (bare and phones):
        found = _Column(Field.PHONE if phones else plain[-1].field, stack[-1].word if phones else plain[-1].word)
    elif bare:
        return _Column(Field.NAME, bare[-1].word, bare[-1].text)
    else:
        return _Column(word=stack[-1].word if stack else "")
    if bare:
        found.role = bare[-1].text
    elif plain[-1].role:
        found.role = plain[-1].role
    elif found.field in _PERSONAL:
        others = [cell for cell in stack if cell.field is None and not header_words.is_phone_part(cell.word)]
        named = [cell for cell in stack[:-1] if cell.field is Field.NAME and cell.word not in PLAIN_NAMES]
        found.role = next((cell.text for cell in [*reversed(others), *reversed(named)]), None)
    return found


def _blocks(columns: list[_Column]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    _name_by_whose(columns)
    owner = _owners(columns)
    order = list(dict.fromkeys(role for role in owner if role))
    addressed = [
        r for r in order if any(owner[c] == r and columns[c].field is Field.ADDRESS for c in range(len(owner)))
    ]
    if not addressed:
        return _side_by_side(columns), ()
    common = [c for c in range(len(owner)) if owner[c] is None]
    shared = _gather(columns, common)
    blocks = []
    for role in addressed:
        named = len(addressed) > 1 or (header_words.read(role).role is not None and Field.ROLE not in shared)
        own = [c for c in range(len(owner)) if owner[c] == role]
        blocks.append(Block(role if named else None, shared | _gather(columns, own)))
    if len(addressed) > 1 or blocks[0].role is not None:
        # a mailbox beside the roles, 单位邮箱, belongs to nobody of them: it stands for itself
        alone = shared.pop(Field.ADDRESS, ())
        blocks += [Block(columns[number].word, shared | {Field.ADDRESS: (number,)}) for number in alone]
    names = {owner[c] for c in range(len(owner)) if columns[c].field is Field.NAME}
    return tuple(blocks), tuple(role for role in order if role in names and role not in addressed)


def _name_by_whose(columns: list[_Column]) -> None:
    """«书记», «书记邮箱» and «镇长姓名», «镇长邮箱»: what stands before is a role where it has a name and an address."""
    parts = [header_words.read(column.word) for column in columns]
    addressed = {p.whose for p, column in zip(parts, columns, strict=True) if p.whose and column.field is Field.ADDRESS}
    named = {p.whose for p, column in zip(parts, columns, strict=True) if column.field is Field.NAME}
    named |= {column.word for column in columns if column.field is Field.NAME and column.word not in PLAIN_NAMES}
    for column in columns:
        if column.field is None and column.word in addressed:
            column.field = Field.NAME
            named.add(column.word)
    roles = addressed & named
    for part, column in zip(parts, columns, strict=True):
        if column.role is None and column.field in _PERSONAL:
            word = part.whose or column.word
            column.role = word if word in roles else None


def _owners(columns: list[_Column]) -> list[str | None]:
    """Column -> the role it belongs to. One without a role belongs to the role at its left, when it is a person's."""
    several = sum(column.field is Field.ADDRESS for column in columns) > 1
    has_roles = any(column.role for column in columns)
    owners: list[str | None] = []
    current: str | None = None
    for column in columns:
        role = column.role
        if role is None and several and has_roles and column.field is Field.NAME and column.word not in PLAIN_NAMES:
            role = column.word  # 联系人 beside 主要领导 and 分管领导
        if role is not None:
            current = role
        elif column.field not in _PERSONAL:
            role = None
            current = None if column.field in {Field.UNIT, Field.INDEX, Field.GROUP} else current
        else:
            role = current
        owners.append(role)
    return owners


def _side_by_side(columns: list[_Column]) -> tuple[Block, ...]:
    """A table folded to fit the page, 单位 姓名 邮箱 | 单位 姓名 邮箱: as many people a row as the columns repeat."""
    counts = {field: [c for c, column in enumerate(columns) if column.field is field] for field in Field}
    times = len(counts[Field.ADDRESS])
    known = [column.field for column in columns if column.field is not None]
    whole = _gather(columns, range(len(columns)))
    if times < 2 or times not in {len(counts[Field.NAME]), len(counts[Field.UNIT])}:
        return (Block(None, whole),)
    first = next((f for f in known if len(counts[f]) == times), None)
    if first is None:
        return (Block(None, whole),)
    starts = counts[first]
    common = _gather(columns, range(starts[0]))
    ends = [*starts[1:], len(columns)]
    return tuple(Block(None, common | _gather(columns, range(a, b))) for a, b in zip(starts, ends, strict=True))


def _gather(columns: Sequence[_Column], numbers: Sequence[int]) -> dict[Field, tuple[int, ...]]:
    """Field -> its columns, the best word first (单位 before 部门), then from the left."""
    found: dict[Field, list[int]] = {}
    for number in numbers:
        if (field := columns[number].field) is not None:
            found.setdefault(field, []).append(number)
    return {
        field: tuple(sorted(own, key=lambda c: (header_words.rank(columns[c].word, field), c)))
        for field, own in found.items()
    }
