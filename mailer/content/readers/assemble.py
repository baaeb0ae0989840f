"""Lines to an Issue: head, foot, front, body, each by its reader; what is left is kept in sight.

The one entry for every file format: a format has to produce lines, nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mailer.content.issue import Issue, NotAnIssueError, Place, Unrecognised
from mailer.content.readers import foot, labels, lexicon
from mailer.content.readers.front import FrontReader
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.masthead import Masthead, read_masthead
from mailer.content.readers.paragraphs import paragraphs_of
from mailer.content.readers.sections import SectionReader

_LONGEST_OFFICE: Final = 40


def understand(lines: list[Line], aside: list[Unrecognised]) -> Issue:
    """The issue that the lines make; ``aside`` is text the format's reader had to leave out.

    Raises NotAnIssueError ``empty``, ``no_masthead``, ``too_many_items``.
    """
    if not lines:
        raise NotAnIssueError("empty", "文件里没有文字。", "请确认选对了文件，并且文件已经保存。")
    head = read_masthead(lines)
    if not head.recognised:
        raise NotAnIssueError(
            "no_masthead",
            "认不出报头：既没有刊名，也没有期号。",
            "请在文件开头写上刊名、期号、编发单位和日期，各占一行，例如“第12期”。",
            Place(lines[0].number),
        )
    foot_at = foot.find_foot(lines, head.end)
    end = foot.read_foot(lines[foot_at:])
    foot_at = _take_signature(head, lines, foot_at)
    top = foot.read_foot(head.foot_lines)
    front = FrontReader(paragraphs_of(_without_running_heads(lines[head.end : foot_at], head)))
    body = SectionReader(front.rest, front.contents)
    _take_imprint(head, end)
    unrecognised = [*aside, *head.unrecognised, *body.unrecognised, *top.unrecognised, *end.unrecognised]
    contact = end.contact if end.contact.email or end.contact.phone or end.contact.fax else top.contact
    return Issue(
        title=head.title,
        number=head.number if head.number is not None else head.total_number,
        date=head.date,
        issuing_office=head.office,
        sections=body.result(),
        year=head.year,
        series=head.series,
        total_number=head.total_number,
        number_printed=head.number_printed,
        date_printed=head.date_printed,
        secrecy=head.secrecy or end.secrecy,
        copies=end.copies if end.copies is not None else top.copies,
        editor_note=front.note,
        contents=front.contents,
        credits=top.credits | end.credits,
        distribution=end.distribution,
        contact=contact,
        unrecognised=tuple(sorted(unrecognised, key=lambda text: text.place.line or 0)),
    )


def _take_signature(head: Masthead, lines: list[Line], foot_at: int) -> int:
    """The office that signs below the last article, where the head names none; returns where the body ends then."""
    at = foot_at - 1
    if head.office is not None or at < head.end or lines[at].heading or lines[at].marker:
        return foot_at
    named = lexicon.office_of(lines[at].text) if len(lines[at].text) <= _LONGEST_OFFICE else None
    ended = at > head.end and (lines[at - 1].gap or labels.ends_sentence(lines[at - 1].text))
    if named is None or not ended or labels.bracketed(lines[at].rich) is not None:
        return foot_at
    head.office = named[0]
    return at


def _without_running_heads(lines: list[Line], head: Masthead) -> list[Line]:
    """Without the lines that repeat name and number at the top of every further page; they count as a page break."""
    title, number = despaced(head.title), despaced(head.number_printed)
    repeated = {text for text in (title, title + number, number + title) if len(text) > 3}
    out: list[Line] = []
    gap = Gap.NONE
    for line in lines:
        if despaced(line.text) in repeated:
            gap |= line.gap | Gap.PAGE
        else:
            out.append(replace(line, gap=line.gap | gap) if gap else line)
            gap = Gap.NONE
    return out


def _take_imprint(head: Masthead, end: foot.Foot) -> None:
    """The line «office, date, 印发» at the very end, or «主办：office», stands in for what the head does not say."""
    if end.sponsor and head.office is None:
        head.office = end.sponsor
    elif end.sponsor and despaced(end.sponsor) != despaced(head.office or ""):
        head.unrecognised.append(Unrecognised(end.sponsor, Place(note="报尾")))
    for line in end.imprint:
        parts = read_masthead([line])
        if head.office is None and parts.office:
            head.office = parts.office
        if head.date is None and parts.date:
            head.date, head.date_printed = parts.date, parts.date_printed
        if not foot.matches_head(foot.cells(line), head.office, head.date):
            head.unrecognised.append(Unrecognised(line.full_text, Place(line.number, "版记")))
