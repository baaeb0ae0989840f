"""The day on which an absence ends, where an automatic reply writes it: a hint for a person, never a rule."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "januar", "janvier", "enero"),
            ("feb", "februar", "février", "febrero"),
            ("mar", "märz", "mars", "marzo"),
            ("apr", "april", "avril", "abril"),
            ("may", "mai", "mayo"),
            ("jun", "juni", "juin", "junio"),
            ("jul", "juli", "juillet", "julio"),
            ("aug", "august", "août", "agosto"),
            ("sep", "sept", "september", "septembre", "septiembre"),
            ("oct", "okt", "oktober", "octobre", "octubre"),
            ("nov", "november", "novembre", "noviembre"),
            ("dec", "dez", "dezember", "décembre", "diciembre"),
        ),
        1,
    )
    for name in names
}
_UNTIL = re.compile(
    r"\b(?:until|till|through|bis|jusqu'au|hasta|return(?:ing)?|back|be back|zurück)\b"
    r"(?: (?:in the office|to the office|at work|on|from|zum|einschließlich|am|el|le|and including))?[ :]{1,3}"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?",
    re.IGNORECASE,
)
_UNTIL_CHINESE = re.compile(r"(?:至|到|止|—|－|-|~|～|返回时间|回来时间|返岗时间|截止)[：: ]{0,3}(?=\d)")
_SINCE = re.compile(r"[ ]?(?:回来|返回|返岗|回到|上班|恢复|结束|止|期间|休假|外出|出差|请假|不在)")
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_CHINESE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?")
_MONTH_FIRST = re.compile(r"([a-zéûä]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?\b", re.IGNORECASE)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)? (?:of |de )?([a-zéûä]{3,10})\.?(?:,? (\d{4}))?\b", re.IGNORECASE)
_TEXT_LIMIT = 4000
_LONGEST = timedelta(days=400)


def end_of_absence(text: str, sent_on: date | None) -> date | None:
    """``sent_on``: the reply's own date; it gives the year where none is written. None where no end is readable or it
    lies outside 400 days from then.
    """
    if sent_on is None:
        return None
    text = text[:_TEXT_LIMIT]
    for cue in (*_UNTIL.finditer(text), *_UNTIL_CHINESE.finditer(text)):
        found = _date_at(text[cue.end() : cue.end() + 40], sent_on)
        if found is not None:
            return found
    for written in _CHINESE.finditer(text):
        if _SINCE.match(text, written.end()):
            return _date(written[1], int(written[2]), int(written[3]), sent_on)
    return None


def _date_at(text: str, sent_on: date) -> date | None:
    if match := _ISO.match(text):
        return _date(match[1], int(match[2]), int(match[3]), sent_on)
    if match := _CHINESE.match(text):
        return _date(match[1], int(match[2]), int(match[3]), sent_on)
    if match := _DAY_FIRST.match(text):
        return _date(match[3], int(match[2]), int(match[1]), sent_on)
    if (match := _MONTH_FIRST.match(text)) and (month := _month(match[1])):
        return _date(match[3], month, int(match[2]), sent_on)
    if (match := _DAY_MONTH.match(text)) and (month := _month(match[2])):
        return _date(match[3], month, int(match[1]), sent_on)
    return None


def _month(word: str) -> int:
    lowered = word.lower()
    return _MONTHS.get(lowered) or _MONTHS.get(lowered[:3], 0)


def _date(year: str | None, month: int, day: int, sent_on: date) -> date | None:
    """Without a year: the first such day not before the reply was sent."""
    try:
        if year:
            found = date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        else:
            found = date(sent_on.year, month, day)
            if found < sent_on:
                found = date(sent_on.year + 1, month, day)
    except ValueError:
        return None
    return found if sent_on <= found <= sent_on + _LONGEST else None
