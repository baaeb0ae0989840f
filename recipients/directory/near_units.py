"""Which known units a list leaves out, and which of them an unknown name may mean: by the name, or by the people in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from recipients.directory.people import each_holding
from recipients.directory.units import known_names
from recipients.roster import Roster
from recipients.unit_names import nearest

_SHOWN = 3


def absent_units(session: Session, roster: Roster) -> tuple[str, ...]:
    """Open units that the list calls by none of their names."""
    known = known_names(session)
    shown = {known.get(person.holder.post.unit.key) for person in roster.people}
    return tuple(name for name in dict.fromkeys(known.values()) if name not in shown)


def near_units(
    session: Session, roster: Roster, unknown: Sequence[str], absent: Iterable[str], at: datetime
) -> dict[str, tuple[str, ...]]:
    """Unknown name -> the absent units it may mean, the likeliest first; empty: it is like none of them.

    A name that nothing resembles (环保局, 生态环境局) is told by its people: half of its addresses are another unit's today.
    """
    left_out = list(absent)
    former = _by_people(session, roster, unknown, set(left_out), at) if unknown and left_out else {}
    found = {}
    for name in unknown:
        names = (*former.get(name, ()), *nearest(name, left_out))
        found[name] = tuple(dict.fromkeys(names))[:_SHOWN]
    return found


def _by_people(
    session: Session, roster: Roster, unknown: Sequence[str], absent: set[str], at: datetime
) -> dict[str, tuple[str, ...]]:
    addresses: dict[str, set[str]] = {name: set() for name in unknown}
    for person in roster.people:
        if (own := addresses.get(person.holder.post.unit.name)) is not None:
            own |= {address.key for address in person.holder.addresses}
    asked = set().union(*addresses.values())
    owners: dict[str, str] = {}
    for one in each_holding(session, at):
        unit = one.holder.post.unit.name
        if unit in absent:
            owners |= {address.key: unit for address in one.holder.addresses if address.key in asked}
    found = {}
    for name, own in addresses.items():
        before = Counter(owners[key] for key in own if key in owners)
        found[name] = tuple(unit for unit, n in before.most_common(1) if 2 * n >= len(own))
    return found
