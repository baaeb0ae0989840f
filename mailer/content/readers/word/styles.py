"""What a paragraph or a run inherits from its style: outline level, numbering, indent, bold, hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from mailer.content.readers.word.xml import Element, attribute, child, children, is_on, value_of

_LONGEST_CHAIN: Final = 30
_HEADING_RE: Final = re.compile(r"(?:heading|标题) ?([1-9])", re.IGNORECASE)
_TITLE_NAMES: Final = frozenset({"title", "标题", "文档标题"})
_BLACK_FONTS: Final = ("黑体", "SimHei", "STHeiti", "Heiti")
_NO_OUTLINE: Final = 9


@dataclass(frozen=True, slots=True)
class Look:
    """What is known so far; None: nothing was said. ``black``: set in 黑体, the office's other way to be bold."""

    heading: int | None = None
    number: tuple[str, int] | None = None
    indent: int | None = None
    bold: bool | None = None
    black: bool | None = None
    hidden: bool | None = None
    page_before: bool | None = None

    def over(self, below: Look) -> Look:
        """What is said here, and for the rest what is said ``below``."""
        return Look(
            _first(self.heading, below.heading),
            _first(self.number, below.number),
            _first(self.indent, below.indent),
            _first(self.bold, below.bold),
            _first(self.black, below.black),
            _first(self.hidden, below.hidden),
            _first(self.page_before, below.page_before),
        )


T = TypeVar("T")


def _first(mine: T | None, theirs: T | None) -> T | None:
    return theirs if mine is None else mine


def paragraph_look(properties: Element | None) -> Look:
    """The direct properties of a w:pPr."""
    if properties is None:
        return Look()
    outline = value_of(properties, "outlineLvl")
    heading = None
    if outline is not None and outline.isdigit() and len(outline) == 1:
        heading = 0 if int(outline) == _NO_OUTLINE else int(outline) + 1
    number = None
    if (listed := child(properties, "numPr")) is not None:
        level = value_of(listed, "ilvl") or "0"
        # a style may leave the number out that its paragraphs give, and the other way round
        number = (value_of(listed, "numId") or "", int(level) if level.isdigit() and len(level) < 3 else 0)
    page = child(properties, "pageBreakBefore")
    return Look(
        heading, number, _indent(child(properties, "ind")), page_before=is_on(page) if page is not None else None
    )


def run_look(properties: Element | None) -> Look:
    """The direct properties of a w:rPr."""
    if properties is None:
        return Look()
    bold, hidden = child(properties, "b"), child(properties, "vanish")
    fonts = child(properties, "rFonts")
    font = attribute(fonts, "eastAsia")
    return Look(
        bold=is_on(bold) if bold is not None else None,
        black=font.startswith(_BLACK_FONTS) if font else None,
        hidden=is_on(hidden) if hidden is not None else None,
    )


def _indent(element: Element | None) -> int | None:
    """Columns of the first line: an indent of a character or more is the two columns of a Chinese paragraph."""
    for name, least in (("firstLineChars", 100), ("firstLine", 200)):
        amount = attribute(element, name)
        if amount is not None and amount.lstrip("-").isdigit() and len(amount) < 9:
            return 2 if int(amount) >= least else 0
    return None


class Styles:
    """The styles of a document by their id."""

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._looks: dict[str, Look] = {}
        self._default: str | None = None
        for style in children(root, "style") if root is not None else ():
            name = attribute(style, "styleId") or ""
            self._elements[name] = style
            if attribute(style, "type") == "paragraph" and attribute(style, "default") in {"1", "true", "on"}:
                self._default = name

    def look(self, name: str | None) -> Look:
        """All that a style says, with what it is based on. ``None``: the default style of paragraphs."""
        name = self._default if name is None else name
        if name is None:
            return Look()
        if name not in self._looks:
            self._looks[name] = self._read(name)
        return self._looks[name]

    def _read(self, name: str) -> Look:
        found = Look()
        seen: set[str] = set()
        current: str | None = name
        while current is not None and current not in seen and len(seen) < _LONGEST_CHAIN:
            seen.add(current)
            style = self._elements.get(current)
            if style is None:
                break
            found = found.over(self._own(style))
            current = value_of(style, "basedOn")
        return found

    def _own(self, style: Element) -> Look:
        paragraph = paragraph_look(child(style, "pPr"))
        look = run_look(child(style, "rPr")).over(paragraph)
        name = (value_of(style, "name") or "").strip()
        if match := _HEADING_RE.fullmatch(name):
            return replace(look, heading=int(match[1]))
        return replace(look, heading=1) if name.lower() in _TITLE_NAMES else look
