"""Lines to paragraphs: wrapped lines and paragraphs cut by a page break become whole again, nothing is put between.

Owns the question «does the sentence go on?». Knows marks and shapes, not the parts of a bulletin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

from mailer.content.readers import emphasis, labels, lexicon
from mailer.content.readers.emphasis import Rich
from mailer.content.readers.lines import Gap, Line

LONGEST_TITLE: Final = 50
_LONGEST_TITLE_WITH_COMMA: Final = 34
_FULL_PAGE: Final = 56  # columns; no page of 28 signs a line (GB/T 9704) is narrower
_PAIRS: Final = ("（）", "()", "“”", "《》", "【】", "「」", "『』", "〔〕")
_LEADER_RE: Final = re.compile(r"(?:[…·.．。_—-]{2,}|[ 　\t]{2,})[ 　]*[(（]?[0-9０-９]{1,3}[)）]?$")
_UNFINISHED: Final = "，、,（(“‘《〈「『【〔—-"
_ANEW: Final = "近日|近期|日前|本周|本月|今年|今天|[0-9０-９]{1,4}[日月年]|[一二三四五六七八九十]月"
# no paragraph begins like this, so the one above has been cut
_NEVER_FIRST_RE: Final = re.compile(r"[的们]|等[，。、]|[，。、；：）”》！？]")
_QUOTED_RE: Final = re.compile("[”。！？]——[^，。；：！？]{2,16}$")  # “……”——who said so
_DIALOGUE_RE: Final = re.compile("[问答QA][:：]")
_BEGINS_ANEW_RE: Final = re.compile(_ANEW)
_BEGINS_TEXT_RE: Final = re.compile(
    _ANEW + "|会议|活动|会上|会后|同时|此外|下一步|目前|截至|截止|据|根据|按照|围绕|针对|通过|为|自|在"
)


class Open(IntEnum):
    """How surely a paragraph is not finished."""

    NO = 0
    PERHAPS = 1  # short and without punctuation: it may as well be a title
    LIKELY = 2  # running text that stops without the end of a sentence
    SURELY = 3  # stops at a comma or inside brackets or quotation marks


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. ``gap``: what lies before it; ``single``: it was one line of the file."""

    line: int
    rich: Rich
    gap: Gap = Gap.NONE
    indent: int = 0
    heading: int = 0
    marker: str = ""
    underline: str = ""
    single: bool = True

    @property
    def text(self) -> str:
        return self.rich.text


def paragraphs_of(lines: list[Line]) -> list[Paragraph]:
    """Whole paragraphs in the order of the file."""
    out: list[Paragraph] = []
    at = 0
    while at < len(lines):
        block_end = at + 1
        while block_end < len(lines) and lines[block_end].gap == Gap.NONE:
            block_end += 1
        wrap = _Wrap.of(lines[at:block_end])
        while at < block_end:
            parts = [lines[at]]
            while True:
                after = at + len(parts)
                if after >= len(lines) or not _goes_on(parts, lines, after, wrap):
                    break
                if after >= block_end:  # over a gap: the new block has its own width
                    block_end = after + 1
                    while block_end < len(lines) and lines[block_end].gap == Gap.NONE:
                        block_end += 1
                    wrap = _Wrap.of(lines[after:block_end])
                parts.append(lines[after])
            out.append(_paragraph(parts))
            at += len(parts)
    return out


def _paragraph(parts: list[Line]) -> Paragraph:
    first = parts[0]
    rich = first.rich if len(parts) == 1 else emphasis.join(_with_spaces(parts))
    return Paragraph(
        first.number, rich, first.gap, first.indent, first.heading, first.marker, parts[-1].underline, len(parts) == 1
    )


def _with_spaces(parts: list[Line]) -> list[Rich]:
    """Chinese text joins without a space; two Latin words that were on two lines need one."""
    out = [parts[0].rich]
    for above, line in pairwise(parts):
        ends, begins = above.text[-1:], line.text[:1]
        if line.gap == Gap.NONE and ends.isascii() and ends.isalpha() and begins.isascii() and begins.isalpha():
            out.append(Rich.plain(" "))
        out.append(line.rich)
    return out


@dataclass(frozen=True, slots=True)
class _Wrap:
    """The column at which the lines of a block were broken, 0 where each line is a paragraph of its own."""

    width: int

    @classmethod
    def of(cls, block: list[Line]) -> _Wrap:
        if len(block) < 2:
            return cls(0)
        widths = [_width(line) for line in block]
        widest = max(widths)
        broken = any(
            width >= widest - 4 and not labels.ends_sentence(line.text)
            for width, line in zip(widths[:-1], block, strict=False)
        )
        return cls(widest if broken and widest >= 24 else 0)

    def full(self, line: Line) -> bool:
        return self.width > 0 and _width(line) >= self.width - 4


def _width(line: Line) -> int:
    return line.indent + sum(1 if ord(sign) < 0x2000 else 2 for sign in line.text[:400])


