"""Lists, rules, single additions and exclusions, suppressions -> who is written to and who is not, and why.

Pure. Owns the meaning of a rule («units of group G × roles R») and the order of entries. Must not know mailings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recipients.address import EmailAddress
from recipients.list_policy import PLAIN, ListPolicy
from recipients.people import LEADERS, Holder, canonical_role, comparison_key, is_leaders, role_order
from recipients.suppression import Suppression, strongest


class Withheld(StrEnum):
    """Why an entry gets no mail; each of them is a sheet of paper or a telephone call for the office."""

    PAPER = "paper"
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    LEFT = "left"

    @property
    def chinese(self) -> str:
        return _CHINESE[self]


_CHINESE = {
    Withheld.PAPER: "只收纸质",
    Withheld.NO_ADDRESS: "没有邮箱",
    Withheld.SUPPRESSED: "已停发",
    Withheld.LEFT: "已离任",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Posts of units in ``group`` (empty: any), not in ``except_group``, in one of ``roles`` (empty: any).

    A rule that is not ``plus`` takes away; taking away is stronger.
    """

    group: str = ""
    except_group: str = ""
    roles: tuple[str, ...] = ()
    plus: bool = True

    @property
    def chinese(self) -> str:
        """«分组“领导”», «“领导”以外各单位的主要领导、信息员»."""
        units = (
            f"分组“{self.group}”"
            if self.group
            else f"“{self.except_group}”以外各单位"
            if self.except_group
            else "各单位"
        )
        return f"{units}的{'、'.join(self.roles)}" if self.roles else units

    def matches(self, holder: Holder) -> bool:
        group = group_key(holder.post.unit.group)
        if self.group and group != group_key(self.group):
            return False
        if self.except_group and group == group_key(self.except_group):
            return False
        role = canonical_role(holder.post.role)
        return not self.roles or role in {canonical_role(wanted) for wanted in self.roles}


def group_key(group: str) -> str:
    """区领导, 四套班子领导 ... are one group, LEADERS; any other stands for itself."""
    return LEADERS if is_leaders(group) else comparison_key(group)


@dataclass(frozen=True, slots=True)
class DistributionList:
    """``lane`` orders lists: the lower one wins where an address is on several. ``phrase`` is printed on the issue."""

    code: str
    name: str
    lane: int
    rules: tuple[Rule, ...] = ()
    is_duty: bool = True
    phrase: str = ""
    policy: ListPolicy = PLAIN

    @property
    def joining(self) -> str:
        """How people get on it who ask for it (recipients.list_policy); never on a duty list."""
        return "" if self.is_duty else self.policy.joining


