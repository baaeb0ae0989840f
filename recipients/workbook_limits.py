"""What is found out about a workbook before it is given to the reader: whether it may be opened at all.

The reader (calamine) lays every sheet out as a full rectangle, so one cell in the last corner of a sheet would ask for
terabytes. Owns the bounds and the two scans that enforce them (ZIP/XML for .xlsx, compound file/BIFF for .xls).
Sources: ECMA-376 part 1, 18.3.1 (cells); [MS-CFB] 2.2-2.6; [MS-XLS] 2.5.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from recipients.workbook_marks import MailLinks, Start, StruckStyles, relations_of

FILE_BYTES = 20 * 1024 * 1024
UNPACKED_BYTES = 200 * 1024 * 1024
RATIO = 150  # of a whole workbook beyond RATIO_FROM; a real sheet of 20,000 rows stays below 40
RATIO_FROM = 20 * 1024 * 1024
PARTS = 2000
SHEETS = 200
CELLS = 5_000_000  # of the rectangle that holds all filled cells of one sheet

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: What the standard library raises on a damaged archive; OSError and ValueError where an entry lies outside the file.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, expat.ExpatError, ValueError, OSError,
    struct.error, LookupError, OverflowError,
)  # fmt: skip
_END_OF_CHAIN = 0xFFFFFFFC  # and above: free, end, table sectors
_BIFF_CELLS = frozenset(
    {0x0006, 0x00BD, 0x00D6, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x0002, 0x0003, 0x0004, 0x0005}
)
_BIFF_BOF = 0x0809


class SpreadsheetError(Exception):
    """A file that is not read at all. ``code`` is stable; message and hint are Chinese sentences."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint

    def __reduce__(self) -> tuple[type[SpreadsheetError], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)  # it travels between processes


def too_big() -> SpreadsheetError:
    return SpreadsheetError("too_big", "文件超过 20 MB，没有读取。", "请删去图片和无关的表，或拆成几个文件。")


def broken(detail: str = "") -> SpreadsheetError:
    return SpreadsheetError(
        "broken_file", f"文件损坏，打不开{detail}。", "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。"
    )


def _bomb() -> SpreadsheetError:
    return SpreadsheetError(
        "zip_bomb", "文件解压后大得不正常，没有读取。", "请把人员表的内容复制到一个新表格，另存后再导入。"
    )


def too_wide(sheet: str) -> SpreadsheetError:
    return SpreadsheetError(
        "too_many_cells",
        f"工作表“{sheet}”里有内容落在极远的行或列，表太大，没有读取。",
        "请删除表格右边和下边多余的行列后另存再导入。",
    )


@dataclass(slots=True)
class SheetScan:
    """Of one sheet: the filled rectangle, formulas whose result was never stored, and what a person sees beside the text.

    Rows and columns count from 0.
    """

    rows: int = 0
    columns: int = 0
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    struck: set[tuple[int, int]] = field(default_factory=set)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)


def scan_xlsx(data: bytes) -> dict[str, SheetScan]:
    """Sheet name -> scan. Raises SpreadsheetError (zip_bomb, too_many_cells, broken_file, not_a_spreadsheet)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _checked_parts(archive, len(data))
            if "xl/workbook.bin" in parts or "content.xml" in parts:
                raise SpreadsheetError(
                    "not_a_spreadsheet", "这种表格格式（.xlsb、.ods）不支持。", "请另存为 .xlsx 再导入。"
                )
            if "xl/workbook.xml" not in parts:
                raise SpreadsheetError(
                    "not_a_spreadsheet", "这个文件不是 Excel 表格。", "请另存为 .xlsx 或 .csv 再导入。"
                )
            scans = {}
            styles = StruckStyles()
            if "xl/styles.xml" in parts:
                _parse(archive.read(parts["xl/styles.xml"]), styles.start)
            for name, path in _sheet_parts(archive, parts):
                if path not in parts:
                    raise broken(f"（缺少工作表“{name}”）")
                links = MailLinks()
                if (relations := parts.get(relations_of(path))) is not None:
                    _parse(archive.read(relations), links.relation)
                with archive.open(parts[path]) as stream:
                    scans[name] = _scan_sheet(stream, name, styles.numbers, links)
            return scans
    except _DAMAGED as error:
        raise broken() from error


def _checked_parts(archive: zipfile.ZipFile, packed: int) -> dict[str, zipfile.ZipInfo]:
    """Name in lower case with slashes -> entry. zipfile itself stops at the declared size, so that is what counts."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > PARTS or unpacked > UNPACKED_BYTES or (unpacked > RATIO_FROM and unpacked > RATIO * packed):
        raise _bomb()
    parts = {entry.filename.replace("\\", "/").lower(): entry for entry in entries}
    if len(parts) != len(entries):
        raise broken("（同名的部分出现两次）")
    return parts


def _sheet_parts(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> list[tuple[str, str]]:
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            sheets.append((attributes.get("name", ""), _by_local_name(attributes, "id")))

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(archive.read(parts["xl/workbook.xml"]), sheet)
    if (relations := parts.get("xl/_rels/workbook.xml.rels")) is not None:
        _parse(archive.read(relations), relation)
    if len(sheets) > SHEETS:
        raise _bomb()
    return [(name, posixpath.normpath(posixpath.join("/xl", targets.get(key, "")))[1:].lower()) for name, key in sheets]


def _by_local_name(attributes: dict[str, str], wanted: str) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == wanted and ":" in key), "")