def _goes_on(parts: list[Line], lines: list[Line], after: int, wrap: _Wrap) -> bool:
    above, below = parts[-1], lines[after]
    if above.heading or below.heading or _stands_alone(above) or _stands_alone(below) or below.marker:
        return False
    if below.gap == Gap.NONE:
        return _wrapped(parts, below, wrap)
    openness = _openness(parts)
    if above.text[-1].isdigit() and below.text[0].isdigit():
        openness = max(openness, Open.LIKELY)  # no sentence divides a number
    if openness is Open.PERHAPS and _NEVER_FIRST_RE.match(below.text):
        openness = Open.LIKELY
    if openness is Open.PERHAPS and _below_title(lines, after - len(parts), below):
        openness = Open.LIKELY
    if openness is Open.LIKELY and below.gap == Gap.BLANK and len(parts) == 1 and _labelled_title(above):
        openness = Open.PERHAPS
    if below.gap & Gap.PAGE and _closes_what_is_open(above.text, below.text):
        return True
    if openness is Open.SURELY:
        return not (above.rich.all_bold and lexicon.level_mark(below.text) and below.indent >= 2)
    if openness is Open.NO or _begins_part(below, bold_above=above.rich.bold[-1:] == b"\1"):
        return False
    if openness is Open.LIKELY:
        return not (below.indent >= 2 and parts[0].indent >= 2 and not below.gap & Gap.PAGE)
    # a short line without punctuation may be a title; but titles are kept off the foot of a page
    return bool(below.gap & Gap.PAGE) and not above.rich.all_bold and not _BEGINS_ANEW_RE.match(below.text)


def _labelled_title(line: Line) -> bool:
    """Whether a line is a bold unit and a title (**永兴镇：** “工坊”带动增收): briefs go on with a verb or a day."""
    briefs = labels.split_briefs(line.rich, briefs=False)
    rest = briefs[0].text.text
    begins = _BEGINS_TEXT_RE.match(rest) or lexicon.begins_with_verb(rest)
    return len(briefs) == 1 and bool(briefs[0].units) and title_like(rest) and "，" not in rest and not begins


def _below_title(lines: list[Line], at: int, below: Line) -> bool:
    """Whether the short line at ``at`` is the beginning of the text, since its title has just been: no second title."""
    text, above = lines[at].text, lines[at - 1] if at else None
    if above is None or labels.bracketed(above.rich) is not None or not ("，" in text or len(text) > 16):
        return False
    titled = above.heading or above.rich.all_bold or title_like(above.text)
    return bool(titled) and labels.ends_sentence(below.text) and not _BEGINS_ANEW_RE.match(below.text)


def _wrapped(parts: list[Line], below: Line, wrap: _Wrap) -> bool:
    above = parts[-1]
    if len(parts) == 1 and title_like(above.text) and (below.text.startswith("——") or labels.names_author(below.text)):
        return False  # a subtitle, or who wrote it
    openness = _openness(parts)
    if openness is Open.SURELY:
        return True
    if _begins_part(below) or (below.indent >= 2 and below.indent > above.indent):
        return False
    if openness is Open.NO:
        if above.text[-1] in "；;" and parts[0].indent >= 2 and below.indent == 0 and _width(above) >= _FULL_PAGE:
            return True  # the lines begin at the margin and the paragraphs do not
        indented = parts[0].indent >= 2 and below.indent == 0 and not title_like(below.text)
        return (wrap.full(above) or (indented and wrap.width > 0)) and not title_like(below.text)
    if openness is Open.LIKELY:
        return True
    return wrap.full(above) and (
        len(parts) > 1 or _width(below) < _width(above) or bool(_BEGINS_TEXT_RE.match(above.text))
    )


def _openness(parts: list[Line]) -> Open:
    last = parts[-1].text
    if _LEADER_RE.search(last[-40:]) or _QUOTED_RE.search(last[-40:]):
        return Open.NO
    if not labels.ends_sentence(last):
        if last[-1] in _UNFINISHED or (len(last) > 1 and _depth(last)):
            return Open.SURELY
        long = len(parts) > 1 or len(last) > LONGEST_TITLE or re.search(r"[。；！？]", last)
        commas = 0 if parts[-1].rich.all_bold else last.count("，")
        mixed = 0 < parts[0].rich.bold_end(0) < len(parts[0].rich)
        running = len(last) > _LONGEST_TITLE_WITH_COMMA or _BEGINS_TEXT_RE.match(last) or _labelled(last)
        return Open.LIKELY if long or mixed or commas > 1 or (commas and running) else Open.PERHAPS
    return Open.NO


def _depth(text: str) -> bool:
    """Whether a bracket or quotation mark that was opened is not closed."""
    return any(text.count(pair[0]) > text.count(pair[1]) for pair in _PAIRS)


def _closes_what_is_open(above: str, below: str) -> bool:
    for opening, closing in _PAIRS:
        if above.count(opening) > above.count(closing):
            close, reopen = below.find(closing), below.find(opening)
            if close >= 0 and (reopen < 0 or close < reopen):
                return True
    return False


def _stands_alone(line: Line) -> bool:
    text = line.text
    if text[0] == "|" or labels.bracketed(line.rich) is not None:
        return True
    return text[0] in "（(" and text[-1] in "）)" and len(text) <= 80 and labels.split_byline(text)[1] is not None


def _begins_part(line: Line, *, bold_above: bool = False) -> bool:
    """Whether a line begins like a new part: bracket, bold, numbered level, unit label, 附件."""
    text = line.text
    if text[0] in "【〖◆■" or lexicon.level_mark(text) or (line.rich.bold_end(0) > 0 and not bold_above):
        return True
    return _labelled(text) or text.startswith(("附件", "附：", "编者按"))


def _labelled(text: str) -> bool:
    head = re.match(r"[^：:，。；]{1,40}[：:]", text)
    return bool(head and lexicon.units_of(head[0][:-1]))


def title_like(text: str) -> bool:
    """Whether a line on its own has the shape of a title: short, no end of a sentence, nothing left open."""
    if not 4 <= len(text) <= LONGEST_TITLE or text[0] in "|（(，。、；：”》" or text[-1] in "。；，、：:;,.（(“《…":
        return False
    if "。" in text or "；" in text or _depth(text) or lexicon.level_mark(text) or _DIALOGUE_RE.match(text):
        return False
    return sum("\u3400" <= sign <= "\u9fff" for sign in text) >= 3
