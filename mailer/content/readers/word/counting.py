"""Counters in the formats that word processors number with (ISO/IEC 29500-1 17.18.59): 一、 （二） 3. ④ IV."""

from __future__ import annotations

from typing import Final

_CHINESE: Final = "〇一二三四五六七八九"
_LEGAL: Final = "零壹贰叁肆伍陆柒捌玖"
_ROMAN: Final = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_ROWS: Final = {
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographParenthesized": "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩",
}
_CHINESE_COUNTING: Final = frozenset({
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital", "taiwaneseCounting",
    "taiwaneseCountingThousand", "taiwaneseDigital", "japaneseDigitalTenThousand", "koreanDigital2",
})  # fmt: skip
_DIGITS_ONLY: Final = frozenset(
    {"ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand", "koreanDigital2"}
)
_LEGAL_COUNTING: Final = frozenset({"chineseLegalSimplified", "japaneseLegal", "ideographLegalTraditional"})
_HIGHEST: Final = 9_999


def counted(number: int, form: str) -> str:
    """``number`` in the format named ``form``; formats nobody numbers a bulletin with come out in digits."""
    if not 0 < number <= _HIGHEST or form in {"decimal", ""}:
        return str(number)
    if form == "none":
        return ""
    if form in _DIGITS_ONLY:
        return "".join(_CHINESE[int(digit)] for digit in str(number))
    if form in _CHINESE_COUNTING:
        return _chinese(number, _CHINESE)
    if form in _LEGAL_COUNTING:
        return _chinese(number, _LEGAL, "拾佰仟")
    if row := _ROWS.get(form):
        return row[number - 1] if number <= len(row) else str(number)
    if form in {"upperRoman", "lowerRoman"}:
        roman = _roman(number)
        return roman if form == "upperRoman" else roman.lower()
    if form in {"upperLetter", "lowerLetter"}:  # A … Z, then AA, BB
        letter = chr(ord("A") + (number - 1) % 26) * min((number - 1) // 26 + 1, 10)
        return letter if form == "upperLetter" else letter.lower()
    if form == "decimalZero":
        return f"{number:02d}"
    if form == "decimalFullWidth":
        return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    if form == "numberInDash":
        return f"- {number} -"
    return str(number)


def _chinese(number: int, digits: str, steps: str = "十百千") -> str:
    """一百零七, 十七, 二十: a gap inside is one 零, a ten at the beginning has no 一."""
    out = ""
    gap = False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(out)
            continue
        out += ("零" if gap else "") + digits[digit] + (steps[place - 1] if place else "")
        gap = False
    return out[1:] if out.startswith("一十") else out


def _roman(number: int) -> str:
    out = ""
    for value, sign in _ROMAN:
        out += sign * (number // value)
        number %= value
    return out
