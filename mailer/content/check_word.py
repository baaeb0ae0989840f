"""Pre-flight of what a Word file holds besides its text: each revision, comment and hidden passage is a stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.content.findings import sample, stop
from mailer.content.issue import Finding, Issue, MarkKind, WordMark

_REMEDIES: Final = {
    MarkKind.REVISION: "请在 Word 的“审阅”里接受或拒绝这处修订后重新交来；现在按“全部接受”的样子读，确认无误可写明理由放行。",
    MarkKind.COMMENT: "请看过批注、改定正文后删除批注再交；批注本身不会发出去。",
    MarkKind.HIDDEN: "请在 Word 里显示隐藏文字，决定删去还是恢复；现在没有读进正文。",
}
_PARAGRAPH_END: Final = "¶"


def check_word(issue: Issue) -> Iterator[Finding]:
    for mark in issue.word_marks:
        yield stop(f"word_{mark.kind}", _told(mark), _REMEDIES[mark.kind], mark.place)


def _told(mark: WordMark) -> str:
    who = f"{mark.author or '没有署名的人'}{_day(mark.day)}"
    words = "" if mark.text == _PARAGRAPH_END else sample(mark.text, 40)
    quoted = f"“{words}”" if words else ""
    if mark.kind is MarkKind.COMMENT:
        return f"{who}的批注还在：{quoted or '（没有文字）'}。"
    if mark.kind is MarkKind.HIDDEN:
        return f"有隐藏文字{quoted}，纸上看不见。"
    if not mark.author and not quoted:
        return f"{mark.action}。"
    what = "的换段" if mark.text == _PARAGRAPH_END else quoted
    return f"{who}{mark.action}{what}，修订还没有接受。"


def _day(day: str) -> str:
    """2026-03-06 as （3月6日）; empty where Word kept no date."""
    _, _, rest = day.partition("-")
    month, _, number = rest.partition("-")
    return f"（{int(month)}月{int(number)}日）" if month.isdecimal() and number.isdecimal() else ""
