"""Pre-flight of the body: contents against titles, repeated and unfinished text, what no reader will get to see."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

from mailer.content.findings import name_of, sample, stop, tail, warn, where
from mailer.content.issue import Finding, Issue, Item, Place, Section
from mailer.content.readers.lexicon import despaced

_PAIRS: Final = ("（）", "“”", "《》", "【】")
_FINISHED_RE: Final = re.compile(r"[。！？!?…：:；;.][”’\"』」》）)】]*$")
_ODD_BEGIN: Final = "，。、；：！？）”》】"
_NUMBER_RE: Final = re.compile(r"^(?:[（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．])(?![0-9])")
_SHORTEST_REPEAT: Final = 12
_MOST_COMPARED: Final = 300
_MOST_ENTRIES_COMPARED: Final = 40
_LONGEST_COMPARED: Final = 80
_NO_TEXT_NOTES: Final = ("图片", "链接")  # check_links speaks of these


def check_text(issue: Issue) -> Iterator[Finding]:
    if not any(item.text.strip() for item in issue.items):
        yield stop("no_text", "只有报头，没有正文。", "请确认文件完整，正文在报头和报尾之间。")
    yield from _contents(issue)
    seen: dict[str, Place] = {}
    for section in issue.sections:
        if not section.items:
            yield warn(
                "empty_section",
                f"栏目【{section.heading}】下面没有内容。",
                "请补上内容，或删去这个栏目。",
                section.place,
            )
        yield from _units(section)
        for item in section.items:
            if not item.text.strip():
                yield warn(
                    "empty_item", f"{name_of(item)}只有标题，没有正文。", "请核对这一条是否缺了内容。", item.place
                )
            yield from _cuts(item)
            yield from _repeats(item, seen)
    for text in issue.unrecognised:
        if not any(note in text.place.note for note in _NO_TEXT_NOTES):
            where_to = "邮件里排在最后" if text.is_for_readers else "不会放进邮件"
            yield warn(
                "unrecognised",
                f"“{sample(text.text)}”没有认出属于哪一部分，{where_to}。",
                "请核对；若是正文，请调整原稿的写法。",
                text.place,
            )


def _contents(issue: Issue) -> Iterator[Finding]:
    if not issue.contents:
        return
    titles = [item.title for item in issue.items if item.title]
    printed = [*titles, *(section.heading for section in issue.sections if section.heading)]
    packed = {_bare(title): title for title in printed}
    listed = {_bare(entry) for entry in issue.contents}
    nearly: set[str] = set()
    candidates = [title[:_LONGEST_COMPARED] for title in packed if title not in listed][:_MOST_COMPARED]
    missing = [entry for entry in issue.contents if _bare(entry) not in packed]
    for nth, entry in enumerate(missing):
        compared = candidates if nth < _MOST_ENTRIES_COMPARED else []
        near = difflib.get_close_matches(_bare(entry)[:_LONGEST_COMPARED], compared, 1, 0.6)
        near = [title for title in near if title in packed]
        nearly.update(near)
        yield warn(
            "contents_without_article",
            f"目录里的“{entry}”在正文中" + (f"是“{packed[near[0]]}”，两处不一致。" if near else "找不到同样的标题。"),
            "请核对目录和正文的标题。",
            Place(note="目录"),
        )
    for section in issue.sections:
        named = [item for item in section.items if item.title]
        absent = [item for item in named if _bare(item.title or "") not in listed | nearly]
        if absent == named and _bare(section.heading or "") in listed:
            continue  # the contents name the sections, not what is in them
        for item in absent:
            yield warn(
                "article_not_in_contents",
                f"“{item.title}”没有列入目录。",
                "请补进目录，或核对标题是否一致。",
                item.place,
            )
    in_both = [_bare(entry) for entry in issue.contents if _bare(entry) in packed]
    order = [_bare(title) for title in titles]
    both = [title for title in order if title in set(in_both)]
    if [entry for entry in in_both if entry in set(order)] != both and len(set(both)) == len(both):
        yield warn("contents_order", "目录的先后和正文不一样。", "请核对目录或正文的顺序。", Place(note="目录"))


def _bare(title: str) -> str:
    """Without spaces and without the number in front, which contents and text often write differently."""
    return _NUMBER_RE.sub("", despaced(title))


def _units(section: Section) -> Iterator[Finding]:
    """The same unit twice under one topic: often one of the two belongs to another unit, or was pasted twice."""
    seen: dict[tuple[str | None, str], Place] = {}
    for item in section.items:
        for unit in item.units:
            key = (item.topic, unit)
            if key in seen:
                above = where(seen[key])
                yield warn(
                    "repeated_unit",
                    f"“{unit}”在【{item.topic or section.heading or '同一栏目'}】里出现了两次"
                    + (f"（前一次在{above}）。" if above and seen[key] != item.place else "。"),
                    "请核对是否重复，或单位名称写错。",
                    item.place,
                )
            seen[key] = item.place


def _repeats(item: Item, seen: dict[str, Place]) -> Iterator[Finding]:
    for paragraph in item.paragraphs:
        key = despaced(paragraph)
        if len(key) < _SHORTEST_REPEAT or key.startswith("|"):
            continue
        if key in seen:
            above = f"{where(seen[key])}起的一条" if where(seen[key]) and seen[key] != item.place else "前面"
            yield warn(
                "repeated_text",
                f"“{sample(paragraph)}”这一段与{above}完全相同。",
                "请核对是否粘贴了两次。",
                item.place,
            )
        else:
            seen[key] = item.place


def _cuts(item: Item) -> Iterator[Finding]:
    """Where a page break may have cost or split text: an unfinished sentence, a bracket that is not closed."""
    for paragraph in item.paragraphs:
        text = paragraph.strip()
        if text.startswith("|") or (len(text) < _SHORTEST_REPEAT and not text.endswith(("，", "、"))):
            continue
        if text[0] in _ODD_BEGIN:
            yield warn(
                "odd_beginning",
                f"“{sample(text)}”这一段以标点“{text[0]}”开头，前面像是丢了字。",
                "请核对分页处是否丢字。",
                item.place,
            )
        open_pair = next((pair for pair in _PAIRS if text.count(pair[0]) != text.count(pair[1])), None)
        if open_pair:
            yield warn(
                "unbalanced",
                f"“{tail(text)}”这一段的{open_pair}不成对。",
                "请核对分页处是否丢字、引号或括号是否漏写。",
                item.place,
            )
        elif text.endswith(("，", "、")) or ("。" in text and not _FINISHED_RE.search(text)):
            yield warn("unfinished", f"“{tail(text)}”像是没有写完的一句。", "请核对分页处是否断开或丢字。", item.place)
