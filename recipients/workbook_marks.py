"""What a person sees in an .xlsx beside the text of its cells: crossed out, hidden, linked to a mail address.

Owns the parts of a workbook that say so (ECMA-376 part 1: 18.8.22 fonts, 18.8.10 cell formats, 18.3.1.47 hyperlinks). The
sheet's own marks are collected in the one pass of workbook_limits.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

_OFF = frozenset({"0", "false"})
_LINKS = 20_000  # of one sheet; more is no list of people
Start = Callable[[str, dict[str, str]], None]


@dataclass(slots=True)
class StruckStyles:
    """Feeds on xl/styles.xml; ``numbers`` are the cell formats (attribute s of a cell) whose font is struck through."""

    numbers: set[int] = field(default_factory=set)
    _fonts: list[bool] = field(default_factory=list)
    _formats: int = 0
    _where: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"fonts", "fills", "borders", "cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
            self._where = name
        elif self._where == "fonts" and name == "font":
            self._fonts.append(False)
        elif self._where == "fonts" and name == "strike" and self._fonts:
            self._fonts[-1] = attributes.get("val", "1") not in _OFF
        elif self._where == "cellXfs" and name == "xf":
            font = attributes.get("fontId", "0")
            if font.isdecimal() and int(font) < len(self._fonts) and self._fonts[int(font)]:
                self.numbers.add(self._formats)
            self._formats += 1


@dataclass(slots=True)
class MailLinks:
    """Feeds on a sheet's relations and its hyperlinks; ``found``: (row, column) from 0 -> the mail address linked to."""

    targets: dict[str, str] = field(default_factory=dict)
    found: dict[tuple[int, int], str] = field(default_factory=dict)

    def relation(self, name: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        if name == "Relationship" and target.lower().startswith("mailto:"):
            self.targets[attributes.get("Id", "")] = unquote(target[len("mailto:") :].partition("?")[0])

    def link(self, attributes: dict[str, str], place: tuple[int, int]) -> None:
        key = next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")
        if (target := self.targets.get(key)) and len(self.found) < _LINKS:
            self.found[place] = target


def relations_of(sheet: str) -> str:
    """xl/worksheets/sheet1.xml -> the part that holds its relations."""
    folder, name = posixpath.split(sheet)
    return f"{folder}/_rels/{name}.rels"
