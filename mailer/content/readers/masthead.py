"""The head of an issue: title, number, office, date, secrecy mark, in whatever order and on however many lines.

Reads by shape and place, since offices print no labels. Knows nothing of the body but how it begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from mailer.content.issue import Place, Unrecognised
from mailer.content.readers import foot, labels, lexicon, numerals
from mailer.content.readers.emphasis import BLANKS, Rich
from mailer.content.readers.front import begins_front_part
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.secrecy import secrecy_mark

_MOST_LINES: Final = 30
_EDGES: Final = BLANKS + "()（）[]［］〔〕【】〖〗|｜·•—–-─,，;；:：/／"
_LABELS_RE: Final = re.compile(
    r"^(?:刊名|名称|日期|时间|印发日期|编发日期|编印日期|出刊日期|出版日期|编发时间|印发时间|编印时间|出版时间|发布时间|发布日期|刊发日期|密级|期号|期数) ?[:：] ?"
)
_DATE_TAIL_RE: Final = re.compile(r"^(?:印发|编印|编发|出版|出刊|刊发|发布|印)[)）]?$")
_TABLE_RULE_RE: Final = re.compile(r"[|\s:-]+")
_PARTS_RE: Final = re.compile(
    r"[|｜]|\t+|[ 　]{3,}|　{2,}|\s/\s|[ 　]+(?=(?:承办|协办|主办|主管|编印|编发)(?:单位)?[:：])"
)
_YEAR_RE: Final = re.compile(r"[(]?([12][0-9]{3}|[一二][〇○零一二三四五六七八九]{3}) ?年度?[)]?")
# the number of the copy and the urgency, which stand at the edges of a head (GB/T 9704)
_COPY_NUMBER_RE: Final = re.compile(r"(?:编号|份号|印号) ?[:：]|[0-9０-９]{4,8}$|(?:特急|特提|加急|急件|平急|平件)$")


@dataclass(slots=True)
class Masthead:
    """What the head says; ``end`` is the index of the first line after it."""

    title: str = ""
    number: int | None = None
    year: int | None = None
    series: str = ""
    total_number: int | None = None
    number_printed: str = ""
    date: date | None = None
    date_printed: str = ""
    bare: bool = False  # the number stood after NO. and may be that of the copy
    period: bool = False  # the date is the last day of the span the issue covers, for want of a better one
    office: str | None = None
    secrecy: str | None = None
    foot_lines: list[Line] = field(default_factory=list)
    unrecognised: list[Unrecognised] = field(default_factory=list)
    end: int = 0

    @property
    def recognised(self) -> bool:
        return bool(self.title) or self.number is not None


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line of the head that is neither number nor date."""

    text: str
    line: Line
    index: int
    before_number: bool


def read_masthead(lines: list[Line]) -> Masthead:
    """Reads the head off the first lines. ``recognised`` is False where neither a title nor a number was found."""
    head = Masthead()
    kept: list[_Part] = []
    pending: list[_Part] = []
    for index, line in enumerate(lines[:_MOST_LINES]):
        if _body_begins(line, head, kept + pending):
            break
        parts, told = _read_line(line, index, head)
        if told is None:
            break
        (kept if told else pending).extend(parts)
        if told:
            kept, pending = kept + [p for p in pending if p not in kept], []
            kept.sort(key=lambda part: part.index)
            head.end = index + 1
    _name(head, kept, pending)
    return head


def _body_begins(line: Line, head: Masthead, parts: list[_Part]) -> bool:
    text = line.text
    adorned = not parts and lexicon.is_bulletin_name(text)  # ★ 工作动态 ★ as the first line
    labelled = line.marker[:1] in {"-", "*", "+"} and (
        _LABELS_RE.match(text) or foot.kind_of(line) is not None or (lexicon.office_of(text) or ("", False))[1]
    )  # the head as a list
    marked = line.marker and not (adorned or labelled or secrecy_mark(line.full_text))
    if len(text) > 120 or "。" in text or marked:
        return True
    if begins_front_part(line):
        return True
    inner = labels.bracketed(line.rich)
    if inner is not None and not numerals.find_numbers(text) and not secrecy_mark(text):
        return bool(parts) or bool(head.title) or not lexicon.is_bulletin_name(inner) or lexicon.section_name(inner)
    complete = head.number is not None and (head.date is not None or head.office is not None)
    if line.gap & Gap.RULE and complete and head.date is not None and head.office is not None:
        return True
    if complete and text[0] == "|" and not numerals.find_numbers(text) and not numerals.find_dates(text):
        return foot.kind_of(line) is None and not any(map(lexicon.office_of, foot.cells(line).split()))
    titled = any(part.line.heading or lexicon.is_bulletin_name(part.text) for part in parts) or bool(head.title)
    if line.heading and titled and not lexicon.is_bulletin_name(text) and not numerals.find_numbers(text):
        return not numerals.find_dates(text) and lexicon.office_of(text) is None
    return False


