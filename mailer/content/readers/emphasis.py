"""Text with its bold parts, and the reading of Markdown's emphasis marks.

Only the marks go; every other character stays where it is. HTML is literal text. One pass, no backtracking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# white space and the invisible characters that word processors leave at the ends of lines
BLANKS: Final = " \t\u3000\u00a0\u2002\u2003\u2009\u202f\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"

_MARK_RE: Final = re.compile(r"\\[!-/:-@\[-`{-~]|\*+|_+")


@dataclass(frozen=True, slots=True)
class Rich:
    """A text and, character by character, whether it is bold (1) or not (0)."""

    text: str
    bold: bytes

    @classmethod
    def plain(cls, text: str) -> Rich:
        return cls(text, bytes(len(text)))

    def __len__(self) -> int:
        return len(self.text)

    def cut(self, start: int, end: int | None = None) -> Rich:
        return Rich(self.text[start:end], self.bold[start:end])

    def strip(self) -> Rich:
        start = len(self.text) - len(self.text.lstrip(BLANKS))
        return self.cut(start, max(start, len(self.text.rstrip(BLANKS))))

    @property
    def all_bold(self) -> bool:
        """Whether there is something to see and all of it is bold."""
        return bool(self.text) and (
            0 not in self.bold or all(b or sign in BLANKS for sign, b in zip(self.text, self.bold, strict=True))
        )

    def bold_end(self, start: int) -> int:
        """The end of the bold run that begins at ``start``; ``start`` itself if it is not bold there."""
        if start >= len(self.bold) or not self.bold[start]:
            return start
        end = self.bold.find(0, start)
        return len(self.bold) if end < 0 else end


def join(parts: list[Rich]) -> Rich:
    return Rich("".join(part.text for part in parts), b"".join(part.bold for part in parts))


def bold_marks(text: str) -> int:
    """How many bold marks ``**`` a line has: an odd number means that a bold run goes on in another line."""
    return sum(1 for match in _MARK_RE.finditer(text) if match[0] in {"**", "***"}) if "**" in text else 0


def parse(text: str, *, escapes: bool, opened: bool = False, goes_on: bool = False) -> Rich:
    """Takes the marks of bold and italic out of one line.

    ``escapes``: a backslash before punctuation is a mark too (Markdown, not plain text). ``opened``: the line begins
    inside a bold run; ``goes_on``: it ends inside one (both happen at a page break).
    """
    if not opened and "*" not in text and "_" not in text and "\\" not in text:
        return Rich.plain(text)
    marks = list(_MARK_RE.finditer(text))
    gone = _italic(text, [m for m in marks if m[0] == "*"]) | _italic(text, [m for m in marks if m[0] == "_"])
    toggles = _bold(text, [m for m in marks if m[0] in {"**", "***"}], closed=not (opened ^ goes_on))
    toggles |= _bold(text, [m for m in marks if m[0] == "__" and _at_word_edge(text, m)], closed=True, only_pairs=True)
    out: list[str] = []
    flags = bytearray()
    bold, at = opened, 0

    def keep(piece: str) -> None:
        out.append(piece)
        flags.extend((b"\1" if bold else b"\0") * len(piece))

    for mark in marks:
        keep(text[at : mark.start()])
        at = mark.end()
        if mark[0][0] == "\\":
            keep(mark[0][1] if escapes else mark[0])
        elif mark.start() in toggles:
            bold ^= toggles[mark.start()]
        elif mark[0] == "****" and bold:
            pass  # two bold runs side by side, as converters write them: **甲****乙**
        elif mark.start() not in gone:
            keep(mark[0])
    keep(text[at:])
    return Rich("".join(out), bytes(flags))


def _bold(text: str, marks: list[re.Match[str]], *, closed: bool, only_pairs: bool = False) -> dict[int, bool]:
    """Start of each bold mark -> whether it turns bold on or off. A mark without partner is dropped at an end only."""
    toggles = {mark.start(): True for mark in marks}
    if closed and len(marks) % 2:
        alone = marks[-1]
        del toggles[alone.start()]
        at_an_end = not text[: alone.start()].strip(BLANKS) or not text[alone.end() :].strip(BLANKS)
        if at_an_end and not only_pairs:
            toggles[alone.start()] = False
    return toggles


def _italic(text: str, marks: list[re.Match[str]]) -> set[int]:
    """Starts of the single marks that stand in pairs around a word; 3*5*7, a_b and a lone star are text."""
    gone: set[int] = set()
    opener: re.Match[str] | None = None
    for mark in marks:
        before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
        if (before.isdigit() and after.isdigit()) or (mark[0] == "_" and not _at_word_edge(text, mark)):
            continue
        if opener is not None and before.strip():
            gone |= {opener.start(), mark.start()}
            opener = None
        elif after.strip():
            opener = mark
    return gone


def _at_word_edge(text: str, mark: re.Match[str]) -> bool:
    around = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    return not all(sign.isascii() and sign.isalnum() for sign in around)
