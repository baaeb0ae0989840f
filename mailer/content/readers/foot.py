"""The end of an issue: credits, the printed distribution lines, print run, contact.

Owns where the foot begins (found from the end of the file, since bodies differ and feet do not) and what its lines say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final

from mailer.content.issue import Contact, Distribution, Place, Unrecognised
from mailer.content.readers import contact, distribution, labels, lexicon, numerals
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.names import credits_in, names_of
from mailer.content.readers.numerals import fold
from mailer.content.readers.secrecy import secrecy_mark

_LONGEST: Final = 160
_MOST_CONTINUATIONS: Final = 40
_MOST_REMARKS: Final = 3
_LONGEST_REMARK: Final = 40
_COPIES_RE: Final = re.compile(
    r"[(（\[【]? ?(?:本期)?(?:共?印(?:制|发|数|刷)?(?:份数)?|印数|份数|发行量|共)[:： ]{0,6}(?P<n>[0-9〇零一二三四五六七八九十百千]{1,8}) ?份 ?[)）\]】]?"
    r"|[(（\[【]? ?(?:印发份数|印数|份数) ?[:：] ?(?P<n2>[0-9]{1,7}) ?[)）\]】]?"
)
_IMPRINT_RE: Final = re.compile(r"(?:印发|编印|印制|印)[)）]?$")
_SPONSOR_RE: Final = re.compile(
    r"(?:主办|承办|主管|编印|编发|出品)(?:单位)?[:：](?P<office>[^:：]{2,40}?)[ \u3000\t]+(?=\S)"
)
_KEYWORDS_RE: Final = re.compile(r"(?:主题词|关键词)[ \u3000]{0,4}[:：]")
_TABLE_RULE_RE: Final = re.compile(r"[|\s:-]+")


class Kind(Enum):
    """What a line of the foot is about."""

    CREDITS = "credits"
    DISTRIBUTION = "distribution"
    CONTACT = "contact"
    COPIES = "copies"
    IMPRINT = "imprint"
    KEYWORDS = "keywords"
    TABLE_RULE = "table rule"


@dataclass(slots=True)
class Foot:
    """What the foot says."""

    credits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    distribution: Distribution = field(default_factory=Distribution)
    contact: Contact = field(default_factory=Contact)
    copies: int | None = None
    secrecy: str | None = None
    sponsor: str = ""
    imprint: list[Line] = field(default_factory=list)
    unrecognised: list[Unrecognised] = field(default_factory=list)


def cells(line: Line) -> str:
    """The text of a line, the bars of a table row as wide spaces."""
    text = line.full_text
    if line.marker and (distribution.begins(line.text) or credits_in(line.text) or contact.is_contact(line.text)):
        return line.text  # □报送：… : the sign adorns the line
    return text.strip("|" + BLANKS).replace("|", "　　") if text.startswith("|") else text


def kind_of(line: Line) -> Kind | None:
    """What a line is about if it has the shape of a line of the foot."""
    text = cells(line)
    if _TABLE_RULE_RE.fullmatch(line.full_text) and "|" in line.full_text:
        return Kind.TABLE_RULE
    if distribution.begins(text):
        return Kind.DISTRIBUTION
    if len(text) > _LONGEST:
        return None
    if credits_in(text) or (sponsored(text)[0] and credits_in(sponsored(text)[1])):
        return Kind.CREDITS
    if contact.is_contact(text):
        return Kind.CONTACT
    if _KEYWORDS_RE.match(text):
        return Kind.KEYWORDS
    if _COPIES_RE.fullmatch(fold(text).strip()):
        return Kind.COPIES
    if _IMPRINT_RE.search(_COPIES_RE.sub("", fold(text)).strip()) and numerals.find_dates(text) and len(text) < 80:
        return Kind.IMPRINT
    return None


def sponsored(text: str) -> tuple[str, str]:
    """(office, rest) of a line that begins with 主办：office and goes on; the office is empty if it does not."""
    match = _SPONSOR_RE.match(text)
    return (match["office"].strip(BLANKS), text[match.end() :]) if match else ("", text)


def find_foot(lines: list[Line], first: int) -> int:
    """Index of the first line of the foot, ``len(lines)`` if there is none. Looks at no line before ``first``."""
    start = len(lines)
    at = len(lines) - 1
    unknown: list[int] = []
    while at >= first:
        line = lines[at]
        kind = kind_of(line)
        if kind is Kind.TABLE_RULE:
            pass  # says nothing by itself
        elif kind is None:
            unknown.append(at)
            if not _may_belong(line) or len(unknown) > _MOST_CONTINUATIONS:
                break
        elif unknown and not _follow(kind, unknown, lines, tail=start == len(lines)):
            break
        else:
            start, unknown = at, []
        at -= 1
    while first < start < len(lines) and kind_of(lines[start - 1]) is Kind.TABLE_RULE:
        start -= 1
    return start


def _may_belong(line: Line) -> bool:
    text = line.text
    if line.heading or labels.bracketed(line.rich) is not None or len(text) > _LONGEST:
        return False
    return "。" not in text[:-1]


def _follow(kind: Kind, unknown: list[int], lines: list[Line], *, tail: bool) -> bool:
    """Whether lines of no known shape may stand after a line of the foot: its continuation, or a closing remark."""
    if kind is Kind.DISTRIBUTION:
        return not any(lexicon.level_mark(lines[index].text) for index in unknown)
    short = all(len(lines[index].text) <= _LONGEST_REMARK for index in unknown)
    return short and len(unknown) <= (_MOST_REMARKS if tail else 1)


def read_foot(lines: list[Line]) -> Foot:
    """Reads the lines of the foot in their order."""
    foot = Foot()
    credited: dict[str, list[str]] = {}
    contacts = contact.Collector()
    lists = distribution.Collector()
    for line in lines:
        text = cells(line)
        kind = kind_of(line)
        if line.gap & Gap.RULE:
            lists.end()
        if kind is not Kind.IMPRINT and kind is not Kind.CONTACT:
            text = _take_copies(foot, text)
        if not text.strip(BLANKS) or kind is Kind.TABLE_RULE:
            continue
        if kind is Kind.DISTRIBUTION:
            lists.begin(text)
        elif kind is Kind.CREDITS:
            lists.end()
            foot.sponsor, text = sponsored(text) if not credits_in(text) else (foot.sponsor, text)
            rest = _add_credits(credited, text)
            if contact.is_contact(rest):
                rest = contacts.read(rest)
            if rest:
                foot.unrecognised.append(Unrecognised(rest, Place(line.number, "报尾")))
        elif kind is Kind.CONTACT:
            lists.end()
            if rest := contacts.read(text):
                rest = _add_credits(credited, rest)
            if rest:
                foot.unrecognised.append(Unrecognised(rest, Place(line.number, "报尾")))
        elif kind is Kind.IMPRINT:
            lists.end()
            foot.imprint.append(line)
        elif kind is Kind.KEYWORDS:
            lists.end()
            foot.unrecognised.append(Unrecognised(text, Place(line.number, "主题词")))
        elif lists.goes_on:
            lists.more(text)
        elif foot.secrecy is None and (mark := secrecy_mark(text)):
            foot.secrecy = mark
        else:
            foot.unrecognised.append(Unrecognised(text, Place(line.number, "报尾")))
    foot.credits = {label: tuple(names) for label, names in credited.items()}
    foot.distribution = lists.result()
    foot.contact = contacts.result()
    return foot


def _add_credits(credited: dict[str, list[str]], text: str) -> str:
    """Adds the credits of a line; returns what of it is none."""
    found = credits_in(text)
    for label, names in found.items():
        credited.setdefault(label, []).extend(names_of(names))
    return found.rest


def _take_copies(foot: Foot, text: str) -> str:
    match = _COPIES_RE.search(fold(text))
    if match is None or (value := numerals.to_int(match["n"] or match["n2"])) is None:
        return text
    foot.copies = value if foot.copies is None else foot.copies
    return (text[: match.start()] + text[match.end() :]).strip(BLANKS)


def matches_head(text: str, office: str | None, day: date | None) -> bool:
    """Whether an imprint line (office, date, 印发) only repeats the head, in whatever digits the date is printed."""
    told = {found.value for found in numerals.find_dates(text)}
    return (office is None or despaced(fold(office)) in despaced(fold(text))) and (day is None or day in told)
