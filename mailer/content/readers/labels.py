"""What stands at the head and the end of a brief: topic, unit label, run-in title, byline.

Owns the splitting of one paragraph into its briefs. Knows nothing of sections; where a label is doubtful the caller says
how much it expects one (``briefs``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailer.content.readers import lexicon
from mailer.content.readers.emphasis import BLANKS, Rich
from mailer.content.readers.lexicon import despaced

OPENING: Final = "【〖[［〔"
_CLOSING: Final = {"【": "】", "〖": "〗", "[": "]", "［": "］", "〔": "〕"}
_LABEL_SIGNS: Final = BLANKS + "★☆●○•▲△►▶◆◇■□◎※▪-"
_SENTENCE_ENDS: Final = "。！？!?…"
_CLOSERS: Final = '”’"』」》）)】'
_SHORTEST_TITLE: Final = 4
_LONGEST_LABEL: Final = 60
_JOINTLY: Final = ("联合", "共同", "分别")
_NUMBERED_RE: Final = re.compile(r"[（(]?[0-9０-９]{1,2}[)）、.．][ 　]*")
_CHINESE_NUMBERED_RE: Final = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[)）、.．][ 　]*")
_SENTENCE_END_RE: Final = re.compile(rf"[{re.escape(_SENTENCE_ENDS)}]+[{re.escape(_CLOSERS)}]*")
_LABEL_RE: Final = re.compile(rf"[^。！？!?；;：:，,\n【】]{{1,{_LONGEST_LABEL}}}[ 　]*(?P<colon>[：:])")
_NO_BYLINE_RE: Final = re.compile(
    r"见|附件|截至|下转|待续|注[:：]|试行|[。；！？!?;]|^[完略]$|[0-9０-９一二三四五六七八九十]+[个名人次项条户处家]|共计|以上|不含|其余|如图|下同|简称|全文|名单|征求意见"
)
_SURE_BYLINE_RE: Final = re.compile(
    r"本刊|供稿|来稿|^(?:[摘选转]编?自|原载|据)|文/图|图/文|文、图|摄|记者|通讯员|撰稿|报道|来源|[日晚晨时周]报$|网$|客户端$|公众号$|新华社|整理$|投稿|提供$"
)
_BYLINE_NAME_RE: Final = re.compile(r"[\u3400-\u9fff〇·A-Za-z、，, 　/／+“”\U00020000-\U0003ffff]{2,60}")
_LINK_RE: Final = re.compile(r"\[([^\[\]]{1,80})\]\([^()\s]{1,600}\)")


@dataclass(frozen=True, slots=True)
class Brief:
    """One part of a paragraph. ``starts`` is False for text that goes on with the item before it."""

    text: Rich
    topic: str | None = None
    units: tuple[str, ...] = ()
    starts: bool = False


def bracketed(rich: Rich) -> str | None:
    """The content of a line that is wholly in one pair of 【】 〖〗 [ ] (a colon may follow), else None."""
    text = rich.text.rstrip(BLANKS + ":：")
    if len(text) < 3 or text[0] not in _CLOSING or text[-1] != _CLOSING[text[0]]:
        return None
    inner = text[1:-1].strip(BLANKS)
    if not inner or len(inner) > 40 or any(sign in inner for sign in "【】〖〗[]［］〔〕。") or inner.isdigit():
        return None
    return inner


def split_briefs(rich: Rich, *, briefs: bool, topic: str | None = None) -> list[Brief]:
    """Cuts a paragraph at its topics and unit labels.

    ``briefs``: the paragraph stands where briefs are expected, so a short bold name is a label even if it does not end
    like a unit. ``topic``: the topic that already holds.
    """
    out: list[Brief] = []
    begun, starts = 0, False
    units: tuple[str, ...] = ()
    labelled = False
    for at in _candidates(rich.text):
        head = _head(rich, at, first=at == 0, briefs=briefs, labelled=labelled)
        if head is None:
            continue
        if at > 0:
            out.append(Brief(rich.cut(begun, at).strip(), topic if starts else None, units, starts))
        begun, new_topic, units = head
        topic = new_topic if new_topic is not None else topic
        starts = labelled = True
    last = rich.cut(begun).strip()
    out.append(Brief(last, topic if starts else None, units, starts))
    return [brief for brief in out if brief.text.text or brief.starts]


def _candidates(text: str) -> list[int]:
    """Where a label may begin: at the start, and after each end of a sentence (with the byline that closes it)."""
    found = [0]
    for match in _SENTENCE_END_RE.finditer(text):
        end = match.end()
        if text[end : end + 1] in {"（", "("}:
            close = text.find("）" if text[end] == "（" else ")", end, end + 60)
            if close > 0:
                found.append(close + 1)
        found.append(end)
    return sorted(at for at in set(found) if at < len(text))


def _head(
    rich: Rich, at: int, *, first: bool, briefs: bool, labelled: bool
) -> tuple[int, str | None, tuple[str, ...]] | None:
    """(where the text begins, new topic or None, units) if a brief begins at ``at``."""
    start = _skip(rich.text, at)
    new_topic: str | None = None
    numbered = _NUMBERED_RE.match(rich.text, start) if first else None
    if numbered and rich.text[numbered.end() : numbered.end() + 1] in _CLOSING:
        start = numbered.end()
    name, after = _bracket(rich.text, start)
    if name is not None:
        units = lexicon.units_of(name)
        if units:
            return _skip_colon(rich.text, after), None, units
        new_topic, start = name, _skip(rich.text, _skip_colon(rich.text, after))
    label = _label(
        rich, start, first=first or new_topic is not None, briefs=briefs or new_topic is not None, more=labelled
    )
    if label is not None:
        return label[0], new_topic, label[1]
    return (start, new_topic, ()) if new_topic is not None else None


def _bracket(text: str, at: int) -> tuple[str | None, int]:
    """(content, end) of a 【…】 with text after it."""
    if at >= len(text) or text[at] not in _CLOSING:
        return None, at
    end = text.find(_CLOSING[text[at]], at, at + 32)
    if end < 0 or (text[at] == "[" and text[end + 1 : end + 2] == "("):
        return None, at
    name = despaced(text[at + 1 : end])
    if (
        not 2 <= len(name) <= 24
        or name[0].isdigit()
        or not text[end + 1 :].strip(BLANKS)
        or any(sign in name for sign in "，。；：:,")
    ):
        return None, at
    return name, end + 1


def numbered(text: str) -> bool:
    """Whether a paragraph begins with a number in digits: 1. 2、 (3)."""
    return _NUMBERED_RE.match(text) is not None


def names_author(text: str) -> bool:
    """Whether a line says who wrote an article and nothing else: a unit, or a unit and a name (民族中学　马兰花)."""
    unit, *names = text.split() or [""]
    return bool(lexicon.units_of(text)) or (
        0 < len(names) <= 3 and all(len(name) <= 4 for name in names) and bool(lexicon.units_of(unit))
    )


def unnumbered(text: str) -> str:
    """The text behind such a number."""
    match = _NUMBERED_RE.match(text)
    return text[match.end() :] if match else text


def split_title(title: str) -> tuple[str | None, tuple[str, ...], str]:
    """(topic, units, title) of a title that begins with a label in brackets: 【食品安全】抽检合格率提高."""
    name, after = _bracket(title, 0)
    rest = title[after:].strip(BLANKS) if name else ""
    if name is None or len(rest) < _SHORTEST_TITLE:
        return None, (), title
    units = lexicon.units_of(name)
    return (None, units, rest) if units else (name, (), rest)


def _label(rich: Rich, at: int, *, first: bool, briefs: bool, more: bool) -> tuple[int, tuple[str, ...]] | None:
    text = rich.text
    if at >= len(text):
        return None
    numbered = _NUMBERED_RE.match(text, at) if first else None
    if numbered is None and first and briefs:
        numbered = _CHINESE_NUMBERED_RE.match(text, at)
    if numbered:
        at = numbered.end()
    bold_end = rich.bold_end(at)
    match = _LABEL_RE.match(text, at)
    if match and first and _titles(text, match.end(), bold_end):
        return None  # 街道：老楼里的议事会 in bold before the text is a title with a colon
    if match:
        name = text[at : match.start("colon")].strip(BLANKS)
        if not name or name[0] in "（(“":
            return None
        bold = bold_end >= at + len(name)
        units = lexicon.units_of(name) if first or bold or more else ()
        if not units and (bold or (first and briefs)) and (briefs or more):
            units = lexicon.loose_units_of(name, 12 if bold else 8)
        if units and not text[match.end() : match.end() + 2].startswith("//"):
            return match.end(), units
    if bold_end > at:
        name = text[at:bold_end].strip(BLANKS)
        rest = text[bold_end:].lstrip(BLANKS)
        if len(name) <= _LONGEST_LABEL and rest and rest[0] not in "，。；：、,.;:！？" and (first or more or briefs):
            joint = next((word for word in _JOINTLY if name.endswith(word)), "")  # 甲处、乙院联合 in bold: 联合开展…
            units = lexicon.units_of(name.removesuffix(joint))
            if units:
                return bold_end - len(joint), units
    return None


def _titles(text: str, colon_end: int, bold_end: int) -> bool:
    """Whether the bold run of a label goes on beyond its colon like a title: no end of a sentence, and text after it."""
    after = text[colon_end:bold_end].strip(BLANKS)
    return (
        len(after) > 3
        and after[-1] not in _SENTENCE_ENDS + "；;，,"
        and "。" not in after
        and bool(text[bold_end:].strip(BLANKS))
    )


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _LABEL_SIGNS:
        at += 1
    return at


def _skip_colon(text: str, at: int) -> int:
    start = at
    while at < len(text) and text[at] in BLANKS:
        at += 1
    return at + 1 if text[at : at + 1] in {"：", ":"} else start


def run_in_title(rich: Rich, *, closed: bool) -> tuple[str, Rich] | None:
    """(title, text) of a paragraph that begins with its title in bold.

    ``closed``: no article is open, so a title is to be expected; inside one the title must stand off by a space.
    """
    end = rich.bold_end(0)
    if not 0 < end < len(rich.text):
        return None
    title, rest = rich.text[:end].strip(BLANKS), rich.cut(end)
    if (
        not 4 <= len(title) <= 80
        or title[0] in OPENING
        or title[-1] in _SENTENCE_ENDS + "；;，,、：:"
        or "。" in title
        or lexicon.level_mark(title)
    ):
        return None
    apart = title != rich.text[:end] or rest.text[0] in BLANKS
    rest = rest.strip()
    if not rest.text or rest.text[0] in "，。；：、,.;:！？”）)》" or not (apart or (closed and len(title) >= 8)):
        return None
    return title, rest


def split_byline(text: str) -> tuple[str, str | None]:
    """(text without the closing （…） that names who wrote it, its content); a parenthesis of another kind stays."""
    body = text.rstrip(BLANKS)
    if not body.endswith(("）", ")")):
        return text, None
    start = max(body.rfind("（", max(0, len(body) - 800)), body.rfind("(", max(0, len(body) - 800)))
    if (
        start >= 0 and body[start - 1 : start] == "]"
    ):  # the address of a link: the parenthesis around it is further left
        start = max(body.rfind("（", 0, start), -1)
    if start < 0:
        return text, None
    name = body[start + 1 : -1].strip(BLANKS)
    before = body[:start].rstrip(BLANKS)
    if not is_byline(name) or (before and not _ends_sentence(before)):
        return text, None
    return before, name


def without_link(byline: str) -> tuple[str, str]:
    """(byline with the words of its links only, the links as written): （[北京日报](https://…)） names the paper."""
    links = " ".join(match[0] for match in _LINK_RE.finditer(byline))
    return (_LINK_RE.sub(r"\1", byline), links) if links else (byline, "")


def is_byline(name: str) -> bool:
    name = without_link(name)[0]
    if not 2 <= len(despaced(name)) <= 60 or _NO_BYLINE_RE.search(name):
        return False
    if _SURE_BYLINE_RE.search(name) or lexicon.units_of(name):
        return True
    return _BYLINE_NAME_RE.fullmatch(name) is not None and not lexicon.level_mark(name) and len(despaced(name)) <= 24


def _ends_sentence(text: str) -> bool:
    text = text.rstrip(_CLOSERS + BLANKS)
    if text.endswith("."):
        return not text[-2:-1].isdigit()  # 1. of 1.8 万 goes on
    return not text or text.endswith(tuple(_SENTENCE_ENDS + "；;"))


def ends_sentence(text: str) -> bool:
    """Whether a paragraph is finished: its last sentence is closed, or a byline follows its last sentence."""
    text = text.rstrip(BLANKS)
    if not text or text.endswith(("：", ":")) or _ends_sentence(text):
        return True
    return split_byline(text)[1] is not None