def _read_line(line: Line, index: int, head: Masthead) -> tuple[list[_Part], bool | None]:
    """(pieces left over, whether the line told something), or None instead of a truth where the body has begun."""
    text = foot.cells(line)
    if line.marker and not secrecy_mark(line.full_text):
        text = line.text  # the sign only adorns the name
    if not text or _TABLE_RULE_RE.fullmatch(text):
        return [], True
    if not line.heading and (mark := secrecy_mark(text)):
        head.secrecy = f"{head.secrecy} {mark}" if head.secrecy else mark
        return [], True
    if not line.heading and foot.kind_of(line) in {foot.Kind.CREDITS, foot.Kind.CONTACT, foot.Kind.COPIES}:
        head.foot_lines.append(line)
        return [], True
    if (year := _YEAR_RE.fullmatch(numerals.fold(text).strip())) and head.year is None:
        head.year = numerals.to_int(year[1])
        head.number_printed = " ".join(filter(None, [head.number_printed, text.strip(BLANKS)]))
        return [], True
    before = head.number is None and head.total_number is None
    label = _LABELS_RE.match(text)
    rest = text[label.end() :] if label else text
    numbers = numerals.find_numbers(text) or numerals.find_numbers(rest)
    if not numbers and (supplement := numerals.find_supplement(text)):
        head.series = head.series or supplement.series
        if head.number is None and supplement.value:
            head.number = supplement.value
        head.number_printed = " ".join(filter(None, [head.number_printed, text.strip(BLANKS)]))
        return [], True
    dates = numerals.find_dates(text, head.year or next((number.year for number in numbers if number.year), None))
    left = _left_over(text, [*numbers, *dates])
    fresh = any((head.total_number if number.total else head.number) is None for number in numbers)
    if head.bare and any(not (number.bare or number.total) for number in numbers):
        head.unrecognised.append(Unrecognised(head.number_printed, Place(line.number, "报头")))
        head.number, head.number_printed, head.bare, fresh = None, "", False, True
    fresh = fresh or bool(dates and (not head.date_printed or not left or (head.period and not dates[0].period)))
    if (numbers or dates) and not fresh and left:
        return [], None
    for number in numbers:
        _take_number(head, number)
    if numbers:
        begin = min(number.start for number in numbers)
        if begin and text[begin - 1] in "（(":
            begin -= 1
        printed = text[begin : max(number.end for number in numbers)].strip(BLANKS)
        unclosed = {"（": "）)", "(": "）)", "〔": "〕", "【": "】"}.get(printed[0], printed)
        if not any(sign in printed for sign in unclosed):
            printed = printed[1:]
        head.number_printed = " ".join(filter(None, [head.number_printed, printed]))
    for found in dates:
        if not head.date_printed or (head.period and not found.period):
            head.date, head.period = found.value, found.period
            head.date_printed = text[found.start : found.end].strip(BLANKS)
    told = bool(numbers or dates or label)
    parts: list[_Part] = []
    for piece in _with_verbs([piece for piece in left if not (dates and _DATE_TAIL_RE.match(despaced(piece)))]):
        if not line.heading and foot.kind_of(replace(line, rich=Rich.plain(piece), marker="")) is foot.Kind.CREDITS:
            head.foot_lines.append(replace(line, rich=Rich.plain(piece), marker=""))
        elif (mark := secrecy_mark(piece)) and (not line.heading or (index > 0 and numbers)):
            head.secrecy, told = head.secrecy or mark, True
        elif (
            not line.heading
            and head.office is None
            and _takes_office(head, piece, alone=len(left) == 1, dated=bool(dates), before=before)
        ):
            told = True
        else:
            bare = _LABELS_RE.sub("", piece)
            parts.extend([_Part(bare, line, index, before)] if bare else [])
    return parts, told


def _with_verbs(pieces: list[str]) -> list[str]:
    """编 or 主办 that stands off from its office is put back beside it."""
    out: list[str] = []
    for piece in pieces:
        if out and despaced(piece) in lexicon.OFFICE_VERBS:
            out[-1] += " " + piece
        else:
            out.append(piece)
    return out


def _takes_office(head: Masthead, piece: str, *, alone: bool, dated: bool, before: bool) -> bool:
    office = lexicon.office_of(piece)
    if office is None or (lexicon.is_bulletin_name(piece) and not office[1]):
        return False
    if not (office[1] or dated or (alone and not before)):
        return False  # above the number it may be the first line of the title
    head.office = office[0]
    return True


