"""Numbers and dates as Chinese offices print them: 第九期, 总第３５６期, 〔2024〕8号, 二〇二四年一月三十日.

Owns the reading of numerals; knows nothing of lines or of the parts of an issue. Every position that is returned counts
characters of the text that was given (``fold`` keeps the length), so that a caller can cut what was found out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x3000, 0x00A0, 0x2002, 0x2003, 0x2009, 0x202F, 0x09), 0x20
)
# 〇 is written with whatever round sign the keyboard offered: ○ and the Latin, Greek and Cyrillic O
_DIGITS: Final = dict.fromkeys("〇○零OoΟО◯", "0") | {sign: str(n) for n, sign in enumerate("一二三四五六七八九", 1)}
_DIGITS["两"] = "2"
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_N: Final = "0-9〇○零OoΟО◯一二三四五六七八九十百千廿卅两"
_COUNT: Final = f"[{_N}][{_N} ]{{0,14}}"
_OPEN: Final = r"[(〔\[【 _]{0,4}"
_CLOSE: Final = r"[)〕\]】 _]{0,4}"
_GAP: Final = " {0,8}"
_SERIES: Final = "增刊|专刊|特刊|专辑|号外|副刊"
_YEAR: Final = "[0-9〇○零OoΟО◯一二三四五六七八九]"

_TOTAL_RE: Final = re.compile(
    rf"{_OPEN}(?:总|累计)(?:{_GAP}期号?数?{_GAP}[:第]?|{_GAP}第|(?=[^期]{{0,20}}期)){_GAP}{_OPEN}(?P<n>{_COUNT}){_CLOSE}[期号]?{_CLOSE}"
)
_NUMBER_RE: Final = re.compile(
    rf"(?:[(〔\[【] ?(?P<y1>{_YEAR}{{4}}) ?年?[)〕\]】]|(?P<y2>(?:{_YEAR} ?){{4}}(?=年)|(?:19|20)[0-9]{{2}}(?= ?第))年?度?)?{_GAP}"
    rf"(?P<s1>{_SERIES})?{_GAP}{_OPEN}第{_GAP}{_OPEN}(?P<n>{_COUNT}){_CLOSE}(?:[-—~至、]+ ?第?{_COUNT})?[期号辑](?:合刊)?"
    rf"(?:{_GAP}{_OPEN}(?P<s2>{_SERIES}){_CLOSE})?\)?"
)
_SHORT_NUMBER_RE: Final = re.compile(
    rf"(?:[(〔\[【] ?(?P<y1>{_YEAR}{{4}}) ?年?[)〕\]】]|(?P<y2>{_YEAR}{{4}}) ?年){_GAP}(?P<s1>{_SERIES})?"
    rf"{_GAP}{_OPEN}(?P<n>{_COUNT}){_CLOSE}[期号](?:{_GAP}{_OPEN}(?P<s2>{_SERIES}){_CLOSE})?"
)
_BARE_NUMBER_RE: Final = re.compile(
    rf"(?:期号|期数|期次|刊号|(?:[Vv][Oo][Ll]\.? ?[0-9]{{1,4}}[ ,]{{0,4}})?N[oO]\.?) ?:? ?(?P<y1>)(?P<y2>)(?P<s1>)(?P<s2>)(?P<n>[{_N}]{{1,9}})期?(?![{_N}])"
)
_SUPPLEMENT_RE: Final = re.compile(rf"[(〔\[]? ?(?P<s>{_SERIES}) ?(?P<n>[{_N}]{{1,6}})?[)〕\]]?")

_DATE_RE: Final = re.compile(
    rf"(?P<y>(?:{_YEAR} ?){{4}})年 ?(?P<m>(?:[{_N}] ?){{1,3}})月 ?(?P<d>(?:[{_N}] ?){{1,3}})[日号]"
    r"|(?P<y3>[0-9]{4}) ?[-./] ?(?P<m3>[0-9]{1,2}) ?[-./] ?(?P<d3>[0-9]{1,2})(?![0-9])"
)
_DAY_RE: Final = re.compile(rf"(?P<m>(?:[{_N}] ?){{1,3}})月 ?(?P<d>(?:[{_N}] ?){{1,3}})[日号]")
_WEEKDAY_RE: Final = re.compile(r" *\(? *(?:星期|周|礼拜)[一二三四五六日天] *\)?")
_HOUR_RE: Final = re.compile(
    r" *(?:[上下]午)?(?:[0-9]{1,2}[时点](?:[0-9]{1,2}分|半|整)?|[0-9]{1,2}:[0-9]{2}(?![0-9:]))"
)
_MONTH_RE: Final = re.compile(rf"[(]?(?:{_YEAR} ?){{4}}年 ?(?:[{_N}] ?){{1,3}}月(?:份|号)?[)]?")
_RANGE_RE: Final = re.compile(r" *(?:至|到|[-~—–]+) *")


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """``total`` says that this is the running total (总第N期) and not the number of the issue."""

    start: int
    end: int
    value: int
    total: bool = False
    year: int | None = None
    series: str = ""
    bare: bool = False  # NO. 12: with a 第N期 elsewhere it numbers the copy


@dataclass(frozen=True, slots=True)
class FoundDate:
    """``value`` is None where the numbers make no day (2月30日); ``period`` marks the last day of a span of days."""

    start: int
    end: int
    value: date | None
    period: bool = False


def fold(text: str) -> str:
    """Full-width ASCII and wide spaces to their plain forms, one character for one."""
    return text.translate(_FULL_WIDTH)


def to_int(text: str) -> int | None:
    """A number in digits or Chinese numerals (861, 八六一, 十七, 一百零七, 廿三); None if it is none, or too long."""
    text = fold(text).replace(" ", "").replace("廿", "二十").replace("卅", "三十")
    if not 0 < len(text) <= 12:
        return None
    if not any(sign in _TENS for sign in text):
        digits = "".join(_DIGITS.get(sign, sign) for sign in text)
        return int(digits) if digits.isascii() and digits.isdigit() else None
    total, digit = 0, ""
    for sign in text:
        if sign in _TENS:
            total += _TENS[sign] * (int(digit) if digit else 1)
            digit = ""
        else:
            digit = _DIGITS.get(sign, sign)
            if not (digit.isascii() and digit.isdigit()):
                return None
            digit = "" if digit == "0" else digit
    return total + (int(digit) if digit else 0)


def find_numbers(text: str) -> list[FoundNumber]:
    """Every issue number and running total in a short line."""
    folded = fold(text)
    found: list[FoundNumber] = []
    for match in _TOTAL_RE.finditer(folded):
        value = to_int(match["n"])
        if value is not None:
            found.append(FoundNumber(*match.span(), value, total=True))
            folded = _blank(folded, match)
    for pattern in (_NUMBER_RE, _SHORT_NUMBER_RE, _BARE_NUMBER_RE):
        for match in pattern.finditer(folded):
            value = to_int(match["n"])
            if value is None:
                continue
            year = match["y1"] or match["y2"]
            series = match["s1"] or match["s2"] or ""
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            bare = pattern is _BARE_NUMBER_RE
            found.append(
                FoundNumber(start, match.end(), value, year=to_int(year) if year else None, series=series, bare=bare)
            )
            folded = _blank(folded, match)
    return sorted(found, key=lambda number: number.start)


def find_supplement(text: str) -> FoundNumber | None:
    """A line that names only a supplement: （增刊）, 增刊3. The value is 0 where it has no number."""
    match = _SUPPLEMENT_RE.fullmatch(fold(text).strip())
    if match is None:
        return None
    return FoundNumber(0, len(text), (to_int(match["n"]) or 0) if match["n"] else 0, series=match["s"])


def find_dates(text: str, year: int | None = None) -> list[FoundDate]:
    """Every full date in a short line, with the weekday after it; with ``year`` also dates that leave the year out."""
    folded = fold(text).replace("元月", "一月")
    found: list[FoundDate] = []
    for match in _DATE_RE.finditer(folded):
        parts = (match["y"] or match["y3"], match["m"] or match["m3"], match["d"] or match["d3"])
        value, end, period = _day(*(to_int(part) for part in parts)), match.end(), False
        rest = _RANGE_RE.match(folded, end)
        if rest and (until := _DAY_RE.match(folded, rest.end())) and value is not None:
            value, end, period = _day(value.year, to_int(until["m"]), to_int(until["d"])), until.end(), True
        found.append(FoundDate(match.start(), _after_day(folded, end), value, period))
    if not found and year is not None:
        for match in _DAY_RE.finditer(folded):
            end = _after_day(folded, match.end())
            found.append(FoundDate(match.start(), end, _day(year, to_int(match["m"]), to_int(match["d"]))))
    if not found and _MONTH_RE.fullmatch(folded.strip()):  # 二〇二六年六月: printed, but no day
        found.append(FoundDate(0, len(text), None))
    return found


def _after_day(folded: str, end: int) -> int:
    """The end of a date with the weekday and the hour that may follow its day."""
    for pattern in (_WEEKDAY_RE, _HOUR_RE):
        match = pattern.match(folded, end)
        end = match.end() if match else end
    return end


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]


def _day(year: int | None, month: int | None, day: int | None) -> date | None:
    try:
        return date(year or 0, month or 0, day or 0)
    except ValueError:
        return None
