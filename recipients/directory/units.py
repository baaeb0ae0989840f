"""Units: which are known by which name, and the acts that change them while their old names stay readable.

What an act did is told to a ``Notes``, so that the import it belonged to can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from recipients import tables
from recipients.directory.bulk import insert_rows, update_rows
from recipients.directory.holders import Beginning, begin_holders, end_holders, memberships_to_carry
from recipients.directory.people import Holding, holdings
from recipients.people import Post, Unit, comparison_key
from recipients.unit_names import Act, ActKind


class UnitError(Exception):
    """An act that cannot be done; the message is a Chinese sentence."""


@dataclass(slots=True)
class Notes:
    """Columns of each touched unit as they were, by its id; ids of aliases that were made."""

    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: list[int] = field(default_factory=list)

    def keep(self, row: tables.Unit) -> None:
        before = {"key": row.key, "name": row.name, "group": row.group, "merged_into": row.merged_into}
        before["valid_to"] = row.valid_to.isoformat() if row.valid_to else None
        self.units.setdefault(str(row.id), before)

    def as_json(self) -> dict[str, Any]:
        return {"units": self.units, "aliases": self.aliases} if self.units or self.aliases else {}


def known_names(session: Session) -> dict[str, str]:
    """Key of every name of an open unit (its own, an abbreviation, a former one, a unit merged into it) -> its name."""
    u, alias = tables.Unit, tables.UnitAlias
    rows = session.execute(select(col(u.id), col(u.key), col(u.name), col(u.valid_to), col(u.merged_into))).all()
    heirs = {row.id: row.merged_into for row in rows}
    names = {row.id: row.name for row in rows if row.valid_to is None}

    def heir(unit_id: int | None) -> int | None:
        for _ in range(len(heirs)):
            if unit_id is None or unit_id in names:
                return unit_id
            unit_id = heirs.get(unit_id)
        return None

    found: dict[str, str] = {}
    for unit_id, key in session.execute(select(col(alias.unit_id), col(alias.key))):
        if (owner := heir(unit_id)) is not None:
            found[key] = names[owner]
    for row in rows:
        if row.valid_to is not None and (owner := heir(row.merged_into)) is not None:
            found[row.key] = names[owner]
    return found | {row.key: row.name for row in rows if row.valid_to is None}


def former_names(session: Session) -> dict[str, str]:
    """Key of a name an open unit no longer bears (its own earlier one, that of a unit merged into it) -> its name today."""
    u, alias = tables.Unit, tables.UnitAlias
    former = set(session.execute(select(col(alias.key)).where(col(alias.until).is_not(None))).scalars())
    former |= set(session.execute(select(col(u.key)).where(col(u.valid_to).is_not(None))).scalars())
    return {key: name for key, name in known_names(session).items() if key in former and key != comparison_key(name)}


def groups(session: Session) -> dict[str, str]:
    """Key of every open unit -> its group."""
    u = tables.Unit
    return dict(session.execute(select(col(u.key), col(u.group)).where(col(u.valid_to).is_(None))).all())


def make_missing(
    session: Session, wanted: Iterable[Unit], at: datetime, import_id: int | None, notes: Notes
) -> dict[str, int]:
    """Key -> id of every unit; new ones are put behind the last in the order given, a closed one is opened again."""
    u = tables.Unit
    known = {row.key: row for row in session.scalars(select(u))}
    last = session.execute(select(func.coalesce(func.max(col(u.position)), 0))).scalar_one()
    units = {unit.key: unit for unit in wanted}
    new = {key: unit for key, unit in units.items() if key not in known}
    for key in units:
        if key in known and known[key].valid_to is not None:
            notes.keep(known[key])
            known[key].valid_to = known[key].merged_into = None
    session.flush()
    insert_rows(
        session,
        u,
        [
            {
                "key": key, "name": unit.name, "unit_group": unit.group, "position": last + place, "valid_from": at,
                "valid_to": None, "merged_into": None, "import_id": import_id,
            }
            for place, (key, unit) in enumerate(new.items(), 1)
        ],
    )  # fmt: skip
    return dict(session.execute(select(col(u.key), col(u.id))).all())


def regroup(session: Session, changes: dict[str, str], notes: Notes) -> None:
    """Unit name -> its new group."""
    if not changes:
        return
    u = tables.Unit
    keys = [comparison_key(name) for name in changes]
    for row in session.scalars(select(u).where(col(u.key).in_(keys))):
        notes.keep(row)
    update_rows(session, u, "key", [{"_key": comparison_key(n), "unit_group": group} for n, group in changes.items()])
    session.expire_all()


def carry_out(
    session: Session, acts: Sequence[Act], at: datetime, actor: str, import_id: int | None, notes: Notes
) -> None:
    """Renames and merges. Raises UnitError."""
    for act in acts:
        if act.kind is ActKind.RENAME:
            rename(session, act.old, act.new, at, notes)
        elif act.kind is ActKind.MERGE:
            merge(session, act.old, act.new, at, actor, import_id, notes)


def rename(session: Session, old: str, new: str, at: datetime, notes: Notes) -> int:
    """The unit's id. Its old name stays: it is found by it, and it bears it before ``at``. Raises UnitError."""
    row = _open_unit(session, old)
    taken = session.scalars(select(tables.Unit).where(col(tables.Unit.key) == comparison_key(new))).first()
    if taken is not None and taken.id != row.id:
        raise UnitError(f"已经有单位叫“{new}”；要合并请用合并，不是更名。")
    notes.keep(row)
    assert row.id is not None
    alias = tables.UnitAlias(unit_id=row.id, key=row.key, name=row.name, until=at)
    session.add(alias)
    row.key, row.name = comparison_key(new), new
    session.flush()
    assert alias.id is not None
    notes.aliases.append(alias.id)
    return row.id


