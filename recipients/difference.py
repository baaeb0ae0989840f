"""What a list of people would change: the people of today against the people of the file. Pure; writes nothing.

A blank cell erases nothing: an address, a telephone number or «只收纸质» stays until the file says something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from recipients.people import Holder, Post, Unit, comparison_key
from recipients.roster import Person, Place, Remark

HolderKey = tuple[str, str, str]


class Scope(StrEnum):
    """What the file is the whole truth about: nothing, the units it names, or the whole list."""

    ADD = "add"
    UNITS = "units"
    FULL = "full"


class MatchedBy(StrEnum):
    """How a row that is not the same person in the same post was connected with somebody of today."""

    POST = "post"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Current:
    """A holder of today. ``lists``: codes of the lists an earlier import put them on singly."""

    holder_id: int
    holder: Holder
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    by: MatchedBy
    current: Current

    def tell(self, new: Holder) -> str:
        """A Chinese sentence for the row."""
        old = self.current.holder
        before = f"{old.post.unit.name}{old.post.role}{old.name}"
        if self.by is MatchedBy.POST:
            return f"接替{old.name or '原邮箱'}任{new.post.unit.name}{new.post.role}"
        if comparison_key(old.name) == comparison_key(new.name):
            return f"由{old.post.unit.name}{old.post.role}转来" if old.post.key != new.post.key else f"即{before}"
        return f"邮箱原属{before}"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A person of the file, several rows of the same person put together. ``lists`` None: the file does not say."""

    holder: Holder
    lists: tuple[str, ...] | None
    place: Place
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """``field`` in Chinese; ``before`` and ``after`` as a person reads them."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """``after`` is complete, blanks filled from today."""

    current: Current
    after: Holder
    lists: tuple[str, ...]
    values: tuple[FieldChange, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(one.field for one in self.values)


@dataclass(slots=True)
class Difference:
    """``untouched``: people of today outside the file's reach. ``regrouped``: unit name -> new group."""

    added: list[Incoming] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    ended: list[Current] = field(default_factory=list)
    unchanged: int = 0
    untouched: int = 0
    regrouped: dict[str, str] = field(default_factory=dict)
    warnings: list[Remark] = field(default_factory=list)

    def moves(self) -> dict[int, Holder]:
        """Holder id of who is ended -> the same person in another post: the name and an address are the same."""
        began = {(comparison_key(h.name), a.key): h for one in self.added for h in [one.holder] for a in h.addresses}
        found = {}
        for one in self.ended:
            name = comparison_key(one.holder.name)
            after = next((began[name, a.key] for a in one.holder.addresses if (name, a.key) in began), None)
            if name and after is not None:
                found[one.holder_id] = after
        return found

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.ended or self.regrouped)


def compare(
    today: Iterable[Current],
    people: Iterable[Person],
    scope: Scope,
    aliases: Mapping[str, str],
    groups: Mapping[str, str],
) -> Difference:
    """``aliases``: key of another name -> the unit's own name; ``groups``: key of a unit of today -> its group.

    ``today`` is gone through once and only who changes or is missing is kept, so that it may be as long as the office is large.
    """
    incoming = _put_together(people, aliases, groups)
    found = Difference()
    missing: list[Current] = []
    outcome: dict[HolderKey, tuple[Change | None, list[Remark]]] = {}
    for current in today:
        key = current.holder.key
        if (person := incoming.get(key)) is None:
            missing.append(current)
        else:
            warnings: list[Remark] = []
            outcome[key] = _change(current, person, warnings), warnings
    matching = _Matching(missing, incoming.values())
    for key, person in incoming.items():
        unit = person.holder.post.unit
        if unit.key in groups and unit.group != groups[unit.key]:
            found.regrouped[unit.name] = unit.group
        if key not in outcome:
            found.added.append(replace(person, match=matching.find(person.holder)))
            continue
        change, warnings = outcome[key]
        found.warnings += warnings
        if change is not None:
            found.changed.append(change)
        else:
            found.unchanged += 1
    units = {key[0] for key in incoming}
    if scope is not Scope.ADD:
        found.ended = [c for c in missing if scope is Scope.FULL or c.holder.post.unit.key in units]
    found.untouched = len(missing) - len(found.ended)
    if scope is Scope.ADD:
        _name_others_in_post(found, missing)
    return found


