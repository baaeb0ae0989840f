"""The text of a file as content lines: marks read and removed, page furniture and rules turned into gaps.

Owns what a *line* is: where it stands, what lies between it and the line above (empty line, page break, rule), whether
it carries heading or list marks. Knows nothing of the parts of a bulletin. A reader of another format (Word) has only to
produce the same lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final

from mailer.content.issue import NotAnIssueError, Place, Unrecognised
from mailer.content.readers import emphasis
from mailer.content.readers.emphasis import BLANKS, Rich
from mailer.content.readers.numerals import fold

MAX_LINES: Final = 50_000
MAX_LINE_CHARACTERS: Final = 260 * 1024
_LOOK_AHEAD_FOR_BOLD: Final = 3

_ENTITY_INDENT_RE: Final = re.compile(r"(?:&(?:emsp|ensp|nbsp|thinsp);|[ \t\u3000\u00a0])+")
_QUOTE_RE: Final = re.compile(r">[ \t]*")
_HEADING_RE: Final = re.compile(r"(#{1,6})(?![#\d])[ \t\u3000]*")
_LIST_RE: Final = re.compile(r"[-*+][ \t]+(?=\S)")
_SIGN_RE: Final = re.compile(
    r"(?:[★☆●•·▪▲△▷▹▸►▶➤➢◆◇■□◎※❖▌▍✦◈✓✔]|○(?![○×])|〇(?![〇○一二三四五六七八九十百年])|-(?=[\u4e00-\u9fff“《【*]))[ \t\u3000\u00a0]*"
)
_IMAGE_RE: Final = re.compile(r"!\[[^\[\]\n]{0,200}\]\([^()\s]{0,600}(?:[ ]\"[^\"()]{0,200}\")?\)")
_RULE_SIGNS: Final = frozenset("-*_=—─━＿﹍－＊═")
_ORNAMENTS: Final = frozenset("※≡★☆●○◆◇■□▲△♦◈✦❖～~＝＃·•+＋^")
_SHORTEST_ORNAMENT: Final = 6
_PAGE_RE: Final = re.compile(
    r"第 ?[0-9一二三四五六七八九十]{1,2} ?版|[-—–―~·•.*_= ]*(?:第 ?[0-9一二三四五六七八九十百]{1,5} ?页|(?:page|p\.?) ?[0-9]{1,4})"
    r"(?:[ ,/，、|of]*(?:共|总)? ?[0-9一二三四五六七八九十百]{0,5} ?页?)[-—–―~·•.*_= ]*"
    r"|[-—–―~·•─]{1,3} ?[0-9]{1,4} ?[-—–―~·•─]{1,3}|[0-9]{1,4} ?/ ?[0-9]{1,4}",
    re.IGNORECASE,
)
_BREAK_RE: Final = re.compile(
    r"\\?(?:newpage|pagebreak|clearpage)(?:\{\})?"
    r"|<(?:div|p|br|hr|span)\b[^<>]{0,120}page-?break[^<>]{0,120}>(?: ?</(?:div|p|span)>)?"
    r"|\[(?:分页|换页|分页符|page ?break)\]",
    re.IGNORECASE,
)
# the wrappers that editors put around a title; other markup is literal text
_WRAPPER_RE: Final = re.compile(
    r"</?(?:center|div|p|font|br|span|strong|b|u|big|h(?P<level>[1-6]))(?: [^<>]{0,200})? ?/?>", re.IGNORECASE
)
_PAGE_COMMENT_RE: Final = re.compile(r"page|分页|换页|第 ?[0-9一二三四五六七八九十]+ ?页|\d{1,4}$", re.IGNORECASE)
_FRONT_MATTER_RE: Final = re.compile(r"[A-Za-z_][\w .-]{0,40}:(?:\s|$)|[ \t]+\S|- |#|$")


class Gap(IntFlag):
    """What lies between a line and the content line above it."""

    NONE = 0
    BLANK = 1
    PAGE = 2
    RULE = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something to read. ``indent`` counts columns (a full-width space is two).

    ``heading``: number of # marks. ``marker``: the list mark or sign that was taken off the front, as it was written;
    ``underline``: the sign of a rule that follows without an empty line (Markdown would make a heading of the line).
    """

    number: int
    rich: Rich
    gap: Gap = Gap.NONE
    indent: int = 0
    heading: int = 0
    marker: str = ""
    underline: str = ""

    @property
    def text(self) -> str:
        return self.rich.text

    @property
    def full_text(self) -> str:
        """With the sign in front; Markdown's own list marks are marks and not text."""
        return self.text if _LIST_RE.match(self.marker + "x") else self.marker + self.text