def _take_number(head: Masthead, number: numerals.FoundNumber) -> None:
    if number.total:
        head.total_number = number.value if head.total_number is None else head.total_number
    elif head.number is None:
        head.number, head.year, head.series = number.value, number.year or head.year, number.series or head.series
        head.bare = number.bare


def _left_over(text: str, found: Sequence[numerals.FoundNumber | numerals.FoundDate]) -> list[str]:
    pieces: list[str] = []
    at = 0
    for span in sorted(found, key=lambda item: item.start):
        if span.start > at:
            pieces.append(text[at : span.start])
        at = max(at, span.end)
    pieces.append(text[at:])
    parts = [part for piece in pieces for part in _split(piece)]
    return [part for part in (_trim(part) for part in parts) if part]


def _split(piece: str) -> list[str]:
    """The parts of a piece between wide spaces; signs that stand alone are one word spread over the line: 快　　报."""
    parts = [part for part in _PARTS_RE.split(piece) if part.strip(BLANKS)]
    spread = len(parts) > 1 and all(len(part.strip(BLANKS)) == 1 and part.strip(BLANKS).isalpha() for part in parts)
    return [piece] if spread and "|" not in piece else parts


def _trim(part: str) -> str:
    """Without the signs at its edges that were around a number; a pair of brackets inside stays."""
    bare = part.strip(BLANKS + "|｜·•,，;；")
    if not bare.strip(_EDGES):
        return ""
    while bare and ((bare[-1] in "(（[〔【—–-") or (bare[0] in ")）]〕】—–-")):
        bare = (bare[:-1] if bare[-1] in "(（[〔【—–-" else bare[1:]).strip(BLANKS)
    return bare


def _name(head: Masthead, kept: list[_Part], pending: list[_Part]) -> None:
    """Chooses the title among the pieces, then the office, and sets the rest aside."""
    parts = kept or (
        pending[:1] if pending and (pending[0].line.heading or lexicon.is_bulletin_name(pending[0].text)) else []
    )
    if parts and not kept:
        head.end = parts[0].index + 1
    title = _title_parts(parts, office_known=head.office is not None)
    for part in title:
        parts = [other for other in parts if other is not part]
    head.title = _unquoted(" ".join(part.text for part in title))
    for part in parts:
        office = lexicon.office_of(part.text)
        if head.office is None and office is not None:
            head.office = office[0]
        elif (
            head.office is None
            and title
            and part.index > title[-1].index
            and len(part.text) <= 40
            and not part.line.heading
        ):
            head.office = part.text
        else:
            head.unrecognised.append(Unrecognised(part.text, Place(part.line.number, "报头")))


def _title_parts(parts: list[_Part], *, office_known: bool) -> list[_Part]:
    parts = [part for part in parts if not _COPY_NUMBER_RE.match(part.text)]
    named = [part for part in parts if lexicon.is_bulletin_name(part.text) and not _is_office_line(part)]
    marked = [part for part in parts if part.line.heading]
    before = [part for part in parts if part.before_number and not _is_office_line(part)]
    chosen = next(iter([p for p in named if p.line.heading] or named or marked or before or parts), None)
    if chosen is None:
        return []
    first = last = parts.index(chosen)
    while first and _continues(parts[first - 1], parts[first], office_known=office_known):
        first -= 1
    while (
        last + 1 < len(parts)
        and (not lexicon.is_bulletin_name(parts[last].text) or lexicon.is_kind(parts[last + 1].text))
        and _continues(parts[last], parts[last + 1], office_known=office_known)
    ):
        last += 1
    return parts[first : last + 1]


def _continues(above: _Part, below: _Part, *, office_known: bool) -> bool:
    """Whether two pieces on neighbouring lines are one title on two lines."""
    if below.index - above.index != 1 or below.line.gap & (Gap.RULE | Gap.PAGE) or not above.before_number:
        return False
    # the office above its bulletin is part of the name when the office is named again below
    office = _is_office_line(below) or (_is_office_line(above) and not office_known)
    return not office and above.before_number == below.before_number


def _is_office_line(part: _Part) -> bool:
    office = lexicon.office_of(part.text)
    return office is not None and not lexicon.is_bulletin_name(part.text)


def _unquoted(title: str) -> str:
    for opening, closing in ("《》", "【】", "〖〗"):
        if title.startswith(opening) and title.endswith(closing) and title.count(opening) == 1:
            return title[1:-1].strip(BLANKS)
    return title
