"""Unit, Post, Holder as values: an office sends to posts, and a post outlives the person in it.

Owns how units, roles and names are compared and which words mean the same role. Nothing here is guessed from a name
or an official title: a role or a group is one only when the list says so.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from recipients.address import EmailAddress

LEADERS = "领导"  # the unit group whose every post is on 报

PAPER_NOTE = "只收纸质"

_NUMBERED = re.compile(r"(?:第[一二三四五])?(.+?)(?:\d|[一二三四五ab])?(?:号)?")
_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]{0,40}[)\]】〕]")

# What a column 分组, a sheet's name or a person's category may say to mean the leaders of the four bodies.
_LEADER_WORDS = frozenset(
    ["领导", "领导同志", "四套班子", "四套班子领导", "四大班子", "四大班子领导", "领导班子"]
    + [f"{level}{word}" for level in ("区", "县", "市", "旗", "省") for word in ("领导", "级领导", "领导同志", "四套班子领导", "四大班子领导")]
)  # fmt: skip

_ROLES = {
    "主要领导": (
        "主要领导",
        "主要负责人",
        "主要负责同志",
        "主要领导同志",
        "党政主要领导",
        "单位主要领导",
        "党政正职",
        "一把手",
    ),
    "主管领导": (
        "主管领导",
        "分管领导",
        "主管领导同志",
        "分管领导同志",
        "主管负责人",
        "分管负责人",
        "分管负责同志",
        "主管分管领导",
    ),
    "信息员": ("信息员", "联络员", "信息联络员", "信息报送员", "信息工作联络员", "通讯员"),
    LEADERS: tuple(_LEADER_WORDS),
}
_CANONICAL = {alias: role for role, aliases in _ROLES.items() for alias in aliases}
_CANONICAL_CELLS = _CANONICAL | {"联系人": "信息员", "工作联系人": "信息员"}  # as a header they mean any name
_ORDER = {role: place for place, role in enumerate((LEADERS, "主要领导", "主管领导", "信息员"))}


@lru_cache(maxsize=8192)  # units and roles come again in every row
def comparison_key(text: str) -> str:
    """Full and half width, case and white space make no difference; remarks in brackets stay part of the name."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=1024)
def canonical_role(role: str) -> str:
    """分管领导 -> 主管领导, 联络员 and 第一联络员 -> 信息员, 区领导 -> 领导; any other role stands for itself."""
    key = comparison_key(role)
    for word in (key, _BRACKETED.sub("", key)):
        if known := _CANONICAL_CELLS.get(word):
            return known
        if (numbered := _NUMBERED.fullmatch(word)) and (known := _CANONICAL_CELLS.get(numbered[1])):
            return known
    return key


def known_roles() -> tuple[str, ...]:
    """Every word that means a role, the longest first."""
    return tuple(sorted(_CANONICAL, key=len, reverse=True))


def role_order(role: str) -> int:
    """For sorting inside a unit: leaders, head, head in charge, information officer, others."""
    return _ORDER.get(canonical_role(role), len(_ORDER))


def is_leaders(text: str) -> bool:
    """Whether a column 分组, a sheet name or a person category names the leaders of the district (whole words only)."""
    return comparison_key(text) in _LEADER_WORDS


@dataclass(frozen=True, slots=True)
class Unit:
    """单位. ``group`` is LEADERS, another word of the list's column 分组, or empty."""

    name: str
    group: str = ""

    @property
    def key(self) -> str:
        return comparison_key(self.name)


@dataclass(frozen=True, slots=True)
class Post:
    """岗位: a role in a unit, whoever holds it. ``role`` as printed."""

    unit: Unit
    role: str

    @property
    def key(self) -> tuple[str, str]:
        return self.unit.key, comparison_key(self.role)


@dataclass(frozen=True, slots=True)
class Holder:
    """The person in a post. No address, or ``paper_only`` (只收纸质), means the office hands over a sheet of paper.

    ``care_of`` (代收人): whose mailbox it is when not their own. ``is_essential`` (必达): if no mail reaches them, somebody goes.
    """

    post: Post
    name: str
    addresses: tuple[EmailAddress, ...] = ()
    title: str = ""
    phone: str = ""
    note: str = ""
    paper_only: bool = False
    care_of: str = ""
    is_essential: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """The same person in the same post; an unnamed holder is the post itself (a unit's shared mailbox)."""
        return *self.post.key, comparison_key(self.name)

    @property
    def printed_note(self) -> str:
        """What the column 备注 must say for this holder."""
        return self.note or (PAPER_NOTE if self.paper_only else "")
