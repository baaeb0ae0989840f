"""Automatic numbering: what Word prints in front of a paragraph and keeps out of its text (numbering.xml).

Owns the counters. A label is what a reader of the paper sees: 一、 （二） 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from mailer.content.readers.word.counting import counted
from mailer.content.readers.word.symbols import bullet
from mailer.content.readers.word.xml import Element, attribute, child, children, is_on, local, value_of

_LEVELS: Final = 9
_PLACE_RE: Final = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class Label:
    """``is_bullet``: a sign without number. ``apart``: Word leaves a space or tab before the text."""

    text: str
    is_bullet: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1
    suffix: str = "tab"
    legal: bool = False
    restart: int | None = None  # counts on until a level up to this one has come; None: any higher level
    font: str = ""

    @classmethod
    def read(cls, element: Element) -> _Level:
        restart = _number(value_of(element, "lvlRestart"), -1)
        fonts = child(element, "rPr", "rFonts")
        return cls(
            value_of(element, "numFmt") or _alternative_form(element),
            value_of(element, "lvlText") or "",
            _number(value_of(element, "start"), 1),
            value_of(element, "suff") or "tab",
            is_on(child(element, "isLgl")),
            None if restart < 0 else restart,
            attribute(fonts, "ascii") or attribute(fonts, "hAnsi") or "",
        )


def _alternative_form(level: Element) -> str:
    """NumFmt inside mc:AlternateContent, as Word writes formats newer than the standard."""
    fallback = child(level, "AlternateContent", "Fallback", "numFmt")
    return attribute(fallback, "val") or "decimal"


@dataclass(slots=True)
class _Counters:
    """The counters of one abstract list; several lists may count on in it."""

    values: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Numbering:
    """Gives each numbered paragraph its label, in the order of the document."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract: dict[str, str] = {}
        self._overrides: dict[str, dict[int, _Level]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counters: dict[str, _Counters] = {}
        self._started: set[str] = set()
        for element in root if root is not None else ():
            if local(element) == "abstractNum":
                levels = {_number(attribute(lvl, "ilvl"), 0): _Level.read(lvl) for lvl in children(element, "lvl")}
                self._levels[attribute(element, "abstractNumId") or ""] = levels
            elif local(element) == "num":
                self._read_num(element)

    def _read_num(self, element: Element) -> None:
        number = attribute(element, "numId") or ""
        self._abstract[number] = value_of(element, "abstractNumId") or ""
        for override in children(element, "lvlOverride"):
            level = _number(attribute(override, "ilvl"), 0)
            if (own := child(override, "lvl")) is not None:
                self._overrides.setdefault(number, {})[level] = _Level.read(own)
            if (start := value_of(override, "startOverride")) is not None:
                self._starts.setdefault(number, {})[level] = _number(start, 1)

    def label(self, number: str, level: int) -> Label | None:
        """The label of the next paragraph of list ``number`` (numId) on ``level``; None if it prints none."""
        abstract = self._abstract.get(number)
        if abstract is None or number == "0" or not 0 <= level < _LEVELS:
            return None
        levels = self._levels.get(abstract, {}) | self._overrides.get(number, {})
        mine = levels.get(level)
        if mine is None:
            return None
        counters = self._counters.setdefault(abstract, _Counters()).values
        if number not in self._started:
            self._started.add(number)
            for at, start in self._starts.get(number, {}).items():
                if 0 <= at < _LEVELS:
                    counters[at] = start - 1
        value = counters[level]
        counters[level] = mine.start if value is None else value + 1
        for below in range(level + 1, _LEVELS):
            until = levels[below].restart if below in levels else None
            if until is None or (until > 0 and level < until):
                counters[below] = None
        if mine.form == "bullet":
            return Label(bullet(mine.text, mine.font), is_bullet=True, apart=True)

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            one = levels.get(at, mine)
            current = counters[at]
            return counted(one.start if current is None else current, "decimal" if mine.legal else one.form)

        text = _PLACE_RE.sub(shown, mine.text)
        return Label(text, apart=mine.suffix != "nothing") if text else None


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(text) if text is not None and len(text) < 9 else otherwise
    except ValueError:
        return otherwise
