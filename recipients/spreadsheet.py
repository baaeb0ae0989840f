"""Workbook and CSV bytes <-> rows of text. Owns encodings, merged cells, hidden sheets, safe cells on the way out.

Pure: bytes in, values out. Must not know what a column means. Bounds are in workbook_limits.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from recipients.web_table import read_page, read_xml
from recipients.workbook_limits import (
    FILE_BYTES,
    SheetScan,
    SpreadsheetError,
    broken,
    check_xls,
    scan_xlsx,
    too_big,
)

Row = tuple[str, ...]

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = ",\t;，|"
_BROKEN_CHARACTERS = 0.02  # of a text file; with more it is no text, or in an encoding nobody can tell
_PAGE = re.compile(r"(?:<!--.*?-->\s*)*<(?:html|!doctype|table|head|body|meta|style|div|center|font)\b", re.DOTALL)
_MERGED_CELLS = 5_000_000  # filled by merging; more is no office's table
# A cell that a spreadsheet program would run or rewrite when a CSV is opened (OWASP: CSV injection).
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows[0]`` is the row a person sees as row 1; rows of unequal length, a merged area's text in all its rows.

    By (row, column) from 0: ``struck`` are crossed out, ``links`` lead to a mail address; ``hidden_rows`` are not shown.
    """

    name: str
    rows: Sequence[Row]
    struck: frozenset[tuple[int, int]] = frozenset()
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Workbook:
    """``sheets`` are the visible ones; ``hidden`` names those left out. A CSV has one sheet without a name."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()


def read(data: bytes) -> Workbook:
    """The kind is told by the bytes, never by a file name. Raises SpreadsheetError, nothing else."""
    if len(data) > FILE_BYTES:
        raise too_big()
    if data.startswith(_ZIP):
        return _read_calamine(data, scan_xlsx(data))
    if data.startswith(_COMPOUND):
        check_xls(data)
        return _read_calamine(data, {})
    return _read_text(_decode(data))


def _read_calamine(data: bytes, scans: dict[str, SheetScan]) -> Workbook:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets, hidden = [], []
            for meta in book.sheets_metadata:
                if meta.typ is not SheetTypeEnum.WorkSheet:
                    continue
                if meta.visible is not SheetVisibleEnum.Visible:
                    hidden.append(meta.name)
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                scan = scans.get(meta.name, SheetScan())
                blank = [""] * (sheet.start[1] if sheet.start else 0)  # the reader begins with the first filled column
                rows = [[*blank, *map(_text, row)] for row in sheet.iter_rows()]
                _put_formulas(rows, scan)
                _spread(rows, sheet.merged_cell_ranges or [])
                marks = (frozenset(scan.struck), scan.links, frozenset(scan.hidden_rows))
                sheets.append(Sheet(meta.name, [tuple(row) for row in rows], *marks))
            return Workbook(tuple(sheets), tuple(hidden))
    except PasswordError as error:
        raise SpreadsheetError("password", "文件设有打开密码，读不了。", "请去掉密码后另存再导入。") from error
    except (KeyboardInterrupt, SystemExit):
        raise
    except (
        BaseException
    ) as error:  # the reader is native code: on broken files it also raises PanicException, no Exception
        raise broken() from error


def _put_formulas(rows: list[list[str]], scan: SheetScan) -> None:
    """A formula whose result no program has stored yet is shown as its text; the reader knows results only."""
    if not scan.formulas:
        return
    rows += [[] for _ in range(scan.rows - len(rows))]
    for (row, column), formula in scan.formulas.items():
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = rows[row][column] or formula


def _spread(rows: list[list[str]], merged: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Downwards only: to the right a merged area is a title or a note, and must not seem to fill other columns."""
    budget = _MERGED_CELLS
    for (top, left), (bottom, _) in merged:
        if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
            continue
        value = rows[top][left]
        last = min(bottom, len(rows) - 1)
        budget -= last - top
        if budget < 0:
            raise broken("（合并单元格过多）")
        for row in rows[top + 1 : last + 1]:
            if left < len(row):
                row[left] = value