def read_lines(text: str, *, markdown: bool) -> tuple[list[Line], list[Unrecognised]]:
    """Content lines of a text, and what is not for readers but must not vanish (comments, images, front matter)."""
    text, aside = _without_comments(text)
    raw = text.split("\n")
    if len(raw) > 5 * MAX_LINES:
        raise too_many_lines()
    first = _front_matter_end(raw)
    if first:
        aside.append(Unrecognised("\n".join(raw[:first]).strip(), Place(1, "文件头信息")))
    lines: list[Line] = []
    gap = Gap.NONE
    for index in range(first, len(raw)):
        pieces = raw[index].split("\f")
        for nth, piece in enumerate(pieces):
            if nth:
                gap |= Gap.PAGE
            body = piece.strip(BLANKS)
            if markdown and body[:1] == "<" and not _BREAK_RE.fullmatch(body):
                body = _unwrapped(body)
            kind = _gap_of(body, raw, index) if len(pieces) == 1 or body else Gap.NONE
            if kind:
                if kind is Gap.RULE and gap == Gap.NONE and lines:
                    lines[-1] = replace(lines[-1], underline=fold(body)[0])
                gap |= kind
                continue
            if not body:
                continue
            if "![" in body:
                for image in _IMAGE_RE.finditer(body):
                    aside.append(Unrecognised(image[0], Place(index + 1, "图片")))
                body = _IMAGE_RE.sub("", body).strip(BLANKS)
            if markdown and body.endswith("\\"):
                body = body[:-1].rstrip(BLANKS)  # Markdown's hard line break
            line = _line(body, index + 1, gap, _indent(piece), markdown=markdown)
            if line is not None:
                lines.append(line)
                gap = Gap.NONE
                if len(lines) > MAX_LINES:
                    raise too_many_lines()
    return _emphasised(lines, markdown=markdown), aside


def _unwrapped(body: str) -> str:
    """Without the wrappers at both ends of a line, and they alone: <center>第12期</center> is 第12期, <h1> is #."""
    heading = ""
    while mark := _WRAPPER_RE.match(body):
        heading = heading or "#" * int(mark["level"] or 0)
        body = body[mark.end() :].strip(BLANKS)
    while body.endswith(">") and (begin := body.rfind("<")) >= 0 and _WRAPPER_RE.fullmatch(body, begin):
        body = body[:begin].strip(BLANKS)
    return f"{heading} {body}" if heading and body else body


def _gap_of(body: str, raw: list[str], index: int) -> Gap:
    if not body:
        return Gap.BLANK
    if kind := furniture(body):
        return kind
    folded = fold(body)
    if folded.isascii() and folded.isdigit() and len(folded) <= 3:
        # a number alone between empty lines is a page number; inside a list or table it is text
        above = index == 0 or not raw[index - 1].strip(BLANKS + "\f")
        below = index + 1 >= len(raw) or not raw[index + 1].strip(BLANKS + "\f")
        return Gap.PAGE if above and below else Gap.NONE
    return Gap.NONE


def furniture(body: str) -> Gap:
    """RULE or PAGE for a line that is nothing but a rule or the number of a page, else NONE."""
    if len(body) > 200:
        return Gap.NONE
    if _is_rule(body):
        return Gap.RULE
    folded = fold(body).replace("\\", "")
    return Gap.PAGE if _PAGE_RE.fullmatch(folded.strip("()<> ")) or _BREAK_RE.fullmatch(body) else Gap.NONE


def _is_rule(body: str) -> bool:
    signs = "".join(body.split())
    least = 3 if signs[0] in _RULE_SIGNS else _SHORTEST_ORNAMENT if signs[0] in _ORNAMENTS else len(signs) + 1
    return len(signs) >= least and signs.count(signs[0]) == len(signs)


