"""Pre-flight of the foot against what the office knows: credits, printed lists, unit names, personal mailboxes.

The roster comes as names and counts: this room knows no people.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mailer.content.findings import warn
from mailer.content.issue import Finding, Issue, Place

_CREDITS: Final = {
    "编辑": ("编辑", "责编", "主编", "编审", "编校"),
    "校对": ("校对", "审校", "校核", "编校"),
    "核签": ("核签", "签发", "审签", "审核", "审定", "核发", "签批", "批准"),
}
PERSONAL_DOMAINS: Final = frozenset({
    "qq.com", "vip.qq.com", "foxmail.com", "163.com", "126.com", "yeah.net", "188.com", "vip.163.com", "sina.com", "sina.cn",
    "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn", "tom.com", "21cn.com", "aliyun.com", "gmail.com", "outlook.com",
    "hotmail.com", "live.com", "live.cn", "msn.com", "icloud.com", "me.com", "yahoo.com", "yahoo.com.cn", "yahoo.cn",
})  # fmt: skip
_PUBLIC_TAIL_RE: Final = re.compile(r"(?:人民政府|办事处|党委|党工委|机关|委员会|管委会|公司|集团|总部)+")
_FOOT: Final = Place(note="报尾")
_MOST_UNKNOWN: Final = 30
_MOST_NAMED: Final = 5
_MOST_COMPARED: Final = 2_000
_NEAR: Final = 0.6


@dataclass(frozen=True, slots=True)
class KnownRoster:
    """What the office knows of its recipients. Whatever is left empty is not compared.

    ``units``: every name a unit goes by. ``renamed``: names that are no longer good, with today's. ``members``: how many
    people are on each list (报 送 发). ``unanswered``: by list, printed phrases nobody on it answers to; ``unprinted``: by
    list, units on it that no printed phrase covers. ``domains``: how many addresses there are in each mail domain.
    """

    units: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, int] = field(default_factory=dict)
    unanswered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unprinted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    domains: Mapping[str, int] = field(default_factory=dict)


def check_lists(issue: Issue, roster: KnownRoster | None) -> Iterator[Finding]:
    """Credits and printed lists; with a roster also its lists, both ways."""
    labels = "、".join(issue.credits)
    for task, words in _CREDITS.items():
        if not any(word in labels for word in words):
            yield warn("no_credit", f"报尾没有“{task}”署名。", f"请补上{task}人姓名；若本刊不署，可不必处理。", _FOOT)
    members: Mapping[str, int] = roster.members if roster is not None else {}
    for label, printed in issue.distribution.by_list().items():
        here = members.get(label, 0)
        if not printed and (label != "送" or here):
            told = f"，名单“{label}”里却有 {here} 人" if here else ""
            yield warn(
                "no_printed_list",
                f"报尾没有印“{label}：”一行{told}。",
                "请核对报尾；收件人仍按系统里的名单计算。",
                _FOOT,
            )
        elif printed and members and not here:
            yield warn(
                "list_empty",
                f"报尾印了“{label}：{'、'.join(printed[:3])}”，系统里的名单“{label}”却没有人。",
                f"请维护名单“{label}”；否则这些单位收不到邮件。",
                _FOOT,
            )
        elif printed and roster is not None and here:
            yield from _differences(label, roster)
    if roster is not None:
        yield from _personal(roster.domains, marked=issue.secrecy)


def _differences(label: str, roster: KnownRoster) -> Iterator[Finding]:
    """A printed line and its list, both ways."""
    if phrases := roster.unanswered.get(label):
        named = "”、“".join(phrases[:_MOST_NAMED]) + ("”等" if len(phrases) > _MOST_NAMED else "”")
        yield warn(
            "printed_not_on_list",
            f"报尾“{label}：”印了“{named}，系统里的名单“{label}”没有对应的人。",
            "请核对：要么名单缺了，要么报尾多印了；名单缺的收不到邮件。",
            _FOOT,
        )
    if units := roster.unprinted.get(label):
        more = f"等 {len(units)} 个单位" if len(units) > _MOST_NAMED else ""
        yield warn(
            "list_not_printed",
            f"{'、'.join(units[:_MOST_NAMED])}{more}在名单“{label}”上，报尾“{label}：”没有印到。",
            "请核对：要么报尾漏印了，要么名单该改；照现在的名单，他们会收到。",
            _FOOT,
        )


def _personal(domains: Mapping[str, int], *, marked: str | None) -> Iterator[Finding]:
    found = {domain: n for domain, n in domains.items() if domain.lower() in PERSONAL_DOMAINS}
    if found:
        most = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        told = "、".join(f"{domain} {n} 个" for domain, n in most[:5])
        inner = f"本期标有“{marked}”，更不宜发到个人邮箱。" if marked else ""
        yield warn(
            "personal_domain",
            f"名单里有 {sum(found.values())} 个个人邮箱（{told}）。",
            f"{inner}请改用单位邮箱，或由负责人确认可以发。",
            Place(note="名单"),
        )


def check_units(issue: Issue, roster: KnownRoster) -> Iterator[Finding]:
    """Unit labels of briefs that the directory does not know, each once, with the nearest name it knows."""
    if not roster.units:
        return
    known = {_key(unit): unit for unit in roster.units}
    renamed = {_key(old): new for old, new in roster.renamed.items()}
    told: set[str] = set()
    for item in issue.items:
        for unit in item.units:
            key = _key(unit)
            if key in told or key in known or any(_is_short_for(*sorted((key, name), key=len)) for name in known):
                continue
            told.add(key)
            if len(told) > _MOST_UNKNOWN:  # more would be another roster's units, and each is compared with all names
                message = f"名单里没有的单位超过 {_MOST_UNKNOWN} 个，其余没有逐一列出。"
                yield warn("unknown_unit", message, "请核对用的是不是本单位的名单。", item.place)
                return
            if key in renamed:
                message, remedy = f"“{unit}”已改名为“{renamed[key]}”。", f"请改为“{renamed[key]}”。"
            elif near := _nearest(key, known):
                slip = len(near) == len(key) and sum(a != b for a, b in zip(near, key, strict=True)) == 1
                name = known[near]
                message = f"名单里没有“{unit}”，相近的是“{name}”。"
                remedy = f"像是笔误，请核对是否“{name}”。" if slip else "请核对：单位改了名、是新单位，还是写错了。"
            else:
                message = f"名单里没有“{unit}”，也没有相近的名称。"
                remedy = "若是新单位，请补进名单；若不在发送范围，不必处理。"
            yield warn("unknown_unit", message, remedy, item.place)


def _nearest(key: str, known: Mapping[str, str]) -> str | None:
    near = difflib.get_close_matches(key, list(known)[:_MOST_COMPARED], 1, _NEAR)
    return near[0] if near else None


def _is_short_for(short: str, full: str) -> bool:
    """区文旅局 for 区文化和旅游局, 东街道 for 东街道办事处: the same signs in their order, ending alike or in a usual tail."""
    if not 3 <= len(short) <= len(full):
        return False
    if full.startswith(short) and _PUBLIC_TAIL_RE.fullmatch(full[len(short) :]):
        return True
    if short[0] != full[0] or short[-1] != full[-1] or len(short) == len(full):
        return False
    signs = iter(full)
    return all(sign in signs for sign in short)


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
