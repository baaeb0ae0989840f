"""Spreadsheets that are text with tags: a web page saved under the name .xls, and Excel's XML of 2003 -> sheets of rows.

Office systems write both and call them .xls; Excel opens them after a question. Nothing in them is fetched or run. Bounded by
the rectangle and the depth of tables. Sources: HTML 4.99 (tables: rowspan, colspan), XML Spreadsheet reference (ss:Index,
ss:MergeDown, ss:MergeAcross).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.parsers import expat

from recipients.workbook_limits import CELLS, SHEETS, broken, too_wide

_MOST_SPANS = 10_000  # rows or columns one cell may cover
_DEPTH = 20  # of tables in tables
_BLOCKS = frozenset({"br", "p", "div", "li"})
_SILENT = frozenset({"script", "style", "title"})


@dataclass(slots=True)
class _Grid:
    """Rows as they grow; a cell that spans rows fills them from above, one that spans columns leaves the others blank."""

    name: str
    rows: list[list[str]] = field(default_factory=list)
    spans: dict[int, tuple[int, str]] = field(default_factory=dict)  # column -> (rows still to fill, text)
    cells: int = 0

    def begin_row(self, index: int | None = None) -> None:
        while index is not None and len(self.rows) < index:
            self._count(1, self.name)
            self.rows.append([])
        self.rows.append([])
        self._fill()

    def _fill(self) -> None:
        """What hangs down from above into the next columns of this row."""
        row = self.rows[-1]
        while (span := self.spans.get(len(row))) is not None:
            left, text = span
            if left > 1:
                self.spans[len(row)] = (left - 1, text)
            else:
                del self.spans[len(row)]
            row.append(text)

    def put(self, text: str, across: int, down: int, column: int | None = None) -> None:
        across, down = min(max(across, 1), _MOST_SPANS), min(max(down, 1), _MOST_SPANS)
        row = self.rows[-1]
        self._fill()
        while column is not None and len(row) < column:
            self._count(1, self.name)
            row.append("")
            self._fill()
        start = len(row)
        self._count(across, self.name)
        row += [text, *[""] * (across - 1)]
        if down > 1:
            self.spans |= {start + n: (down - 1, text if n == 0 else "") for n in range(across)}
        self._fill()

    def _count(self, more: int, name: str) -> None:
        self.cells += more + len(self.spans)
        if self.cells > CELLS:
            raise too_wide(name)


class _Page(HTMLParser):
    """Every table of a page that holds no further table is one grid; a layout's outer tables are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[_Grid] = []
        self._open: list[_Grid] = []
        self._outer: set[int] = set()
        self._cell: tuple[list[str], int, int] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            if len(self._open) >= _DEPTH or len(self.grids) >= SHEETS:
                raise broken("（表格嵌套过多）")
            self._outer |= {id(grid) for grid in self._open}
            self._cell = None
            self._open.append(_Grid(""))
            self.grids.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].begin_row()
        elif tag in {"td", "th"}:
            self._end_cell()
            if not self._open[-1].rows:
                self._open[-1].begin_row()
            spans = {name: int(value) for name, value in attrs if value and value.isdecimal() and len(value) < 6}
            self._cell = ([], spans.get("colspan", 1), spans.get("rowspan", 1))
        elif tag in _BLOCKS and self._cell is not None:
            self._cell[0].append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell[0].append(re.sub(r"\s+", " ", data))

    def _end_cell(self) -> None:
        if self._cell is not None and self._open:
            parts, across, down = self._cell
            self._open[-1].put("".join(parts).replace("\xa0", " ").strip(), across, down)
        self._cell = None

    def found(self) -> list[_Grid]:
        return [grid for grid in self.grids if id(grid) not in self._outer and any(any(row) for row in grid.rows)]


def read_page(text: str) -> list[list[list[str]]]:
    """The rows of each table of a page. Raises SpreadsheetError."""
    page = _Page()
    page.feed(text)
    page.close()
    return [grid.rows for grid in page.found()]


def read_xml(text: str) -> tuple[list[tuple[str, list[list[str]]]], list[str]]:
    """(name, rows) of each visible sheet, and the names of the hidden. Raises SpreadsheetError."""
    grids: list[_Grid] = []
    hidden: list[str] = []
    pieces: list[str] = []
    spans: tuple[int, int, int | None] = (1, 1, None)
    collecting = ""

    def number(attributes: dict[str, str], name: str) -> int:
        value = next((v for k, v in attributes.items() if k.rpartition(":")[2] == name), "")
        return int(value) if value.isdecimal() and len(value) < 8 else 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal spans, collecting
        name = tag.rpartition(":")[2]
        if name == "Worksheet":
            if len(grids) >= SHEETS:
                raise broken("（工作表过多）")
            grids.append(_Grid(next((v for k, v in attributes.items() if k.rpartition(":")[2] == "Name"), "")))
        elif name == "Row" and grids:
            index = number(attributes, "Index")
            grids[-1].begin_row(index - 1 if index else None)
        elif name == "Cell" and grids and grids[-1].rows:
            index = number(attributes, "Index")
            column = index - 1 if index else None
            spans = (number(attributes, "MergeAcross") + 1, number(attributes, "MergeDown") + 1, column)
            pieces.clear()
        elif name in {"Data", "Visible"}:
            collecting = name
            if name == "Visible":
                pieces.clear()

    def end(tag: str) -> None:
        nonlocal collecting
        name = tag.rpartition(":")[2]
        if name == "Cell" and grids and grids[-1].rows:
            grids[-1].put("".join(pieces), *spans)
        elif name == "Visible" and grids and "Hidden" in "".join(pieces):
            hidden.append(grids[-1].name)
        if name == collecting:
            collecting = ""

    def characters(data: str) -> None:
        if collecting:
            pieces.append(data)

    def refuse(*_: object) -> None:
        raise broken("（带有 DTD）")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1).encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise broken() from error
    return [(grid.name, grid.rows) for grid in grids if grid.name not in hidden], hidden
