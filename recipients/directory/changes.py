"""An import: what it would change, and the writing of it, in bulk statements that SQLite and PostgreSQL both know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlmodel import Session, SQLModel, col

from recipients import tables
from recipients.address import EmailAddress
from recipients.difference import Change, Current, Difference, Incoming, Scope, compare
from recipients.directory.people import holdings
from recipients.people import Holder, Unit, comparison_key
from recipients.roster import Roster

_CHUNK = 5000


def difference(session: Session, roster: Roster, scope: Scope, at: datetime) -> Difference:
    """What ``apply`` would do; reads only. ``at`` aware."""
    today = [Current(one.id, one.holder, one.imported) for one in holdings(session, at)]
    u, alias = tables.Unit, tables.UnitAlias
    aliases = session.execute(select(col(alias.key), col(u.name)).join(u, col(u.id) == col(alias.unit_id)))
    groups = session.execute(select(col(u.key), col(u.group)))
    return compare(today, roster.people, scope, dict(aliases.all()), dict(groups.all()))


def apply(
    session: Session, changes: Difference, scope: Scope, at: datetime, actor: str, *, source: str, file_hash: str
) -> int:
    """Writes a ``difference`` taken in the same transaction; returns the import's number. ``actor``: for the record."""
    run = tables.ImportRun(
        source=source,
        file_hash=file_hash,
        scope=scope.value,
        at=at,
        created_by=actor,
        added=len(changes.added),
        changed=len(changes.changed),
        ended=len(changes.ended),
        unchanged=changes.unchanged,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    _end(session, changes.ended, at)
    units = _units(session, [one.holder.post.unit for one in changes.added], changes.regrouped)
    d = tables.DistributionList
    list_ids = dict(session.execute(select(col(d.code), col(d.id))).all())
    writer = _Writer(session, at, actor, run.id, list_ids, _address_ids(session, changes, at))
    writer.add(changes.added, units)
    writer.change(changes.changed)
    return run.id


def _insert(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(_table(model)), list(rows))


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # made by SQLModel for table=True
    return table


def _update(session: Session, model: type[SQLModel], key: str, rows: Sequence[dict[str, Any]]) -> None:
    """One UPDATE for many rows; each row holds ``_key`` and the new values, the same names in all of them."""
    if rows:
        table = _table(model)
        statement = update(table).where(table.c[key] == bindparam("_key"))
        if "valid_to" in rows[0]:
            statement = statement.where(table.c.valid_to.is_(None))
        session.connection().execute(statement, list(rows))


def _end(session: Session, ended: Iterable[Current], at: datetime) -> None:
    """Single memberships stay: a list that names who has left says so (withheld: left) until the office decides."""
    rows = [{"_key": current.holder_id, "valid_to": at} for current in ended]
    _update(session, tables.Holder, "id", rows)
    _update(session, tables.HolderAddress, "holder_id", rows)


def _units(session: Session, wanted: Iterable[Unit], regrouped: dict[str, str]) -> dict[str, int]:
    """Key -> id of every unit, new ones made behind the last in the order of the file."""
    u = tables.Unit
    _update(
        session, u, "key", [{"_key": comparison_key(name), "unit_group": group} for name, group in regrouped.items()]
    )
    known = {key for (key,) in session.execute(select(col(u.key)))}
    last = session.execute(select(func.coalesce(func.max(col(u.position)), 0))).scalar_one()
    new = {unit.key: unit for unit in wanted if unit.key not in known}
    _insert(
        session,
        u,
        [
            {"key": key, "name": unit.name, "unit_group": unit.group, "position": last + place}
            for place, (key, unit) in enumerate(new.items(), 1)
        ],
    )
    return dict(session.execute(select(col(u.key), col(u.id))).all())


def _address_ids(session: Session, changes: Difference, at: datetime) -> dict[str, int]:
    """Key -> id of every address, new ones made."""
    a = tables.RecipientAddress
    holders = [one.holder for one in changes.added] + [one.after for one in changes.changed]
    wanted: dict[str, EmailAddress] = {}
    for holder in holders:
        for address in holder.addresses:
            wanted.setdefault(address.key, address)
    known = {key for (key,) in session.execute(select(col(a.address_key)))}
    _insert(
        session,
        a,
        [
            {"address": one.original, "wire": one.ascii, "address_key": key, "domain": one.domain, "created_at": at}
            for key, one in wanted.items()
            if key not in known
        ],
    )
    return dict(session.execute(select(col(a.address_key), col(a.id))).all())


def _post_ids(session: Session, added: Sequence[Incoming], units: Mapping[str, int]) -> dict[tuple[int, str], int]:
    p = tables.Post
    statement = select(col(p.unit_id), col(p.role_key), col(p.id))
    known = {(unit, role): key for unit, role, key in session.execute(statement)}
    new: dict[tuple[int, str], str] = {}
    for one in added:
        unit_key, role_key = one.holder.post.key
        if (units[unit_key], role_key) not in known:
            new.setdefault((units[unit_key], role_key), one.holder.post.role)
    _insert(
        session, p, [{"unit_id": unit, "role_key": role_key, "role": role} for (unit, role_key), role in new.items()]
    )
    return {(unit, role): key for unit, role, key in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class _Writer:
    """Holders, their addresses and single memberships of one import. ``list_ids``: code -> id; ``addresses``: key -> id."""

    session: Session
    at: datetime
    actor: str
    import_id: int
    list_ids: Mapping[str, int]
    addresses: Mapping[str, int]

    def add(self, added: Sequence[Incoming], units: Mapping[str, int]) -> None:
        if not added:
            return
        posts = _post_ids(self.session, added, units)
        rows = []
        for one in added:
            unit_key, role_key = one.holder.post.key
            values = {"post_id": posts[units[unit_key], role_key], "name": one.holder.name} | _details(one.holder)
            rows.append(values | {"valid_from": self.at, "valid_to": None, "import_id": self.import_id})
        _insert(self.session, tables.Holder, rows)
        h = tables.Holder
        made = self.session.execute(
            select(col(h.post_id), col(h.name), col(h.id)).where(col(h.import_id) == self.import_id)
        )
        ids = {(post, comparison_key(name)): key for post, name, key in made}
        numbered = [(ids[row["post_id"], one.holder.key[2]], one) for row, one in zip(rows, added, strict=True)]
        self._link([(key, one.holder.addresses) for key, one in numbered])
        self._join([(key, one.lists or ()) for key, one in numbered])

    def change(self, changed: Sequence[Change]) -> None:
        table = _table(tables.Holder)
        details = [{"_key": one.current.holder_id} | _details(one.after) for one in changed]
        if details:
            self.session.connection().execute(update(table).where(table.c.id == bindparam("_key")), details)
        moved = [one for one in changed if "邮箱" in one.fields]
        ends = [{"_key": one.current.holder_id, "valid_to": self.at} for one in moved]
        _update(self.session, tables.HolderAddress, "holder_id", ends)
        self._link([(one.current.holder_id, one.after.addresses) for one in moved])
        listed = [one for one in changed if "名单" in one.fields]
        m = tables.ListMember
        for start in range(0, len(listed), _CHUNK):
            keys = [one.current.holder_id for one in listed[start : start + _CHUNK]]
            imported = col(m.holder_id).in_(keys) & (col(m.origin) == "import") & col(m.valid_to).is_(None)
            self.session.execute(update(_table(m)).where(imported).values(valid_to=self.at))
        self._join([(one.current.holder_id, one.lists) for one in listed])

    def _link(self, holders: Iterable[tuple[int, Sequence[EmailAddress]]]) -> None:
        period = {"valid_from": self.at, "valid_to": None}
        _insert(
            self.session,
            tables.HolderAddress,
            [
                {"holder_id": key, "address_id": self.addresses[one.key], "position": place, **period}
                for key, own in holders
                for place, one in enumerate(own)
            ],
        )

    def _join(self, holders: Iterable[tuple[int, Sequence[str]]]) -> None:
        values = {"sign": "plus", "origin": "import", "created_by": self.actor, "valid_from": self.at, "valid_to": None}
        _insert(
            self.session,
            tables.ListMember,
            [
                {"holder_id": key, "list_id": self.list_ids[code], **values}
                for key, codes in holders
                for code in codes
                if code in self.list_ids
            ],
        )


def _details(holder: Holder) -> dict[str, Any]:
    return {"title": holder.title, "phone": holder.phone, "note": holder.note, "paper_only": holder.paper_only}
