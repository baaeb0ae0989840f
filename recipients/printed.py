"""The printed 报, 送 and 发 lines of an issue against the rules of the lists, both ways.

Owns when a printed phrase means a group of units, a unit or a role. Pure; it changes nothing and stops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from recipients.audience import Audience, DistributionList, group_key
from recipients.people import LEADERS, canonical_role, comparison_key, is_leaders, known_roles

_CLAUSES = re.compile(r"[，,；;。]+")
_PARTS = re.compile(r"[、\s]+")
_EVERY = re.compile(r"^(?:各有关|各|全体|全区|全市|全县|区属|区直|市属|市直|县属|县直|直属|有关|相关|所有)+")
_GENERAL = re.compile(
    r"(?:各|全|区[属直]|[市县][属直]|有关|相关|所有|直属)*(?:镇街|街镇|乡镇|镇乡|镇|街道|部门|委办局|成员单位|责任单位|单位)"
)
_JOINED = re.compile(rf"({_GENERAL.pattern})(?:以及|和|及|与)(?=.)")
# what only a name of a unit ends with; 创城工作 before 信息员 is no unit but says which 信息员
_UNIT_ENDS = (
    *"镇乡街局委办部会院校府协联区县市处所站队厅团村社馆",
    "街道",
    "公司",
    "集团",
    "中心",
    "单位",
    "部门",
    "机关",
    "大学",
)
_ROLES = tuple(sorted(known_roles(), key=len, reverse=True))
# What a printed line calls units of a group, where the directory's column 分组 says it otherwise.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "领导": ("领导", "区委", "区人大", "区政府", "区政协", "四套班子", "上级"),
    "镇街": ("镇街", "街镇", "镇", "街道", "乡镇", "地区"),
    "委办局": ("委办局", "部门", "委", "办", "局", "直属单位", "成员单位", "责任单位"),
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """``list_code`` and what is wrong there: a printed phrase nobody of the audience answers to, or members (units, in the
    order of the audience) whom no printed phrase covers.
    """

    list_code: str
    phrase: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Member:
    unit: str
    unit_key: str
    group: str
    role: str


def compare(
    printed: Mapping[str, Sequence[str]],
    audience: Audience,
    groups: Mapping[str, str],
    lists: Iterable[DistributionList] = (),
) -> list[Mismatch]:
    """``printed``: list code -> phrases as printed; ``groups``: key of a unit -> its group; ``lists``: an agreed phrase of a
    list that is printed word for word covers everybody on it.
    """
    agreed = {each.code: comparison_key(each.phrase) for each in lists if each.phrase}
    members: dict[str, list[_Member]] = {code: [] for code in printed}
    for entry in audience.entries:
        key = comparison_key(entry.unit)
        one = _Member(entry.unit, key, group_key(groups.get(key, "")), canonical_role(entry.role))
        members.setdefault(entry.list_code, []).append(one)
    found: list[Mismatch] = []
    for code, people in members.items():
        if agreed.get(code) and agreed[code] in comparison_key("".join(printed.get(code, ()))):
            continue
        clauses = [_Clause.of(text) for line in printed.get(code, ()) for text in _CLAUSES.split(line) if text.strip()]
        found += [Mismatch(code, phrase=part) for clause in clauses for part in clause.without_members(people)]
        missing = dict.fromkeys(one.unit for one in people if not any(clause.covers(one) for clause in clauses))
        if missing:
            found.append(Mismatch(code, units=tuple(missing)))
    return found


@dataclass(frozen=True, slots=True)
class _Clause:
    """«各镇街、各委办局主要领导、信息员»: every one of its units with every one of its roles; either may be missing."""

    units: tuple[str, ...]
    roles: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        units, roles = [], []
        for part in filter(None, _PARTS.split(_JOINED.sub(r"\1、", text))):
            role = "" if is_leaders(part) else next((r for r in _ROLES if comparison_key(part).endswith(r)), "")
            unit = comparison_key(part)[: len(comparison_key(part)) - len(role)]
            if role.startswith("单位") and unit:
                role, unit = role.removeprefix("单位"), unit + "单位"
            if role:
                roles.append(role)
                unit = _whose(unit)
            if unit:
                units.append(unit)
        return cls(tuple(units), tuple(roles))

    def covers(self, one: _Member) -> bool:
        return self._has_unit(one) and (not self.roles or any(_is_role(role, one) for role in self.roles))

    def without_members(self, people: Sequence[_Member]) -> list[str]:
        units = [unit for unit in self.units if not any(_is_unit(unit, one) for one in people)]
        reached = [one for one in people if self._has_unit(one)]
        roles = [role for role in self.roles if reached and not any(_is_role(role, one) for one in reached)]
        return units + roles

    def _has_unit(self, one: _Member) -> bool:
        return not self.units or any(_is_unit(unit, one) for unit in self.units)


def _whose(unit: str) -> str:
    """The units before a role, without what only qualifies the role: 各成员单位创城 of 各成员单位创城联络员."""
    general = _GENERAL.match(unit)
    if general and not unit.endswith(_UNIT_ENDS):
        return general[0]
    return unit if unit.endswith(_UNIT_ENDS) or is_leaders(unit) or _EVERY.fullmatch(unit) else ""


def _is_role(role: str, one: _Member) -> bool:
    return canonical_role(role) in {one.role, one.group}


def _is_unit(phrase: str, one: _Member) -> bool:
    if is_leaders(phrase):
        return LEADERS in {one.group, one.role}
    bare = _EVERY.sub("", phrase).removesuffix("的").removesuffix("单位")
    if bare in {"", "成员", "责任"}:
        return one.group != LEADERS
    if bare in one.unit_key or one.unit_key in bare:
        return True
    if one.group and one.group in bare:
        return True
    return any(bare.endswith(word) for word in _GROUPS.get(one.group, ()))
