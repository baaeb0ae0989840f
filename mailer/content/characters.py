"""Which characters of foreign text may reach a mail. One place, so that subject, headers and bodies agree."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL and C1 (Gmail clips a mail at them), lone surrogates, noncharacters, line and
# paragraph separators, and the bidirectional controls that can make a sentence read differently from what it says.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SPACE = re.compile(r"\s+")
_HAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"
_SPACE_IN_CHINESE = re.compile(f"(?<=[{_HAN}])[ \u3000]+(?=[{_HAN}])")


def clean(text: str) -> str:
    """The same words without characters that no mail should carry; newlines and tabs stay."""
    return _UNSAFE.sub("", text)


def one_line(text: str) -> str:
    """``text`` as one line for a header or a title: every run of white space is one space."""
    return clean(_SPACE.sub(" ", text)).strip()


def without_gaps(text: str) -> str:
    """One line with the spaces between two Chinese characters dropped (简 讯 is 简讯)."""
    return _SPACE_IN_CHINESE.sub("", one_line(text))


def cut(text: str, length: int) -> str:
    """At most ``length`` characters, the last one … where something was left out."""
    return text if len(text) <= length else text[: length - 1].rstrip("，、；：。,;: ") + "…"
