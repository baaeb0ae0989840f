"""Entering, lifting and asking for suppressions; and the predicate by which other statements leave addresses out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, literal, or_, select, update
from sqlmodel import Session, col

from recipients import tables
from recipients.suppression import ALL_LISTS, Suppression, SuppressionReason, may_suppress


class DutyListError(Exception):
    """A machine may not suppress on a duty list; a person may (recipients.suppression.may_suppress)."""


def suppress(session: Session, wanted: Suppression, at: datetime, actor: str, *, by_person: bool) -> int:
    """Enters it and returns its number. One that says the same and is active is not repeated: its number comes back.

    Raises DutyListError. ``by_person``: a colleague decided this very case.
    """
    d, s = tables.DistributionList, tables.Suppression
    duty = select(col(d.id)).where(col(d.is_duty))
    if wanted.scope != ALL_LISTS:
        duty = duty.where(col(d.code) == wanted.scope)
    on_duty_list = session.execute(duty.limit(1)).first() is not None
    if not may_suppress(wanted.reason, on_duty_list=on_duty_list, by_person=by_person):
        raise DutyListError(wanted.address_key)
    same = select(col(s.id)).where(
        col(s.address_key) == wanted.address_key,
        col(s.scope) == wanted.scope,
        col(s.reason) == wanted.reason.value,
        col(s.lifted_at).is_(None),
        col(s.until).is_(None) if wanted.until is None else or_(col(s.until).is_(None), col(s.until) >= wanted.until),
    )
    if (known := session.execute(same.limit(1)).scalar_one_or_none()) is not None:
        return int(known)
    row = tables.Suppression(
        address_key=wanted.address_key,
        scope=wanted.scope,
        reason=wanted.reason.value,
        evidence=wanted.evidence,
        until=wanted.until,
        created_at=at,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def lift(session: Session, suppression_id: int, at: datetime, actor: str, because: str = "") -> bool:
    """Whether it was there and not lifted already. ``because``: a person's reason, or the success that proves it wrong."""
    s = tables.Suppression
    statement = update(s).where(col(s.id) == suppression_id, col(s.lifted_at).is_(None))
    changed = session.execute(
        statement.values(lifted_at=at, lifted_by=actor, lifted_because=because).returning(col(s.id))
    )
    return changed.first() is not None


def listed_suppressions(session: Session, at: datetime, *, also_past: bool = False) -> list[tables.Suppression]:
    """The rows themselves, with who entered and lifted them; those in force, or all."""
    s = tables.Suppression
    statement = select(s).order_by(col(s.id))
    return list(session.scalars(statement if also_past else statement.where(_active(at))))


def active_suppressions(session: Session, at: datetime, address_key: str | None = None) -> list[Suppression]:
    """In the order they were entered; of one address, or of all."""
    s = tables.Suppression
    wanted = select(s).where(_active(at)).order_by(col(s.id))
    rows = session.scalars(wanted if address_key is None else wanted.where(col(s.address_key) == address_key))
    return [
        Suppression(
            row.address_key, SuppressionReason(row.reason), row.scope, row.until, row.lifted_at, row.evidence, row.id
        )
        for row in rows
    ]


def _active(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    s = tables.Suppression
    return (
        (col(s.created_at) <= at)
        & or_(col(s.lifted_at).is_(None), col(s.lifted_at) > at)
        & or_(col(s.until).is_(None), col(s.until) > at)
    )


def suppressed_clause(
    address_key: ColumnElement[str],
    now: datetime | ColumnElement[datetime],
    list_code: ColumnElement[str] | str | None = None,
) -> ColumnElement[bool]:
    """EXISTS (an active suppression of ``address_key``), for the WHERE of a statement on another table.

    Without ``list_code`` only suppressions of every list count; with it those of that list too.
    """
    s = tables.Suppression
    scope = col(s.scope) == ALL_LISTS
    if list_code is not None:
        code = literal(list_code) if isinstance(list_code, str) else list_code
        scope = or_(scope, col(s.scope) == code)
    return exists().where(col(s.address_key) == address_key, scope, _active(now))