class _Matching:
    """People of today the file no longer shows in their place, by post, by address, and by name in the unit."""

    def __init__(self, missing: Sequence[Current], incoming: Iterable[Incoming]) -> None:
        newcomers: dict[tuple[str, str], int] = {}
        for one in incoming:
            newcomers[one.holder.post.key] = newcomers.get(one.holder.post.key, 0) + 1
        self._posts: dict[tuple[str, str], list[Current]] = {}
        self._addresses: dict[str, list[Current]] = {}
        self._names: dict[tuple[str, str], list[Current]] = {}
        for current in missing:
            holder = current.holder
            self._posts.setdefault(holder.post.key, []).append(current)
            if holder.name:
                self._names.setdefault((holder.post.unit.key, holder.key[2]), []).append(current)
            for address in holder.addresses:
                self._addresses.setdefault(address.key, []).append(current)
        self._newcomers = newcomers

    def find(self, holder: Holder) -> Match | None:
        """Only what is plain: one in the post before and one now, one user of the address, one bearer of the name."""
        in_post = self._posts.get(holder.post.key, [])
        if len(in_post) == 1 and self._newcomers[holder.post.key] == 1:
            return Match(MatchedBy.POST, in_post[0])
        users = {id(c): c for address in holder.addresses for c in self._addresses.get(address.key, [])}
        if len(users) == 1:
            return Match(MatchedBy.ADDRESS, next(iter(users.values())))
        bearers = self._names.get((holder.post.unit.key, holder.key[2]), []) if holder.name else []
        return Match(MatchedBy.NAME, bearers[0]) if len(bearers) == 1 else None


def _put_together(
    people: Iterable[Person], aliases: Mapping[str, str], groups: Mapping[str, str]
) -> dict[HolderKey, Incoming]:
    """One entry for each person in a post, in the order of the file."""
    out: dict[HolderKey, Incoming] = {}
    posts: dict[Post, Post] = {}
    for person in people:
        post = person.holder.post
        if (own := posts.get(post)) is None:
            given = post.unit
            unit = Unit(aliases.get(given.key, given.name), given.group)
            unit = Unit(unit.name, unit.group or groups.get(unit.key, ""))
            own = posts[post] = post if unit == given else Post(unit, post.role)
        holder = person.holder if own is post else replace(person.holder, post=own)
        before = out.get(holder.key)
        if before is None:
            out[holder.key] = Incoming(holder, person.lists, person.place)
            continue
        b = before.holder
        addresses = {address.key: address for address in (*holder.addresses, *b.addresses)}
        kept = [addresses[key] for key in dict.fromkeys(a.key for a in (*b.addresses, *holder.addresses))]
        joined = replace(
            b,
            addresses=tuple(kept),
            title=b.title or holder.title,
            phone=b.phone or holder.phone,
            note=b.note or holder.note,
            paper_only=b.paper_only or holder.paper_only,
            care_of=b.care_of or holder.care_of,
            is_essential=b.is_essential or holder.is_essential,
        )
        lists = (
            None
            if person.lists is before.lists is None
            else tuple(dict.fromkeys((*(before.lists or ()), *(person.lists or ()))))
        )
        out[holder.key] = Incoming(joined, lists, before.place)
    return out


def _change(current: Current, person: Incoming, warnings: list[Remark]) -> Change | None:
    old, new = current.holder, person.holder
    who = f"{old.post.unit.name}{old.name or old.post.role}"
    values: list[FieldChange] = []
    addresses = old.addresses
    if new.addresses and {a.key for a in new.addresses} != {a.key for a in old.addresses}:
        values.append(FieldChange("邮箱", _addresses(old), _addresses(new)))
        addresses = new.addresses
    elif old.addresses and not new.addresses:
        warnings.append(
            Remark("kept_address", f"{who}：表里没有能用的邮箱，保留原来的 {old.addresses[0]}。", person.place)
        )
    paper = new.paper_only if new.note else old.paper_only
    texts = {
        "职务": (old.title, new.title), "电话": (old.phone, new.phone), "代收人": (old.care_of, new.care_of),
        "备注": (old.printed_note, new.note),
    }  # fmt: skip
    values += [FieldChange(word, *pair) for word, pair in texts.items() if pair[1] and pair[1] != pair[0]]
    lists = current.lists if person.lists is None else person.lists
    if set(lists) != set(current.lists):
        values.append(FieldChange("名单", "、".join(current.lists), "、".join(lists)))
    if paper != old.paper_only and not any(one.field == "备注" for one in values):
        values.append(FieldChange("备注", old.printed_note, new.note))
    if new.is_essential and not old.is_essential:
        values.append(FieldChange("必达", "", "是"))
    if not values:
        return None
    merged = replace(
        old,
        addresses=addresses,
        title=new.title or old.title,
        phone=new.phone or old.phone,
        note=new.note or old.note,
        paper_only=paper,
        care_of=new.care_of or old.care_of,
        is_essential=new.is_essential or old.is_essential,
    )
    return Change(current, merged, lists, tuple(values))


def _addresses(holder: Holder) -> str:
    return "；".join(address.original for address in holder.addresses)


def _name_others_in_post(found: Difference, missing: Iterable[Current]) -> None:
    """Adding ends nobody; that somebody else still holds the same post is said aloud."""
    others: dict[tuple[str, str], list[str]] = {}
    for current in missing:
        others.setdefault(current.holder.post.key, []).append(current.holder.name)
    for person in found.added:
        post = person.holder.post
        if names := others.get(post.key):
            message = f"{post.unit.name}{post.role}：新增{person.holder.name}，原有的{'、'.join(names)}仍在；要换人请用 --units。"
            found.warnings.append(Remark("other_holder", message, person.place))
