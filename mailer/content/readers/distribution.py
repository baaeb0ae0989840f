"""The printed lists 报 / 送 / 发: their labels, their wrapped lines, their phrases as printed."""

from __future__ import annotations

import re
from typing import Final

from mailer.content.issue import Distribution
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.words import words

_LABELS: Final = {
    "report": words("报 报送 主送 呈报 抄报 呈送 上报 主报 呈 报送单位 主送单位 报送领导 报送范围"),
    "copy_to": words("送 抄送 分送 送达 抄送单位 并送 送阅"),
    "issue_to": words("""
    发 印发 分发 下发 发送 发至 增发 本期增发 印发单位 发放范围 发送单位 发送范围 印送
    加发 分发单位
    """),
}
_ROLE: Final = {word: role for role, words in _LABELS.items() for word in words}
_S: Final = r"[ \u3000\u00a0\t]{0,6}"
_WORDS: Final = "|".join(_S.join(word) for word in sorted(_ROLE, key=len, reverse=True))
_BEGIN_RE: Final = re.compile(
    rf"[ \u3000\t]*[（(【\[]?{_S}(?P<label>{_WORDS}){_S}(?:[】\]]{_S}[:：]?|[:：]|(?=[ \u3000\t]{{2}}|\u3000|\t)(?=.{{0,20}}[\u4e00-\u9fff]))"
)
_NEXT_RE: Final = re.compile(rf"(?:(?<=[ \u3000\t。；;])|^)(?P<label>{_WORDS}){_S}[:：]")
_DIVIDERS: Final = "、，,；;"
_OPENING: Final = "（(《“〔【"
_CLOSING: Final = "）)》”〕】"
# where a wrapped line breaks after a whole phrase although no 、 is printed, and words that still belong to the one before
_WHOLE_RE: Final = re.compile(
    r"(?:领导|同志|办公室|委|局|单位|街道|镇|乡|部门|成员|信息员|联络员|负责人|团体|政府|人大|政协|支队|大队|中心|公司|会|办)$"
)
_BELONGS_RE: Final = re.compile(r"领导|主要|分管|主管|负责|办公|同志|成员|信息员|联络员|各?班子")


def begins(text: str) -> bool:
    """Whether a line begins one of the lists."""
    return _BEGIN_RE.match(text) is not None


class Collector:
    """Gathers the lists over the lines of a foot."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {"report": [], "copy_to": [], "issue_to": []}
        self._role: str | None = None

    @property
    def goes_on(self) -> bool:
        return self._role is not None

    def end(self) -> None:
        """No line continues a list from here on (a rule, another part of the foot)."""
        self._role = None

    def begin(self, text: str) -> None:
        first = _BEGIN_RE.match(text)
        if first is None:
            return
        body = text.rstrip(BLANKS)
        if text.lstrip(BLANKS)[0] in "（(" and body.endswith(("）", ")")):
            body = body[:-1]
        marks = [first, *(mark for mark in _NEXT_RE.finditer(body, first.end()) if mark.start() >= first.end())]
        for mark, after in zip(marks, [*marks[1:], None], strict=True):
            self._role = _ROLE[despaced(mark["label"])]
            self._texts[self._role].append(body[mark.end() : after.start() if after else len(body)].strip(BLANKS))

    def more(self, text: str) -> None:
        """The next line of the list that was begun last."""
        if self._role is None:
            return
        texts = self._texts[self._role]
        above = texts[-1]
        apart = (
            not above or above.endswith(tuple(_DIVIDERS)) or (_WHOLE_RE.search(above) and not _BELONGS_RE.match(text))
        )
        texts[-1] = above + ("、" if apart and above and above[-1] not in _DIVIDERS else "") + text.strip(BLANKS)

    def result(self) -> Distribution:
        return Distribution(
            **{role: tuple(p for text in texts for p in phrases(text)) for role, texts in self._texts.items()}
        )


def phrases(text: str) -> list[str]:
    """The phrases of a list, divided by 、 ， ； and spaces outside brackets; a closing 。 is dropped."""
    found: list[str] = []
    text = text.rstrip(BLANKS + ".")
    begin, depth = 0, 0
    for at, sign in enumerate(text):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif depth == 0 and (sign in _DIVIDERS or sign in BLANKS or sign == "。"):
            found.append(text[begin:at])
            begin = at + 1
    found.append(text[begin:])
    return [phrase for phrase in (phrase.strip(BLANKS) for phrase in found) if phrase]
