"""A unit that a list names and the directory does not know: renamed, merged, written wrongly, or new.

Owns which known names are near an unknown one, and what a pair 旧=新 means. Decides nothing by itself: a person says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from recipients.people import comparison_key

NEAR = 0.75  # of SequenceMatcher's ratio
_SHOWN = 3
_KINDS = re.compile(
    r"(?:街道办事处|街道|委员会|办公室|管理局|地区|镇|乡|局|委|办|处|中心)$"
)  # what a rename often changes
_COUNTING = re.compile(r"[0-9一二三四五六七八九十甲乙丙丁]")


class ActKind(StrEnum):
    RENAME = "rename"  # a known unit gets a name nobody had
    MERGE = "merge"  # a known unit becomes part of another known one
    SLIP = "slip"  # the list writes a known unit wrongly
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Act:
    """``old`` and ``new`` are names as written; for NEW they are the same."""

    kind: ActKind
    old: str
    new: str

    @property
    def chinese(self) -> str:
        words = {
            ActKind.RENAME: f"“{self.old}”更名为“{self.new}”",
            ActKind.MERGE: f"“{self.old}”并入“{self.new}”",
            ActKind.SLIP: f"表中的“{self.old}”就是“{self.new}”",
            ActKind.NEW: f"“{self.new}”是新单位",
        }
        return words[self.kind]


class MappingError(Exception):
    """A pair that names no unit of the directory; the message is a Chinese sentence."""


def acts(pairs: Sequence[tuple[str, str]], new: Iterable[str], known: Mapping[str, str]) -> list[Act]:
    """What each (旧, 新) means. ``known``: key of every name of an open unit -> the unit's own name. Raises MappingError.

    Both known: 旧 merges into 新. Only 旧 known: it is renamed. Only 新 known: the list wrote 旧 for it. What a pair makes
    known counts for the pairs behind it, so that several units can become a new one.
    """
    found = []
    names = dict(known)
    for old, now in pairs:
        is_known, becomes_known = comparison_key(old) in names, comparison_key(now) in names
        if not is_known and not becomes_known:
            raise MappingError(f"“{old}”和“{now}”都不是现有单位，对应不上。")
        if is_known and becomes_known and names[comparison_key(old)] == names[comparison_key(now)]:
            raise MappingError(f"“{old}”和“{now}”本来就是同一个单位。")
        kind = ActKind.SLIP if not is_known else ActKind.MERGE if becomes_known else ActKind.RENAME
        if kind is ActKind.RENAME:
            names[comparison_key(now)] = now  # others may merge into it
        found.append(Act(kind, old, now))
    return [*found, *(Act(ActKind.NEW, name, name) for name in new)]


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names that ``name`` may mean, the nearest first, at most three; empty: nothing is near.

    Names that differ in a number (一中, 二中) are different units, not slips.
    """
    key = comparison_key(name)
    scored = []
    for other in known:
        candidate = comparison_key(other)
        if candidate == key or _COUNTING.findall(candidate) != _COUNTING.findall(key):
            continue
        score = _nearness(key, candidate)
        if score:
            scored.append((-score, other))
    return tuple(other for _, other in sorted(scored)[:_SHOWN])


def _nearness(one: str, other: str) -> float:
    short, long = sorted((one, other), key=len)
    if len(short) < 3 or len(long) > 3 * len(short):
        return 0.0
    if len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return 0.9
    stem = _KINDS.sub("", one)
    if len(stem) > 1 and stem == _KINDS.sub("", other):
        return 0.93  # 松陵镇, 松陵街道
    letters = iter(long)
    if short[0] == long[0] and short[-1] == long[-1] and all(ch in letters for ch in short):
        return 0.95  # 区文旅局, 区文化和旅游局
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < NEAR:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= NEAR else 0.0