def _text(cell: Any) -> str:
    """What a person would copy from the cell. Excel keeps telephone numbers as floats: integral ones lose the «.0»."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _read_text(text: str) -> Workbook:
    """A page, an XML workbook, or cells parted by a mark: many an .xls is none."""
    head = text[:2000].lstrip("\ufeff \t\r\n").lower()
    if head.startswith("<?xml") and "schemas-microsoft-com:office:spreadsheet" in head:
        found, hidden = read_xml(text)
        return Workbook(tuple(Sheet(name, list(map(tuple, rows))) for name, rows in found), tuple(hidden))
    if _PAGE.match(head):
        if tables := read_page(text):
            names = [f"表{n}" if len(tables) > 1 else "" for n in range(1, len(tables) + 1)]
            return Workbook(tuple(Sheet(n, list(map(tuple, rows))) for n, rows in zip(names, tables, strict=True)))
        raise SpreadsheetError(
            "not_a_spreadsheet", "这个文件其实是网页，里面没有表格。", "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。"
        )
    if head.startswith(("<?xml", "mime-version:")):
        raise SpreadsheetError(
            "not_a_spreadsheet",
            "这个文件其实是网页或 XML，只是起了表格的名字。",
            "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。",
        )
    return Workbook((Sheet("", _read_csv(text)),))


def _read_csv(text: str) -> list[Row]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise SpreadsheetError(
            "broken_csv",
            "CSV 里有一个引号没有成对，或者一格文字过长。",
            "请用 Excel 或 WPS 打开核对后另存为 .xlsx 再导入。",
        ) from error
    if rows and any("\n" in cell for cell in rows[-1]) and text.count('"') % 2:
        # an opening quote without its partner has swallowed the rest of the file
        raise SpreadsheetError(
            "broken_csv",
            f"CSV 第 {len(rows)} 行起有一个引号没有成对，后面的行都被并成了一格。",
            "请补上或删去这个引号再导入。",
        )
    return [tuple(_unguarded(cell) for cell in row) for row in rows]


def _decode(data: bytes) -> str:
    """BOM -> strict UTF-8 -> strict GB18030 (which holds GBK and GB 2312) -> UTF-16 whose BOM was lost -> the better of
    the first two with U+FFFD for a few broken characters.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        encodings = ["utf-8-sig"]
    elif b"\0" in data[:4096]:
        encodings = ["utf-16-le", "utf-16-be"]
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text) and ("utf-16-" not in encoding or any(mark in text for mark in _DELIMITERS)):
            return text
    if "utf-8" in encodings:
        text = min((data.decode(each, "replace") for each in encodings), key=lambda found: found.count("\ufffd"))
        if _is_text(text) and text.count("\ufffd") <= max(2, _BROKEN_CHARACTERS * len(text)):
            return text
    raise SpreadsheetError(
        "not_a_spreadsheet", "认不出这个文件的格式或编码。", "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。"
    )


def _is_text(text: str) -> bool:
    """No NUL, and hardly a control character: what some decoder makes of a picture is no list."""
    head = text[:4096]
    strange = sum(1 for ch in head if not ch.isprintable() and not ch.isspace() and ch != "\ufeff")
    return "\0" not in text and strange <= _BROKEN_CHARACTERS * len(head)


def _delimiter(text: str) -> str:
    """The mark that cuts the first records into equally many cells; a comma where nothing else is better."""
    head = io.StringIO(text[:65536], newline="").readlines()[:50]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(head, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
        filled = max((sum(map(bool, row)) for row in rows if len(row) == width), default=0)
        return (count if width > 1 else 0, filled)

    return max(_DELIMITERS, key=score)


def _unguarded(cell: str) -> str:
    """Takes the apostrophe off again that ``write_csv`` put before an active cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_ACTIVE) else cell


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with BOM (Excel needs it), CRLF; cells that a program would run get an apostrophe before them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(_ACTIVE) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(sheets: Iterable[tuple[str, Iterable[Sequence[str | int]]]]) -> bytes:
    """Words are stored as text, never as a formula, so nothing needs to be altered; numbers as numbers, to be added up.
    Sheet names: at most 31 characters.
    """
    # openpyxl takes a quarter of a second to load, and most commands write no workbook
    from openpyxl import Workbook as NewWorkbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = NewWorkbook(write_only=True)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            cells = []
            for value in row:
                if isinstance(value, int):
                    cells.append(WriteOnlyCell(sheet, value))
                    continue
                cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
