"""What a list of people would change: the people of today against the people of the file. Pure; writes nothing.

A blank cell erases nothing: an address, a telephone number or «只收纸质» stays until the file says something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from recipients.people import Holder, Post, Unit
from recipients.roster import Person, Place, Remark

HolderKey = tuple[str, str, str]


class Scope(StrEnum):
    """What the file is the whole truth about: nothing, the units it names, or the whole list."""

    ADD = "add"
    UNITS = "units"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Current:
    """A holder of today. ``lists``: codes of the lists an earlier import put them on singly."""

    holder_id: int
    holder: Holder
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A person of the file, several rows of the same person put together. ``lists`` None: the file does not say."""

    holder: Holder
    lists: tuple[str, ...] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Change:
    """``fields`` are the Chinese words for what differs; ``after`` is complete, blanks filled from today."""

    current: Current
    after: Holder
    lists: tuple[str, ...]
    fields: tuple[str, ...]


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


def compare(
    today: Sequence[Current],
    people: Iterable[Person],
    scope: Scope,
    aliases: Mapping[str, str],
    groups: Mapping[str, str],
) -> Difference:
    """``aliases``: key of another name -> the unit's own name; ``groups``: key of a unit of today -> its group."""
    incoming = _put_together(people, aliases, groups)
    known = {current.holder.key: current for current in today}
    found = Difference()
    for key, person in incoming.items():
        unit = person.holder.post.unit
        if unit.key in groups and unit.group != groups[unit.key]:
            found.regrouped[unit.name] = unit.group
        current = known.get(key)
        if current is None:
            found.added.append(person)
        elif change := _change(current, person, found.warnings):
            found.changed.append(change)
        else:
            found.unchanged += 1
    units = {key[0] for key in incoming}
    missing = [current for key, current in known.items() if key not in incoming]
    if scope is not Scope.ADD:
        found.ended = [c for c in missing if scope is Scope.FULL or c.holder.post.unit.key in units]
    found.untouched = len(missing) - len(found.ended)
    if scope is Scope.ADD:
        _name_others_in_post(found, missing)
    return found


def _put_together(
    people: Iterable[Person], aliases: Mapping[str, str], groups: Mapping[str, str]
) -> dict[HolderKey, Incoming]:
    """One entry for each person in a post, in the order of the file."""
    out: dict[HolderKey, Incoming] = {}
    for person in people:
        h = person.holder
        given = h.post.unit
        unit = Unit(aliases.get(given.key, given.name), given.group)
        unit = Unit(unit.name, unit.group or groups.get(unit.key, ""))
        holder = Holder(Post(unit, h.post.role), h.name, h.addresses, h.title, h.phone, h.note, h.paper_only)
        before = out.get(holder.key)
        if before is None:
            out[holder.key] = Incoming(holder, person.lists, person.place)
            continue
        b = before.holder
        addresses = {address.key: address for address in (*h.addresses, *b.addresses)}
        kept = [addresses[key] for key in dict.fromkeys(a.key for a in (*b.addresses, *h.addresses))]
        joined = Holder(
            b.post,
            b.name,
            tuple(kept),
            b.title or h.title,
            b.phone or h.phone,
            b.note or h.note,
            b.paper_only or h.paper_only,
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
    fields: list[str] = []
    addresses = old.addresses
    if new.addresses and {a.key for a in new.addresses} != {a.key for a in old.addresses}:
        fields.append("邮箱")
        addresses = new.addresses
    elif old.addresses and not new.addresses:
        warnings.append(
            Remark("kept_address", f"{who}：表里没有能用的邮箱，保留原来的 {old.addresses[0]}。", person.place)
        )
    paper = new.paper_only if new.note else old.paper_only
    texts = {"职务": (old.title, new.title), "电话": (old.phone, new.phone), "备注": (old.printed_note, new.note)}
    fields += [word for word, (before, after) in texts.items() if after and after != before]
    lists = current.lists if person.lists is None else person.lists
    if set(lists) != set(current.lists):
        fields.append("名单")
    if paper != old.paper_only and "备注" not in fields:
        fields.append("备注")
    if not fields:
        return None
    merged = Holder(
        old.post, old.name, addresses, new.title or old.title, new.phone or old.phone, new.note or old.note, paper
    )
    return Change(current, merged, lists, tuple(fields))


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
