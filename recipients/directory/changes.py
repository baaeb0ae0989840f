"""An import: what it would change, the writing of it, and its undoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session, col

from recipients import tables
from recipients.difference import Current, Difference, Scope, compare
from recipients.directory.bulk import table_of
from recipients.directory.holders import Beginning, begin_holders, end_holders, memberships_to_carry
from recipients.directory.people import each_holding
from recipients.directory.units import Notes, carry_out, groups, known_names, make_missing, regroup
from recipients.people import comparison_key
from recipients.roster import Roster
from recipients.unit_names import Act


class LaterImportError(Exception):
    """An import takes effect after this one would: that one has to be undone first, or this one put after it."""

    def __init__(self, number: int, at: datetime) -> None:
        super().__init__(number)
        self.number, self.at = number, at


class NothingToUndoError(Exception):
    """No import has changed anything, or all that did are undone."""


def difference(
    session: Session, roster: Roster, scope: Scope, at: datetime, slips: Mapping[str, str] | None = None
) -> Difference:
    """What ``apply`` would do; reads only. ``at`` aware; ``slips``: key of a wrongly written unit -> its own name."""
    today = (Current(one.id, one.holder, one.imported) for one in each_holding(session, at))
    return compare(today, roster.people, scope, known_names(session) | dict(slips or {}), groups(session))


def unknown_units(session: Session, roster: Roster) -> list[str]:
    """Units the roster names and the directory does not, in the order of the roster."""
    known = known_names(session)
    named = (person.holder.post.unit.name for person in roster.people)
    return list(dict.fromkeys(name for name in named if name and comparison_key(name) not in known))


def begin_import(
    session: Session,
    scope: Scope,
    at: datetime,
    actor: str,
    *,
    source: str,
    file_hash: str,
    created_at: datetime | None = None,
    acts: Sequence[Act] = (),
) -> tuple[int, Notes]:
    """Enters the import and carries out what was said about units; its number. Raises LaterImportError, UnitError."""
    run_table = tables.ImportRun
    later = session.execute(
        select(col(run_table.id), col(run_table.at)).where(
            col(run_table.at) > at, col(run_table.undone_at).is_(None), _changed_something()
        )
    ).first()
    if later is not None:
        raise LaterImportError(later[0], later[1])
    run = run_table(
        source=source, file_hash=file_hash, scope=scope.value, at=at, created_at=created_at or at, created_by=actor,
        added=0, changed=0, ended=0, unchanged=0,
        units_changed=0,
    )  # fmt: skip
    session.add(run)
    session.flush()
    assert run.id is not None
    notes = Notes()
    carry_out(session, acts, at, actor, run.id, notes)
    return run.id, notes


def finish_import(session: Session, run_id: int, notes: Notes, changes: Difference, at: datetime, actor: str) -> None:
    """Writes a ``difference`` taken in the same transaction, after ``begin_import``."""
    end_holders(session, [one.holder_id for one in changes.ended], at, run_id)
    regroup(session, changes.regrouped, notes)
    wanted = [one.holder.post.unit for one in changes.added] + [one.after.post.unit for one in changes.changed]
    units = make_missing(session, wanted, at, run_id, notes)
    changing = [one.current.holder_id for one in changes.changed]
    carried = memberships_to_carry(session, changing, imported=False)
    end_holders(session, changing, at, run_id, with_memberships=True)
    beginnings = [Beginning(units[one.holder.post.unit.key], one.holder, one.lists or ()) for one in changes.added]
    beginnings += [
        Beginning(units[one.after.post.unit.key], one.after, one.lists, carried.get(one.current.holder_id, ()))
        for one in changes.changed
    ]
    begin_holders(session, beginnings, at, actor, run_id)
    session.execute(
        update(table_of(tables.ImportRun))
        .where(table_of(tables.ImportRun).c.id == run_id)
        .values(
            added=len(changes.added), changed=len(changes.changed), ended=len(changes.ended),
            unchanged=changes.unchanged, units_before=notes.as_json(), units_changed=len(notes.units),
        )
    )  # fmt: skip


def apply(
    session: Session, changes: Difference, scope: Scope, at: datetime, actor: str, *, source: str, file_hash: str
) -> int:
    """An import without a word about units, begun and finished at once; its number."""
    run_id, notes = begin_import(session, scope, at, actor, source=source, file_hash=file_hash)
    finish_import(session, run_id, notes, changes, at, actor)
    return run_id


def undoable(session: Session) -> tables.ImportRun | None:
    """The import that ``undo_last`` would take back."""
    r = tables.ImportRun
    wanted = select(r).where(_changed_something(), col(r.undone_at).is_(None)).order_by(col(r.id).desc()).limit(1)
    return session.scalars(wanted).first()


def undo_last(session: Session, now: datetime, actor: str) -> tables.ImportRun:
    """Takes the last import that changed something out of the history, as if it had never been: what it began never
    held, what it ended goes on. Mailings keep their frozen rows. The undone import. Raises NothingToUndoError.
    """
    run = undoable(session)
    if run is None:
        raise NothingToUndoError
    assert run.id is not None
    holder, link, member = table_of(tables.Holder), table_of(tables.HolderAddress), table_of(tables.ListMember)
    theirs = link.c.holder_id.in_(select(holder.c.id).where(holder.c.import_id == run.id))
    for table, began in (
        (link, theirs),
        (holder, holder.c.import_id == run.id),
        (member, member.c.import_id == run.id),
    ):
        reopened = update(table).where(table.c.ended_import_id == run.id)
        session.execute(reopened.values(valid_to=None, ended_import_id=None))
        session.execute(update(table).where(began).values(valid_to=table.c.valid_from))
    _restore_units(session, run)
    run.undone_at, run.undone_by = now, actor
    session.flush()
    return run


def _restore_units(session: Session, run: tables.ImportRun) -> None:
    u, alias = tables.Unit, tables.UnitAlias
    for row in session.scalars(select(u).where(col(u.import_id) == run.id)):
        row.valid_to = row.valid_from
    for key, before in run.units_before.get("units", {}).items():
        row = session.get_one(u, int(key))
        row.key, row.name, row.group, row.merged_into = (
            before["key"], before["name"], before["group"], before["merged_into"],
        )  # fmt: skip
        row.valid_to = datetime.fromisoformat(before["valid_to"]) if before["valid_to"] else None
    for made in run.units_before.get("aliases", []):
        session.delete(session.get_one(alias, made))
    session.flush()


def _changed_something() -> ColumnElement[bool]:
    r = tables.ImportRun
    return col(r.added) + col(r.changed) + col(r.ended) + col(r.units_changed) > 0
