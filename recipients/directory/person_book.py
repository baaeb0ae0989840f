"""One holder of a post: what is known of them, whether they still hold it, and the acts on that single holding.

A change ends the row and begins another, so that every past day reads as it was; the office's list memberships go along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from recipients import tables
from recipients.directory.holders import Beginning, begin_holders, end_holders, memberships_to_carry
from recipients.directory.people import Holding, holdings
from recipients.people import Holder, comparison_key

_INSTANT = timedelta(microseconds=1)


class PersonError(Exception):
    """An act on a person that cannot be done; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """``holding`` as of its last moment, or of now. ``import_id``: the import that made the row, if one did."""

    holding: Holding
    unit_id: int
    valid_from: datetime
    valid_to: datetime | None
    import_id: int | None

    @property
    def holder(self) -> Holder:
        return self.holding.holder


def person(session: Session, holder_id: int, now: datetime) -> PersonEntry | None:
    """Also of somebody who has left, or has not begun. None: no such number, or an undone import made it."""
    h, p = tables.Holder, tables.Post
    row = session.execute(
        select(col(h.valid_from), col(h.valid_to), col(h.import_id), col(p.unit_id))
        .join(p, col(p.id) == col(h.post_id))
        .where(col(h.id) == holder_id)
    ).one_or_none()
    if row is None or row.valid_to == row.valid_from:
        return None
    at = max(row.valid_from, now if row.valid_to is None else min(now, row.valid_to - _INSTANT))
    found = next((one for one in holdings(session, at) if one.id == holder_id), None)
    return PersonEntry(found, row.unit_id, row.valid_from, row.valid_to, row.import_id) if found else None


def begin_person(session: Session, unit_id: int, holder: Holder, at: datetime, actor: str) -> int:
    """The new holding's id. Raises PersonError: the same person holds the same post already."""
    if _holding_ids(session, unit_id, holder):
        who = holder.name or "单位公用邮箱"
        raise PersonError(f"{holder.post.unit.name}的{holder.post.role}里已经有{who}，请在那一条上改。")
    begin_holders(session, [Beginning(unit_id, holder)], at, actor, None)
    return max(_holding_ids(session, unit_id, holder))


def change_person(session: Session, before: PersonEntry, after: Holder, at: datetime, actor: str) -> int:
    """From ``at`` on the holding reads ``after``, another name being another person in the post; the new holding's id.

    Raises PersonError: it is over, begins later, or ``after`` stands beside it already.
    """
    _must_hold(before, at)
    others = _holding_ids(session, before.unit_id, after)
    if any(one != before.holding.id for one in others):
        raise PersonError(f"{after.post.unit.name}的{after.post.role}里已经有{after.name or '单位公用邮箱'}。")
    carried = memberships_to_carry(session, [before.holding.id], imported=True)
    end_holders(session, [before.holding.id], at, None, with_memberships=True)
    begin_holders(
        session, [Beginning(before.unit_id, after, carried=carried.get(before.holding.id, ()))], at, actor, None
    )
    return max(_holding_ids(session, before.unit_id, after))


def end_person(session: Session, before: PersonEntry, at: datetime) -> None:
    """They hold the post no more; a list that names them singly says so until the office decides. Raises PersonError."""
    _must_hold(before, at)
    end_holders(session, [before.holding.id], at, None)


def _must_hold(before: PersonEntry, at: datetime) -> None:
    who = before.holder.name or before.holder.post.role
    if before.valid_to is not None:
        raise PersonError(f"{who}已经离任，这一条不能再改。")
    if before.valid_from > at:
        raise PersonError(f"{who}要到 {before.valid_from:%Y-%m-%d} 才开始，日期请定在那天或以后。")


def _holding_ids(session: Session, unit_id: int, holder: Holder) -> list[int]:
    """Open holdings of that person in that post."""
    h, p = tables.Holder, tables.Post
    rows = session.execute(
        select(col(h.id), col(h.name))
        .join(p, col(p.id) == col(h.post_id))
        .where(
            col(p.unit_id) == unit_id,
            col(p.role_key) == comparison_key(holder.post.role),
            col(h.valid_to).is_(None),
        )
    )
    return [key for key, name in rows if comparison_key(name) == holder.key[2]]
