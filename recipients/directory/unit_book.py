"""Units as a person looks them up: in official order with every name they go by, and who holds which post there when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from recipients import tables
from recipients.directory.people import valid
from recipients.people import role_order


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """``former``: (name, up to when), the latest first; ``heir``: the unit it merged into; ``people``: holders of the day."""

    id: int
    name: str
    group: str
    position: int
    valid_from: datetime
    valid_to: datetime | None
    heir: str
    aliases: tuple[str, ...]
    former: tuple[tuple[str, datetime], ...]
    people: int

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it is found by."""
        return (self.name, *self.aliases, *(name for name, _ in self.former))


@dataclass(frozen=True, slots=True)
class Holding:
    """One holder of a post from-to; ``valid_to`` None: still."""

    id: int
    role: str
    name: str
    phone: str
    valid_from: datetime
    valid_to: datetime | None


def unit_book(session: Session, at: datetime, *, also_ended: bool = False) -> list[UnitEntry]:
    """In official order. ``also_ended``: closed and merged ones too."""
    u, alias, p, h = tables.Unit, tables.UnitAlias, tables.Post, tables.Holder
    rows = session.scalars(select(u).order_by(col(u.position), col(u.id))).all()
    own = {row.id: row.name for row in rows}
    counted = (
        select(col(p.unit_id), func.count())
        .join(h, col(h.post_id) == col(p.id))
        .where(valid(h, at))
        .group_by(col(p.unit_id))
    )
    people: dict[int, int] = dict(session.execute(counted).all())
    aliases: dict[int, list[str]] = {}
    former: dict[int, list[tuple[str, datetime]]] = {}
    for row in session.scalars(select(alias).order_by(col(alias.until).desc(), col(alias.id))):
        if row.until is None:
            aliases.setdefault(row.unit_id, []).append(row.name)
        else:
            former.setdefault(row.unit_id, []).append((row.name, row.until))
    return [
        UnitEntry(
            row.id or 0, row.name, row.group, row.position, row.valid_from, row.valid_to, own.get(row.merged_into, ""),
            tuple(aliases.get(row.id or 0, ())), tuple(former.get(row.id or 0, ())), people.get(row.id or 0, 0),
        )
        for row in rows
        if also_ended or row.valid_to is None or row.valid_to > at
    ]  # fmt: skip


def unit_entry(session: Session, unit_id: int, at: datetime) -> UnitEntry | None:
    return next((one for one in unit_book(session, at, also_ended=True) if one.id == unit_id), None)


def posts_of(session: Session, unit_id: int) -> list[tuple[str, Sequence[Holding]]]:
    """Each role of the unit with everybody who ever held it, the newest first; roles in their usual order.

    Rows that an undone import left behind (they never held) are not among them.
    """
    p, h = tables.Post, tables.Holder
    rows = session.execute(
        select(col(p.role), col(h.id), col(h.name), col(h.phone), col(h.valid_from), col(h.valid_to))
        .join(h, col(h.post_id) == col(p.id))
        .where(col(p.unit_id) == unit_id, col(h.valid_to).is_(None) | (col(h.valid_to) > col(h.valid_from)))
        .order_by(col(h.valid_from).desc(), col(h.id).desc())
    )
    posts: dict[str, list[Holding]] = {}
    for role, key, name, phone, valid_from, valid_to in rows:
        posts.setdefault(role, []).append(Holding(key, role, name, phone, valid_from, valid_to))
    return sorted(posts.items(), key=lambda one: (role_order(one[0]), one[0]))
