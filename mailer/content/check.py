"""The pre-flight check: what a careful proof-reader would say before an issue goes out.

Looks at form only: numbers, dates, marks, credits, printed lists, places where text may be lost. It is **no** secrecy
review and says so to nobody: a mark at the head is seen, the content is not judged. Pure; the date of today and the
numbers already taken come as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from mailer.content.issue import Finding, Issue, Item, Place, Severity
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.secrecy import is_state_secret

_INNER_MARK_RE: Final = re.compile(
    r"工作秘密|不得外传|严禁外传|请勿外传|内部资料|内部文件|内部参阅|内部刊物|仅供内部|注意保[存密]"
)
_CREDITS: Final = {
    "编辑": ("编辑", "责编", "主编", "编审", "编校"),
    "校对": ("校对", "审校", "校核", "编校"),
    "核签": ("核签", "签发", "审签", "审核", "审定", "核发", "签批", "批准"),
}
_PAIRS: Final = ("（）", "“”", "《》", "【】")
_FINISHED_RE: Final = re.compile(r"[。！？!?…：:；;.][”’\"』」》）)】]*$")
_LONGEST_SAMPLE: Final = 20
_SHORTEST_REPEAT: Final = 12
_OLD: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class KnownIssues:
    """The numbers already taken, with their dates: one bulletin, one series, and one year where numbers begin anew."""

    taken: tuple[tuple[int, date | None], ...] = ()

    @property
    def last(self) -> int | None:
        return max((number for number, _ in self.taken), default=None)

    def date_of(self, number: int) -> tuple[bool, date | None]:
        """(whether the number is taken, the date of that issue)."""
        return next(((True, day) for taken, day in self.taken if taken == number), (False, None))


def check(issue: Issue, *, known: KnownIssues | None, today: date) -> tuple[Finding, ...]:
    """Every finding, stops first, each group in the order of the paper. ``known`` is None where nothing is stored yet."""
    found = [
        *_head(issue, today),
        *_number(issue, known),
        *_marks(issue),
        *_contents(issue),
        *_texts(issue),
        *_foot(issue),
        *_left_over(issue),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.STOP))


def _stop(code: str, message: str, remedy: str, place: Place | None = None) -> Finding:
    return Finding(code, Severity.STOP, message, remedy, place or Place())


def _warn(code: str, message: str, remedy: str, place: Place | None = None) -> Finding:
    return Finding(code, Severity.WARNING, message, remedy, place or Place())


def _head(issue: Issue, today: date) -> Iterator[Finding]:
    head = Place(note="报头")
    if not issue.title:
        yield _warn("no_title", "报头没有认出刊名。", "请在第一行写上刊名。", head)
    if issue.issuing_office is None:
        yield _warn("no_office", "报头没有认出编发单位。", "请在期号下面写上编发单位全称。", head)
    if issue.date is None:
        what = f"报头的日期“{issue.date_printed}”不是一个完整、存在的日期。" if issue.date_printed else "报头没有日期。"
        yield _stop("no_date", what, "请写上年、月、日，例如“2026年3月9日”。", head)
    elif issue.date > today:
        days = (issue.date - today).days
        yield _warn(
            "date_future",
            f"印发日期 {issue.date_printed} 还没有到（晚 {days} 天）。",
            "请核对日期；若是提前准备，可定时发出。",
            head,
        )
    elif today - issue.date > _OLD:
        yield _warn(
            "date_old",
            f"印发日期 {issue.date_printed} 已过去 {(today - issue.date).days} 天。",
            "请核对年、月、日是否写错。",
            head,
        )
    elif issue.date != today:
        yield _warn(
            "date_not_today", f"印发日期 {issue.date_printed} 不是今天。", "若今天印发，请改日期；否则不必处理。", head
        )
    if not any(item.text.strip() for item in issue.items):
        yield _stop("no_text", "只有报头，没有正文。", "请确认文件完整，正文在报头和报尾之间。")


def _number(issue: Issue, known: KnownIssues | None) -> Iterator[Finding]:
    head = Place(note="报头")
    if issue.number is None:
        yield _stop("no_number", "报头没有期号。", "请写上期号，例如“第12期”。", head)
        return
    if known is None or known.last is None:
        return
    taken, day = known.date_of(issue.number)
    last = known.last
    if taken:
        when = f"（{day.year}年{day.month}月{day.day}日）" if day else ""
        yield _stop(
            "number_taken",
            f"第{issue.number}期已经收录过{when}。",
            f"请核对期号；上一期是第{last}期，顺序应为第{last + 1}期。",
            head,
        )
    elif issue.number != last + 1:
        way = "跳过了中间的期号" if issue.number > last else "比上一期小"
        yield _warn(
            "number_gap",
            f"期号是第{issue.number}期，上一期是第{last}期，{way}。",
            f"请核对期号；顺序应为第{last + 1}期。",
            head,
        )


def _marks(issue: Issue) -> Iterator[Finding]:
    if issue.secrecy is None:
        return
    head = Place(note="报头")
    if is_state_secret(issue.secrecy):
        yield _stop(
            "state_secret",
            f"报头标有密级“{issue.secrecy}”。国家秘密不得通过互联网邮件传递。",
            "请立即停止，按保密规定处理；若标错，请改正原稿后重新交来。",
            head,
        )
    elif _INNER_MARK_RE.search(despaced(issue.secrecy)):
        yield _warn(
            "inner_mark",
            f"报头标有“{issue.secrecy}”。",
            "请由负责人确认可以用邮件发给名单上的每个人，尤其是单位以外的邮箱。",
            head,
        )


def _contents(issue: Issue) -> Iterator[Finding]:
    if not issue.contents:
        return
    printed = {despaced(item.title) for item in issue.items if item.title}
    printed |= {despaced(section.heading) for section in issue.sections if section.heading}
    listed = {despaced(entry) for entry in issue.contents}
    for entry in issue.contents:
        if despaced(entry) not in printed:
            yield _warn(
                "contents_without_article",
                f"目录里的“{entry}”在正文中找不到同样的标题。",
                "请核对目录和正文的标题。",
                Place(note="目录"),
            )
    for item in issue.items:
        if item.title and despaced(item.title) not in listed:
            yield _warn(
                "article_not_in_contents",
                f"“{item.title}”没有列入目录。",
                "请补进目录，或核对标题是否一致。",
                item.place,
            )


def _texts(issue: Issue) -> Iterator[Finding]:
    seen: dict[str, Place] = {}
    for section in issue.sections:
        if not section.items:
            yield _warn(
                "empty_section",
                f"栏目【{section.heading}】下面没有内容。",
                "请补上内容，或删去这个栏目。",
                section.place,
            )
        for item in section.items:
            if not item.text.strip():
                yield _warn(
                    "empty_item", f"{_name(item)}只有标题，没有正文。", "请核对这一条是否缺了内容。", item.place
                )
            yield from _cuts(item)
            for paragraph in item.paragraphs:
                key = despaced(paragraph)
                if len(key) < _SHORTEST_REPEAT or key.startswith("|"):
                    continue
                if key in seen:
                    where = f"第 {seen[key].line} 行起的一条" if seen[key].line else "前面"
                    yield _warn(
                        "repeated_text",
                        f"“{_sample(paragraph)}”这一段与{where}完全相同。",
                        "请核对是否粘贴了两次。",
                        item.place,
                    )
                else:
                    seen[key] = item.place


def _cuts(item: Item) -> Iterator[Finding]:
    """Where a page break may have cost or split text: an unfinished sentence, a bracket that is not closed."""
    for paragraph in item.paragraphs:
        text = paragraph.rstrip()
        if text.startswith("|") or (len(text) < _SHORTEST_REPEAT and not text.endswith(("，", "、"))):
            continue
        open_pair = next((pair for pair in _PAIRS if text.count(pair[0]) != text.count(pair[1])), None)
        if open_pair:
            yield _warn(
                "unbalanced",
                f"“……{text[-_LONGEST_SAMPLE:]}”这一段的{open_pair}不成对。",
                "请核对分页处是否丢字、引号或括号是否漏写。",
                item.place,
            )
        elif "。" in text and not _FINISHED_RE.search(text):
            yield _warn(
                "unfinished",
                f"“……{text[-_LONGEST_SAMPLE:]}”像是没有写完的一句。",
                "请核对分页处是否断开或丢字。",
                item.place,
            )


def _foot(issue: Issue) -> Iterator[Finding]:
    foot = Place(note="报尾")
    labels = "、".join(issue.credits)
    for task, words in _CREDITS.items():
        if not any(word in labels for word in words):
            yield _warn("no_credit", f"报尾没有“{task}”署名。", f"请补上{task}人姓名；若本刊不署，可不必处理。", foot)
    for label, phrases in (("报", issue.distribution.report), ("发", issue.distribution.issue_to)):
        if not phrases:
            yield _warn(
                "no_printed_list", f"报尾没有印“{label}：”一行。", "请核对报尾；收件人仍按系统里的名单计算。", foot
            )


def _left_over(issue: Issue) -> Iterator[Finding]:
    for text in issue.unrecognised:
        where = f"（{text.place.note}）" if text.place.note else ""
        yield _warn(
            "unrecognised",
            f"“{_sample(text.text)}”{where}没有认出属于哪一部分，不会放进邮件正文。",
            "请核对；若是正文，请调整原稿的写法。",
            text.place,
        )


def _name(item: Item) -> str:
    name = item.title or "、".join(item.units) or item.topic or ""
    return f"“{name}”" if name else "有一条"


def _sample(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_SAMPLE else flat[:_LONGEST_SAMPLE] + "……"