# 报: the leaders, as a group of units or as a person's own category in any unit. 发: every other unit's three roles.
DEFAULT_LISTS = (
    DistributionList("报", "报送领导", 1, (Rule(group=LEADERS), Rule(roles=(LEADERS,)))),
    DistributionList("送", "送有关单位", 2),
    DistributionList("发", "发各单位", 3, (Rule(except_group=LEADERS, roles=("主要领导", "主管领导", "信息员")),)),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One holder as the directory knows them. ``plus`` and ``minus`` are codes of lists they are put on or taken off
    singly; ``has_left``: the holding is over, but a single addition still names the person.
    """

    holder: Holder
    holder_id: int | None = None
    unit_order: int = 0
    plus: frozenset[str] = frozenset()
    minus: frozenset[str] = frozenset()
    has_left: bool = False

    def is_on(self, wanted: DistributionList) -> bool:
        return bool(self.why_on(wanted))

    def why_on(self, wanted: DistributionList) -> str:
        """In Chinese, why the person is on the list; empty: they are not. Single exclusion, then single addition, then
        rules; who has left is on a list by addition only.
        """
        if wanted.code in self.minus:
            return ""
        if wanted.code in self.plus:
            return "单独列入"
        matching = [rule for rule in wanted.rules if rule.matches(self.holder)] if not self.has_left else []
        return f"规则：{matching[0].chinese}" if matching and all(rule.plus for rule in matching) else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One duty to be: a list, a holder, and one of their addresses (None: nothing to write to, or not wanted)."""

    list_code: str
    lane: int
    address: EmailAddress | None
    name: str
    unit: str
    role: str
    holder_id: int | None
    phone: str
    withheld: Withheld | None = None
    note: str = ""  # why it is suppressed, in Chinese
    why: str = ""  # why it is on the list, in Chinese
    care_of: str = ""  # 代收人
    is_essential: bool = False  # 必达


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address with every entry it serves, the first by lane first; without an address it serves exactly one entry.

    ``withheld`` only where every entry is.
    """

    address: EmailAddress | None
    entries: tuple[Entry, ...]

    @property
    def withheld(self) -> Withheld | None:
        return None if any(entry.withheld is None for entry in self.entries) else self.entries[0].withheld


@dataclass(frozen=True, slots=True)
class Audience:
    """Ordered by lane, unit, role, holder. ``entries`` may be gone through again and again; they need not be in memory."""

    entries: Collection[Entry]

    @property
    def included(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.withheld is None)

    @property
    def withheld(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.withheld is not None)

    def recipients(self) -> tuple[Recipient, ...]:
        """One for each address, in the order of its first entry: who is on several lists gets one copy."""
        by_address: dict[str | int, list[Entry]] = {}
        for number, entry in enumerate(self.entries):
            by_address.setdefault(entry.address.key if entry.address else number, []).append(entry)
        return tuple(Recipient(entries[0].address, tuple(entries)) for entries in by_address.values())


def assemble(
    lists: Iterable[DistributionList],
    candidates: Sequence[Candidate],
    suppressions: Iterable[Suppression],
    at: datetime,
) -> Audience:
    """``at``: suppressions are judged at that moment. Nobody on a list is left out: who gets no mail is withheld."""
    by_key = by_address(suppressions)
    ordered = sorted(candidates, key=in_unit_order)
    entries = [
        entry
        for wanted in sorted(lists, key=lambda item: item.lane)
        for entry in entries_of(wanted, ordered, by_key, at)
    ]
    return Audience(tuple(entries))


def by_address(suppressions: Iterable[Suppression]) -> dict[str, list[Suppression]]:
    """As ``entries_of`` takes them."""
    by_key: dict[str, list[Suppression]] = {}
    for suppression in suppressions:
        by_key.setdefault(suppression.address_key, []).append(suppression)
    return by_key


def in_unit_order(candidate: Candidate) -> tuple[int, int, int]:
    """The order of entries within a list."""
    return candidate.unit_order, role_order(candidate.holder.post.role), candidate.holder_id or 0


def entries_of(
    wanted: DistributionList,
    candidates: Iterable[Candidate],
    suppressions: Mapping[str, Sequence[Suppression]],
    at: datetime,
) -> Iterator[Entry]:
    """One list's entries, in the order of the candidates. ``suppressions``: by address."""
    for candidate in candidates:
        if why := candidate.why_on(wanted):
            yield from _entries(wanted, candidate, why, suppressions, at)


def _entries(
    wanted: DistributionList,
    candidate: Candidate,
    why: str,
    suppressions: Mapping[str, Sequence[Suppression]],
    at: datetime,
) -> Iterable[Entry]:
    holder = candidate.holder

    def entry(address: EmailAddress | None, withheld: Withheld | None, note: str = "") -> Entry:
        post, name = holder.post, holder.name
        return Entry(
            wanted.code,
            wanted.lane,
            address,
            name,
            post.unit.name,
            post.role,
            candidate.holder_id,
            holder.phone,
            withheld,
            note,
            why,
            holder.care_of,
            holder.is_essential,
        )

    if candidate.has_left:
        yield entry(None, Withheld.LEFT)
    elif holder.paper_only:
        yield entry(None, Withheld.PAPER)
    elif not holder.addresses:
        yield entry(None, Withheld.NO_ADDRESS)
    else:
        for address in holder.addresses:
            found = strongest(suppressions.get(address.key, ()), wanted.code, at)
            yield entry(address, Withheld.SUPPRESSED if found else None, found.reason.chinese if found else "")


def on_no_list(lists: Sequence[DistributionList], candidates: Iterable[Candidate]) -> list[Candidate]:
    """Who is in the directory and yet gets nothing: to be shown, never silent."""
    return [c for c in candidates if not c.has_left and not any(c.is_on(wanted) for wanted in lists)]
