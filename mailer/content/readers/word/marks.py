"""What a Word file says besides its text: revisions nobody accepted, comments, hidden words. Each with author and place.

Collects only. That each of them is a stop is decided by the pre-flight check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailer.content.issue import MarkKind, Place, WordMark
from mailer.content.readers.word.xml import Element, attribute, children, local

MAX_MARKS: Final = 200
_LONGEST: Final = 200
_FORMATS: Final = frozenset({
    "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tblGridChange", "numberingChange",
    "tblPrExChange",
})  # fmt: skip


@dataclass(slots=True)
class _Open:
    kind: MarkKind
    action: str
    author: str
    day: str
    paragraph: int
    place: Place
    text: str = ""


class Marks:
    """Gathers marks in reading order; what one author did to neighbouring runs of a paragraph is one mark."""

    def __init__(self) -> None:
        self._found: list[_Open] = []
        self._formats: dict[str, _Open] = {}
        self._comments: dict[str, Place] = {}
        self.left_out = 0

    def add(self, kind: MarkKind, action: str, source: Element | None, paragraph: int, text: str) -> None:
        """``source``: the element that carries author and date, None where Word keeps neither (hidden words)."""
        author = (attribute(source, "author") or "").strip()
        day = (attribute(source, "date") or "")[:10]
        last = self._found[-1] if self._found else None
        if last and (last.kind, last.action, last.author, last.paragraph) == (kind, action, author, paragraph):
            last.text = (last.text + text)[:_LONGEST]
        elif len(self._found) < MAX_MARKS:
            self._found.append(_Open(kind, action, author, day, paragraph, place_of(paragraph), text[:_LONGEST]))
        else:
            self.left_out += 1

    def formats(self, properties: Element | None, paragraph: int) -> None:
        """Counts changes of form only; one mark an author, since the words are the same before and after."""
        for one in properties if properties is not None else ():
            if local(one) in _FORMATS:
                author = (attribute(one, "author") or "").strip()
                place = place_of(paragraph)
                mark = _Open(
                    MarkKind.REVISION, "修改格式", author, (attribute(one, "date") or "")[:10], paragraph, place
                )
                self._formats.setdefault(author, mark)

    def comment_at(self, comment_id: str, paragraph: int) -> None:
        self._comments.setdefault(comment_id, place_of(paragraph))

    def result(self, comments: Element | None) -> tuple[WordMark, ...]:
        """All marks; ``comments`` is the part that holds their words."""
        found = [*self._found, *self._formats.values()]
        marks = [WordMark(one.kind, one.action, one.author, one.day, one.text.strip(), one.place) for one in found]
        for one in children(comments, "comment") if comments is not None else ():
            if len(marks) >= MAX_MARKS:
                self.left_out += 1
                continue
            text = "".join(part.text or "" for part in one.iter() if local(part) == "t")
            place = self._comments.get(attribute(one, "id") or "", Place(note="批注"))
            author, day = (attribute(one, "author") or "").strip(), (attribute(one, "date") or "")[:10]
            marks.append(WordMark(MarkKind.COMMENT, "批注", author, day, text.strip()[:_LONGEST], place))
        if self.left_out:
            marks.append(
                WordMark(MarkKind.REVISION, f"另有 {self.left_out} 处没有逐一列出的修订或批注", "", "", "", Place())
            )
        return tuple(marks)


def place_of(paragraph: int) -> Place:
    return Place(note=f"第 {paragraph} 段")
