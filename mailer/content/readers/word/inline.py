"""The inside of one paragraph: runs, breaks, tabs, fields, symbols, revisions, to pieces of text.

Reads as if every revision were accepted (insertions in, deletions out) and tells ``Marks`` of each. Text boxes, pictures
and notes are handed to the caller with the place where they hang.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mailer.content.issue import MarkKind
from mailer.content.readers.word.marks import Marks
from mailer.content.readers.word.styles import Look, Styles, run_look
from mailer.content.readers.word.symbols import symbol
from mailer.content.readers.word.xml import Element, attribute, child, local, value_of

BOLD: Final = 1
BLACK: Final = 2
_SKIPPED: Final = frozenset({
    "pPr", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr", "fldData", "proofErr", "permStart", "permEnd", "ctrlPr",
    "bookmarkStart", "bookmarkEnd", "instrText", "delInstrText", "rt", "rubyPr", "annotationRef", "lastRenderedPageBreak",
})  # fmt: skip
_FEEDS: Final = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-", "softHyphen": ""}
_LINE_SHAPES: Final = frozenset({"line", "straightConnector1"})
_PAGE_BREAKS: Final = frozenset({"page", "column"})


@dataclass(slots=True)
class Inline:
    """One paragraph. ``flags``: BOLD and BLACK, one byte a character. ``pages``: offsets where a page break stands."""

    texts: list[str] = field(default_factory=list)
    flags: bytearray = field(default_factory=bytearray)
    pages: list[int] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    pictures: list[Element] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    lines: int = 0
    merged_with_next: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def add(self, text: str, flag: int = 0) -> None:
        self.texts.append(text)
        self.flags.extend(bytes((flag,)) * len(text))


class InlineReader:
    """Reads paragraphs of one document. ``fields`` go on over paragraphs, so one reader serves the whole story."""

    def __init__(self, styles: Styles, marks: Marks) -> None:
        self._styles = styles
        self._marks = marks
        self._fields: list[bool] = []  # for each open field: whether its result has begun
        self._paragraph = 0

    def read(self, paragraph: Element, base: Look, number: int, into: Inline | None = None) -> Inline:
        """The content of a w:p. ``into``: the paragraph before it whose end mark was deleted."""
        out = into or Inline()
        self._paragraph = number
        properties = child(paragraph, "pPr")
        ends = child(properties, "rPr")
        for name, action in (("ins", "插入"), ("del", "删除"), ("moveFrom", "移走"), ("moveTo", "移来")):
            mark = child(ends, name)
            if mark is not None and (name == "del" or not any(local(one) == name for one in paragraph)):
                self._marks.add(MarkKind.REVISION, action, mark, number, "¶")
        out.merged_with_next = child(ends, "del") is not None or child(ends, "moveFrom") is not None
        self._marks.formats(properties, number)
        self._marks.formats(ends, number)
        self._children(paragraph, base, out, None)
        # a code ends with its paragraph: a field that was never finished must not swallow the rest of the file
        self._fields = [True] * len(self._fields)
        return out

    def _children(self, parent: Element, base: Look, out: Inline, revision: Element | None) -> None:
        for element in parent:
            self._element(element, base, out, revision)

    def _element(self, element: Element, base: Look, out: Inline, revision: Element | None) -> None:
        name = local(element)
        if name == "r":
            self._run(element, base, out, revision)
        elif name in {"ins", "moveTo"}:
            self._children(element, base, out, element)
        elif name in {"del", "moveFrom"}:
            words = "".join(text_of(element))
            self._marks.add(MarkKind.REVISION, "删除" if name == "del" else "移走", element, self._paragraph, words)
        elif name == "AlternateContent":
            chosen = child(element, "Choice")
            self._children(chosen if chosen is not None else element, base, out, revision)
        elif name == "hyperlink":
            begin = len(out.texts)
            self._children(element, base, out, revision)
            target = attribute(element, "id")
            if target:
                out.links.append((target, "".join(out.texts[begin:])))
        elif name in {"commentRangeStart", "commentReference"}:
            self._marks.comment_at(attribute(element, "id") or "", self._paragraph)
        elif name == "oMath":
            out.add("".join(text_of(element)))
        elif name not in _SKIPPED:
            self._children(element, base, out, revision)

    def _run(self, run: Element, base: Look, out: Inline, revision: Element | None) -> None:
        properties = child(run, "rPr")
        self._marks.formats(properties, self._paragraph)
        look = run_look(properties)
        if (style := value_of(properties, "rStyle")) is not None:
            look = look.over(self._styles.look(style))
        look = look.over(base)
        before = len(out.texts)
        flag = (BOLD if look.bold else 0) | (BLACK if look.black else 0)
        if look.hidden:
            words = "".join(text_of(run))
            if words.strip():
                self._marks.add(MarkKind.HIDDEN, "隐藏文字", None, self._paragraph, words)
            return
        for element in run:
            self._in_run(element, flag, base, out, revision)
        if revision is not None:
            action = "插入" if local(revision) == "ins" else "移来"
            self._marks.add(MarkKind.REVISION, action, revision, self._paragraph, "".join(out.texts[before:]))

    def _in_run(self, element: Element, flag: int, base: Look, out: Inline, revision: Element | None) -> None:
        name = local(element)
        if name == "fldChar":
            self._field(attribute(element, "fldCharType") or "")
        elif name in _SKIPPED or name == "rPr":
            return
        elif not all(self._fields):
            return  # the code of a field, not its result
        elif name == "t":
            out.add((element.text or "").replace("\r", "").replace("\n", " "), flag)
        elif name == "br" and attribute(element, "type") in _PAGE_BREAKS:
            out.pages.append(len(out.flags))
        elif name in _FEEDS:
            out.add(_FEEDS[name], flag)
        elif name == "sym":
            out.add(symbol(_code(attribute(element, "char")), attribute(element, "font") or ""), flag)
        elif name in {"drawing", "pict", "object"}:
            self._drawing(element, name, out)
        elif name in {"footnoteReference", "endnoteReference"}:
            out.notes.append((name.removesuffix("Reference"), attribute(element, "id") or ""))
        elif name == "commentReference":
            self._marks.comment_at(attribute(element, "id") or "", self._paragraph)
        elif name == "ruby":
            self._children(element, base, out, revision)
        elif name == "AlternateContent":
            chosen = child(element, "Choice")
            for one in chosen if chosen is not None else _fallback(element):
                self._in_run(one, flag, base, out, revision)
        elif name in {"delText", "delInstrText"}:
            return
        else:
            for one in element:
                self._in_run(one, flag, base, out, revision)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _drawing(self, element: Element, name: str, out: Inline) -> None:
        for one in _shapes(element):
            kind = local(one)
            if kind == "txbxContent":
                out.boxes.append(one)
            elif kind == "textpath":
                out.add(attribute(one, "string") or "", BOLD)
            elif kind in {"cxnSp", "line"} or (kind == "prstGeom" and attribute(one, "prst") in _LINE_SHAPES):
                out.lines += 1
            elif kind in {"pic", "imagedata"} and name != "object":
                out.pictures.append(one)
        if name == "object":
            out.objects.append(_program(element))


def _shapes(drawing: Element) -> Iterator[Element]:
    """The parts of a drawing that say something, not looking inside text boxes; of two versions the first one."""
    waiting = [drawing]
    while waiting:
        element = waiting.pop()
        name = local(element)
        if name == "AlternateContent":
            chosen = child(element, "Choice")
            waiting.extend(reversed(list(chosen if chosen is not None else _fallback(element))))
            continue
        yield element
        if name not in {"txbxContent", "pic"}:
            waiting.extend(reversed(list(element)))


def _fallback(element: Element) -> list[Element]:
    fallback = child(element, "Fallback")
    return list(fallback) if fallback is not None else []


def _program(element: Element) -> str:
    """What program an embedded object is of: Excel.Sheet.12."""
    return next((attribute(one, "ProgID") or "" for one in element.iter() if local(one) == "OLEObject"), "")


def text_of(element: Element) -> Iterator[str]:
    """All words below an element, deleted ones too."""
    for one in element.iter():
        name = local(one)
        if name in {"t", "delText"}:
            yield one.text or ""
        elif name in {"br", "cr", "tab"}:
            yield " "


def _code(char: str | None) -> int:
    try:
        return int(char or "", 16) if char and len(char) <= 6 else 0
    except ValueError:
        return 0