def _parse(data: bytes, start: Start) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.Parse(data, True)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise broken("（带有 DTD）")  # no office program writes one; entities are how small XML becomes large

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _scan_sheet(stream: IO[bytes], sheet: str, struck: set[int], links: MailLinks) -> SheetScan:
    scan = SheetScan(links=links.found)
    row, column, in_formula = -1, -1, False
    text: list[str] = []
    pending: dict[tuple[int, int], str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, in_formula
        local = name.rpartition(":")[2]
        if local == "c":
            column = _column(attributes["r"]) if "r" in attributes else column + 1
            if "r" in attributes and (number := attributes["r"].lstrip(_LETTERS)):
                row = int(number) - 1 if number.isdecimal() else row
            if struck and attributes.get("s", "").isdecimal() and int(attributes["s"]) in struck:
                scan.struck.add((row, column))
        elif local == "row":
            given = attributes.get("r", "")
            row, column = int(given) - 1 if given.isdecimal() else row + 1, -1
            if attributes.get("hidden") in {"1", "true"}:
                scan.hidden_rows.add(row)
        elif local == "hyperlink" and links.targets:
            first = attributes.get("ref", "").partition(":")[0]
            digits = first.lstrip(_LETTERS)
            if digits.isdecimal():
                links.link(attributes, (int(digits) - 1, _column(first)))
        elif local in {"v", "is", "f"}:
            scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, column + 1)
            in_formula = local == "f"
            if scan.rows * scan.columns > CELLS:
                raise too_wide(sheet)

    def end(name: str) -> None:
        nonlocal in_formula
        if in_formula and name.rpartition(":")[2] == "f":
            pending[row, column] = "=" + "".join(text)
            text.clear()
            in_formula = False

    def characters(piece: str) -> None:
        if in_formula:
            text.append(piece)
        elif pending and (row, column) in pending and piece.strip():
            del pending[row, column]  # <v> after <f>: the result was stored

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.ParseFile(stream)
    scan.formulas = pending
    return scan


def _column(reference: str) -> int:
    """«AB12» -> 27; at most four letters count, more is beyond any sheet."""
    number = 0
    for letter in reference[:4].upper():
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number - 1


def check_xls(data: bytes) -> None:
    """Raises SpreadsheetError when a cell record of any sheet lies so far out that the rectangle would be too large."""
    try:
        book = _workbook_stream(data)
    except (struct.error, IndexError, ValueError) as error:
        raise broken() from error
    rows = columns = at = 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        if kind == _BIFF_BOF:
            rows = columns = 0
        elif kind in _BIFF_CELLS and length >= 4:
            row, column = struct.unpack_from("<HH", book, at + 4) if at + 8 <= len(book) else (0, 0)
            if kind == 0x00BD:  # MULRK: many columns of one row
                column += max(0, (length - 6) // 6 - 1)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if rows * columns > CELLS:
                raise too_wide("（旧式 .xls）")
        at += 4 + length


def _workbook_stream(data: bytes) -> bytes:
    """The Workbook (or Book) stream of a compound file, found through its sector tables."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in {512, 4096}:
        raise broken()

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    def chain(first: int, table: list[int]) -> list[int]:
        numbers: list[int] = []
        while first < _END_OF_CHAIN and len(numbers) <= len(table):
            numbers.append(first)
            first = table[first]
        return numbers

    def words(block: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])

    fat_sectors = [number for number in words(data[76:512]) if number < _END_OF_CHAIN]
    more = struct.unpack_from("<I", data, 68)[0]
    for _ in range(len(data) // size):
        if more >= _END_OF_CHAIN:
            break
        *numbers, more = words(sector(more))
        fat_sectors += [number for number in numbers if number < _END_OF_CHAIN]
    if len(fat_sectors) > len(data) // size // (size // 4) + 110:
        raise broken()  # more tables than the file has room for: they go in a circle
    fat = [entry for number in fat_sectors for entry in words(sector(number))]
    directory = b"".join(sector(n) for n in chain(struct.unpack_from("<I", data, 48)[0], fat))
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    named = {
        e[: max(0, struct.unpack_from("<H", e, 64)[0] - 2)].decode("utf-16-le", "replace").lower(): e for e in entries
    }
    found = named.get("workbook") or named.get("book")
    if found is None:
        if "encryptedpackage" in named:
            raise SpreadsheetError("password", "文件设有打开密码，读不了。", "请去掉密码后另存再导入。")
        raise SpreadsheetError("not_a_spreadsheet", "这个文件不是 Excel 表格。", "请另存为 .xlsx 或 .csv 再导入。")
    first, length = struct.unpack_from("<I", found, 116)[0], struct.unpack_from("<I", found, 120)[0]
    if length >= struct.unpack_from("<I", data, 56)[0]:
        return b"".join(sector(n) for n in chain(first, fat))[:length]
    root_first = struct.unpack_from("<I", entries[0], 116)[0]
    small = b"".join(sector(n) for n in chain(root_first, fat))
    small_fat = [e for n in chain(struct.unpack_from("<I", data, 60)[0], fat) for e in words(sector(n))]
    return b"".join(small[n * 64 : n * 64 + 64] for n in chain(first, small_fat))[:length]