def merge(session: Session, old: str, into: str, at: datetime, actor: str, import_id: int | None, notes: Notes) -> int:
    """Closes ``old``; its people hold the same roles in ``into`` from then on. How many moved. Raises UnitError."""
    row, target = _open_unit(session, old), _open_unit(session, into)
    if row.id == target.id:
        raise UnitError(f"“{old}”和“{into}”是同一个单位。")
    assert target.id is not None
    unit = Unit(target.name, target.group)
    moving = _people_of(session, row, at)
    there = {one.holder.key for one in _people_of(session, target, at)}
    ids = [one.id for one in moving]
    carried = memberships_to_carry(session, ids, imported=True)
    end_holders(session, ids, at, import_id, with_memberships=True)
    beginnings = []
    for one in moving:
        holder = replace(one.holder, post=Post(unit, one.holder.post.role))
        if holder.key not in there:
            there.add(holder.key)
            beginnings.append(Beginning(target.id, holder, carried=carried.get(one.id, ())))
    begin_holders(session, beginnings, at, actor, import_id)
    notes.keep(row)
    row.valid_to, row.merged_into = at, target.id
    session.flush()
    return len(beginnings)


def close(session: Session, name: str, at: datetime, import_id: int | None, notes: Notes) -> int:
    """Ends the unit and everybody in it. How many people. Raises UnitError."""
    row = _open_unit(session, name)
    ids = [one.id for one in _people_of(session, row, at)]
    end_holders(session, ids, at, import_id)
    notes.keep(row)
    row.valid_to = at
    session.flush()
    return len(ids)


def add_alias(session: Session, name: str, alias: str) -> bool:
    """Another name by which lists may call the unit; False when it is known already. Raises UnitError."""
    row = _open_unit(session, name)
    if (owner := known_names(session).get(comparison_key(alias))) is not None:
        if owner == row.name:
            return False
        raise UnitError(f"“{alias}”已经是“{owner}”的名称。")
    assert row.id is not None
    session.add(tables.UnitAlias(unit_id=row.id, key=comparison_key(alias), name=alias))
    session.flush()
    return True


def arrange(session: Session, names: Sequence[str]) -> None:
    """Puts units into the official order: those named first, in this order, the others behind them as they stood."""
    u = tables.Unit
    rows = list(session.scalars(select(u).order_by(col(u.position), col(u.id))))
    wanted = {_open_unit(session, name).id: place for place, name in enumerate(names)}
    rows.sort(key=lambda row: wanted.get(row.id, len(wanted)))
    for place, row in enumerate(rows, 1):
        row.position = place
    session.flush()


def _open_unit(session: Session, name: str) -> tables.Unit:
    own = known_names(session).get(comparison_key(name))
    if own is None:
        raise UnitError(f"没有叫“{name}”的单位。")
    return session.scalars(select(tables.Unit).where(col(tables.Unit.key) == comparison_key(own))).one()


def _people_of(session: Session, row: tables.Unit, at: datetime) -> list[Holding]:
    h, p = tables.Holder, tables.Post
    ids = set(
        session.scalars(
            select(col(h.id))
            .join(p, col(p.id) == col(h.post_id))
            .where(col(p.unit_id) == row.id, or_(col(h.valid_to).is_(None), col(h.valid_to) > at))
        )
    )
    return [one for one in holdings(session, at) if one.id in ids]
