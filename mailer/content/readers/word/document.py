"""The stories of a Word file (body, headers, footers) to content lines, in the order in which a reader meets them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from mailer.content.issue import MarkKind, NotAnIssueError, Place, Unrecognised
from mailer.content.readers import foot, labels, lexicon
from mailer.content.readers.emphasis import BLANKS, Rich
from mailer.content.readers.lines import MAX_LINE_CHARACTERS, MAX_LINES, Gap, Line, furniture, too_many_lines, with_sign
from mailer.content.readers.word import tables
from mailer.content.readers.word.inline import BLACK, BOLD, Inline, InlineReader
from mailer.content.readers.word.marks import Marks
from mailer.content.readers.word.numbering import Label, Numbering
from mailer.content.readers.word.package import Package
from mailer.content.readers.word.styles import Look, Styles, paragraph_look
from mailer.content.readers.word.xml import Element, attribute, child, children, local, value_of

MAX_ASIDE: Final = 100
_SKIPPED: Final = frozenset(
    {"sectPr", "sdtPr", "sdtEndPr", "tblPr", "tblGrid", "customXmlPr", "bookmarkStart", "bookmarkEnd"}
)
_Y_RE: Final = re.compile(r"margin-top: ?(-?[0-9]{1,6}(?:\.[0-9]{1,6})?)")
_TO_BLACK: Final = bytes(1 if flag else 0 for flag in range(256))
_TO_BOLD: Final = bytes(flag & BOLD for flag in range(256))
_PICTURE_NAMES: Final = ("descr", "title", "name")


@dataclass(slots=True)
class _Border:
    """The borders of the paragraph above: paragraphs with the same borders share one frame."""

    shape: tuple[str, ...] = ()


class DocumentReader:
    """Reads stories one after the other; numbering, fields and marks go on through the whole file."""

    def __init__(self, package: Package) -> None:
        self.aside: list[Unrecognised] = []
        self.marks = Marks()
        self._package = package
        self._styles = Styles(package.related("styles"))
        self._numbering = Numbering(package.related("numbering"))
        self._inline = InlineReader(self._styles, self.marks)
        self._notes = {kind: package.related(f"{kind}s") for kind in ("footnote", "endnote")}
        self._lines: list[Line] = []
        self._gap = Gap.NONE
        self._border = _Border()
        self._open: tuple[Inline, Look, Label | None] | None = None
        self._count = 0
        self._left_out = 0
        self._in_cell = 0
        self._part = package.main

    def story(self, root: Element, part: str) -> list[Line]:
        """The lines of one part; bold still as flags of ``inline``."""
        self._part = part
        self._lines, self._gap, self._border = [], Gap.NONE, _Border()
        self._blocks(root)
        self._flush()
        return self._lines

    def finish(self) -> None:
        if self._left_out:
            self.aside.append(Unrecognised(f"另有 {self._left_out} 处图片、脚注或链接没有逐一列出", Place()))

    def _blocks(self, parent: Element) -> None:
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._flush()
                self._table(element)
            elif name == "altChunk":
                self._flush()
                self._set_aside("嵌入的另一份文件，内容没有读取", "嵌入文件")
            elif name == "AlternateContent":
                chosen = child(element, "Choice")
                self._blocks(chosen if chosen is not None else element)
            elif name in {"del", "moveFrom"}:
                continue  # at this level they hold no words of their own
            elif name not in _SKIPPED:
                self._blocks(element)

    def _paragraph(self, element: Element) -> None:
        properties = child(element, "pPr")
        look = paragraph_look(properties)
        style = self._styles.look(value_of(properties, "pStyle"))
        look = _with_number_of(look, style).over(style)
        into, first = (self._open[0], self._open) if self._open else (None, None)
        inline = self._inline.read(element, look, self._count + 1, into)
        label = first[2] if first else self._label(look)
        self._open = None
        if inline.merged_with_next:
            self._open = (inline, first[1] if first else look, label)
            return
        self._place(inline, first[1] if first else look, label, _border_of(properties))
        if child(properties, "sectPr") is not None and value_of(properties, "sectPr", "type") != "continuous":
            self._gap |= Gap.PAGE

    def _flush(self) -> None:
        """The last paragraph of a story or cell, whose deleted end mark has nothing to merge with."""
        if self._open is not None:
            inline, look, label = self._open
            self._open = None
            self._place(inline, look, label, ())

    def _label(self, look: Look) -> Label | None:
        return self._numbering.label(*look.number) if look.number else None

    def _place(self, inline: Inline, look: Look, label: Label | None, border: tuple[str, ...]) -> None:
        text = inline.text
        beside = "。" in text  # a box anchored in running text stands beside it and is no part of it
        for box in sorted(inline.boxes, key=_height):
            (outer, gap), open_now, self._open = (self._lines, self._gap), self._open, None
            self._lines = [] if beside else outer
            self._blocks(box)
            self._flush()
            self._open = open_now
            if beside:
                self._set_aside("\n".join(line.full_text for line in self._lines), "文本框")
                self._lines, self._gap = outer, gap
            else:
                self._gap |= Gap.BLANK
        self._rules(border)
        if not text.strip(BLANKS + "\n"):
            self._gap |= Gap.BLANK | (Gap.PAGE if inline.pages or look.page_before else Gap.NONE)
            self._gap |= Gap.RULE if inline.lines else Gap.NONE
        else:
            self._count += 1
            self._text(inline, text, look, label)
        self._hanging(inline)

    def _rules(self, border: tuple[str, ...]) -> None:
        above, self._border = self._border.shape, _Border(border)
        if border != above and ("bottom" in above or "top" in border):
            self._gap |= Gap.RULE

    def _text(self, inline: Inline, text: str, look: Look, label: Label | None) -> None:
        self._gap |= Gap.BLANK | (Gap.PAGE if look.page_before else Gap.NONE)
        rich = Rich(text, bytes(inline.flags))
        offsets = [0, *(at + 1 for at, sign in enumerate(text) if sign == "\n")]
        cuts = sorted({*offsets, *_dividing(text, inline.pages)})
        pages = set(inline.pages)
        for nth, (start, end) in enumerate(pairwise([*cuts, len(text)])):
            if any(page in pages for page in (start, start - 1)) or (nth == 0 and _leading(text, pages)):
                self._gap |= Gap.PAGE
            piece = rich.cut(start, end)
            bare = Rich(piece.text.rstrip("\n"), piece.bold[: len(piece.text.rstrip("\n"))])
            self._line(bare, look, label if nth == 0 else None)
            if nth == 0:
                look = replace(look, indent=0)
        if any(not text[page:].strip(BLANKS + "\n") for page in inline.pages):
            self._gap |= Gap.PAGE

    def _line(self, rich: Rich, look: Look, label: Label | None) -> None:
        indent = look.indent or 0
        if (not indent and rich.text[:1] in {"\u3000", "\t"}) or rich.text[:2] == "  ":
            indent = 2
        body = rich.strip()
        if not body.text:
            self._gap |= Gap.BLANK
            return
        if label is None and (kind := furniture(body.text) or self._page_number(body.text)):
            self._gap |= kind
            return
        marker = ""
        if label is not None and label.is_bullet:
            marker = label.text
        elif label is not None:
            apart = " " if label.apart and label.text[-1:] == "." and body.text[0].isdigit() else ""
            front = label.text + apart
            body = Rich(front + body.text, body.bold[:1] * len(front) + body.bold)
        if len(body) > MAX_LINE_CHARACTERS:
            raise NotAnIssueError(
                "line_too_long",
                f"第 {self._count} 段有 {len(body):,} 个字，超过 {MAX_LINE_CHARACTERS:,} 字的上限，不像一段正文。",
                "请确认文件分了段落后再试。",
                Place(self._count),
            )
        line = Line(self._count, body, self._gap, indent, look.heading or 0, marker)
        made = [line] if marker else with_sign(line)
        self._lines.extend(made)
        if made:
            self._gap = Gap.NONE
        if len(self._lines) > MAX_LINES:
            raise too_many_lines()

    def _page_number(self, text: str) -> Gap:
        """PAGE for digits alone that interrupt a sentence, as they are left over from a scan or a PDF; not in a table."""
        alone = len(text) <= 3 and text.isascii() and text.isdigit() and not self._in_cell
        return Gap.PAGE if alone and self._lines and not labels.ends_sentence(self._lines[-1].text) else Gap.NONE

    def _table(self, table: Element) -> None:
        outer, self._lines = self._lines, []
        gap, self._gap = self._gap | Gap.BLANK, Gap.NONE
        rows = [self._row(row) for row in _inside(table, "tr") if not self._row_deleted(row)]
        made = tables.lines_of(rows)
        if made:
            made[0] = replace(made[0], gap=gap)
            self._gap = Gap.BLANK
        else:
            self._gap |= gap | Gap.BLANK
        self._lines = outer + made
        self._border = _Border()

    def _row_deleted(self, row: Element) -> bool:
        properties = child(row, "trPr")
        for name, action in (("ins", "插入表格行"), ("del", "删除表格行")):
            if (mark := child(properties, name)) is not None:
                self.marks.add(MarkKind.REVISION, action, mark, self._count + 1, "")
        return child(properties, "del") is not None

    def _row(self, row: Element) -> list[list[Line]]:
        cells: list[list[Line]] = []
        for cell in _inside(row, "tc"):
            self._lines, self._gap, self._border = [], Gap.NONE, _Border()
            properties = child(cell, "tcPr")
            deleted = child(properties, "cellDel")
            if deleted is not None:
                self.marks.add(MarkKind.REVISION, "删除单元格", deleted, self._count + 1, "")
                continue
            self._in_cell += 1
            self._blocks(cell)
            self._flush()
            self._in_cell -= 1
            cells.append(self._lines)
        return cells

    def _hanging(self, inline: Inline) -> None:
        """Pictures, objects, notes and the addresses of links: kept in sight, not part of the text."""
        for picture in inline.pictures:
            self._set_aside(self._picture_name(picture), "图片")
        for program in inline.objects:
            self._set_aside(program or "嵌入对象", "嵌入对象")
        for kind, note_id in inline.notes:
            root = self._notes[kind]
            for note in children(root, kind) if root is not None else ():
                if attribute(note, "id") == note_id:
                    words = "".join(one.text or "" for one in note.iter() if local(one) == "t").strip()
                    self._set_aside(words, "脚注" if kind == "footnote" else "尾注")
        for relation_id, words in inline.links:
            relation = self._package.relation(self._part, relation_id)
            target = relation.target if relation else ""
            if (
                relation
                and relation.external
                and not target.lower().startswith(("mailto:", "tel:"))
                and target != words.strip()
            ):
                self._set_aside(f"{words.strip()}（{target[:300]}）", "链接")

    def _picture_name(self, picture: Element) -> str:
        described = next((one for one in picture.iter() if local(one) in {"cNvPr", "imagedata"}), None)
        name = next(filter(None, (attribute(described, key) for key in _PICTURE_NAMES)), "")
        blip = next((one for one in picture.iter() if local(one) in {"blip", "imagedata"}), None)
        relation = self._package.relation(self._part, attribute(blip, "embed") or attribute(blip, "id"))
        size = self._package.size_of(relation.target) if relation else 0
        return f"{name[:80] or '图片'}（{size / 1024:.0f} KB）" if size else name[:80] or "图片"

    def _set_aside(self, words: str, note: str) -> None:
        if not words:
            return
        if len(self.aside) < MAX_ASIDE:
            self.aside.append(Unrecognised(words, Place(max(self._count, 1), note)))
        else:
            self._left_out += 1


def settle_bold(lines: list[Line]) -> list[Line]:
    """Flags to bold or not. 黑体 counts as bold where it stands out, not where the whole text is set in it."""
    total = sum(len(line.rich) for line in lines)
    black = sum(sum(1 for flag in line.rich.bold if flag & BLACK) for line in lines)
    table = _TO_BLACK if black * 3 < total else _TO_BOLD
    return [replace(line, rich=Rich(line.text, line.rich.bold.translate(table))) for line in lines]


def _with_number_of(look: Look, style: Look) -> Look:
    """A paragraph may give only the level and leave the list to its style."""
    if look.number and not look.number[0] and style.number:
        return replace(look, number=(style.number[0], look.number[1]))
    return look


def _dividing(text: str, pages: list[int]) -> list[int]:
    """The page breaks inside a paragraph that divide it: another part begins after a finished sentence."""
    found: list[int] = []
    begun = 0
    for page in pages:
        above, below = text[begun:page].strip(BLANKS + "\n"), text[page:].split("\n", 1)[0].strip(BLANKS)
        if not above or not below or not labels.ends_sentence(above):
            continue
        line = Line(0, Rich.plain(below[:200]))
        if labels.bracketed(line.rich) is not None or foot.kind_of(line) or lexicon.level_mark(below):
            found.append(page)
            begun = page
    return found


def _leading(text: str, pages: set[int]) -> bool:
    return any(not text[:page].strip(BLANKS + "\n") for page in pages)


def _inside(parent: Element, name: str) -> list[Element]:
    """Rows or cells, also those inside content controls; not those of a table inside."""
    found: list[Element] = []
    waiting = list(reversed(list(parent)))
    while waiting:
        one = waiting.pop()
        if local(one) == name:
            found.append(one)
        elif local(one) in {"sdt", "sdtContent", "customXml", "ins", "moveTo"}:
            waiting.extend(reversed(list(one)))
    return found


def _border_of(properties: Element | None) -> tuple[str, ...]:
    border = child(properties, "pBdr")
    return (
        tuple(local(one) for one in border if attribute(one, "val") not in {None, "none", "nil"})
        if border is not None
        else ()
    )


def _height(box: Element) -> float:
    """How far down a text box stands below its anchor, in points; 0 where the file does not say."""
    down = 0.0
    parent = box.getparent()
    while parent is not None and local(parent) not in {"drawing", "pict", "p"}:
        name = local(parent)
        if name == "anchor":
            offset = child(parent, "positionV", "posOffset")
            down += _length(offset.text if offset is not None else None)
        elif name == "wsp":
            down += _length(attribute(child(parent, "spPr", "xfrm", "off"), "y")) if _grouped(parent) else 0.0
        elif name in {"shape", "rect"} and (match := _Y_RE.search((attribute(parent, "style") or "")[:2000])):
            down += float(match[1])
        parent = parent.getparent()
    return down


def _grouped(shape: Element) -> bool:
    parent = shape.getparent()
    return parent is not None and local(parent) in {"wgp", "grpSp"}


def _length(text: str | None) -> float:
    """English Metric Units, 12,700 to a point."""
    text = (text or "").strip()
    return int(text) / 12_700 if text.lstrip("-").isdigit() and len(text) < 12 else 0.0