def _indent(raw: str) -> int:
    columns = 0
    for sign in raw:
        if sign == "\t":
            columns += 4
        elif sign == "\u3000":
            columns += 2
        elif sign in BLANKS:
            columns += 1
        else:
            break
    if raw[columns : columns + 1] == "&":
        entities = _ENTITY_INDENT_RE.match(raw)
        columns = 2 * entities[0].count("&") if entities else columns
    return columns


def _line(body: str, number: int, gap: Gap, indent: int, *, markdown: bool) -> Line | None:
    entities = _ENTITY_INDENT_RE.match(body)
    if entities:
        body = body[entities.end() :]
    if markdown and (quote := _QUOTE_RE.match(body)):
        body = body[quote.end() :]
    heading = 0
    if mark := _HEADING_RE.match(body):
        heading = len(mark[1])
        body = body[mark.end() :].rstrip("# \t\u3000") if body.endswith("#") else body[mark.end() :]
    marker = ""
    if not heading and (mark := _LIST_RE.match(body)):
        marker = mark[0]
        body = body[mark.end() :]
    return Line(number, Rich.plain(body), gap, indent, heading, marker) if body else None


def _emphasised(lines: list[Line], *, markdown: bool) -> list[Line]:
    marks = [emphasis.bold_marks(line.text) for line in lines]
    out: list[Line] = []
    opened = False
    for at, line in enumerate(lines):
        goes_on = (marks[at] + opened) % 2 == 1 and _bold_goes_on(lines, marks, at)
        rich = emphasis.parse(line.text, escapes=markdown, opened=opened, goes_on=goes_on).strip()
        opened = goes_on
        out.extend(with_sign(replace(line, rich=rich)))
    return out


def with_sign(line: Line) -> list[Line]:
    """The line with the sign at its front (★ ●) moved to its marker; none if nothing else stood there.

    The same sign at both ends (◆ 要闻 ◆) adorns the line: the one behind it goes, in a # heading both.
    """
    if (sign := _SIGN_RE.match(line.text)) is None:
        return [line] if line.text else []
    adorned = len(line.text) > sign.end() + 1 and line.text[-1] == line.text[0] and line.text[0] != "-"
    if line.heading and not adorned:
        return [line]
    rich = line.rich.cut(sign.end(), len(line.text) - adorned).strip()
    if line.heading:
        return [replace(line, rich=rich)] if rich.text else []
    return [replace(line, rich=rich, marker=line.marker + sign[0])] if rich.text else []


def _bold_goes_on(lines: list[Line], marks: list[int], at: int) -> bool:
    """Whether a bold run that is open at the end of a line is closed in one of the next."""
    for after in range(at + 1, min(at + 1 + _LOOK_AHEAD_FOR_BOLD, len(lines))):
        if lines[after].heading or lines[after].marker or lines[after].gap & Gap.RULE:
            return False
        if marks[after] % 2:
            return True
    return False


def _without_comments(text: str) -> tuple[str, list[Unrecognised]]:
    """Takes HTML comments out, keeping the count of lines; those that mark a page become a form feed."""
    aside: list[Unrecognised] = []
    out: list[str] = []
    at, number = 0, 1
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        inner = text[start + 4 : end].strip()
        number += text.count("\n", at, start)
        out.append(text[at:start])
        if _PAGE_COMMENT_RE.match(inner) and len(inner) <= 40:
            out.append("\f")
        else:
            aside.append(Unrecognised(text[start : end + 3], Place(number, "注释")))
        newlines = text.count("\n", start, end)
        out.append("\n" * newlines)
        number += newlines
        at = end + 3
    out.append(text[at:])
    return "".join(out), aside


def _front_matter_end(raw: list[str]) -> int:
    """Index of the line after a YAML block at the very start, 0 if there is none (a rule alone is a rule)."""
    if not raw or raw[0].strip() != "---":
        return 0
    for index in range(1, min(len(raw), 60)):
        if raw[index].strip() in {"---", "..."}:
            return index + 1 if index > 1 else 0
        if not _FRONT_MATTER_RE.match(raw[index]) or (index == 1 and not raw[index].strip()):
            return 0
    return 0


def too_many_lines() -> NotAnIssueError:
    """The refusal of a file with more than MAX_LINES lines."""
    return NotAnIssueError(
        "too_many_lines", f"文件超过 {MAX_LINES:,} 行，不像一期简报。", "请确认选对了文件；一期的正文应在几百行以内。"
    )
