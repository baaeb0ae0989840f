"""Ending and beginning of holdings, with their addresses and single memberships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from recipients import tables
from recipients.address import EmailAddress
from recipients.directory.bulk import end_rows, insert_rows, slices
from recipients.people import Holder, Post, comparison_key


@dataclass(frozen=True, slots=True)
class Beginning:
    """A holding that begins. ``lists``: codes of the imported memberships; ``carried``: other memberships,
    (list id, sign, origin, created_by), taken over from the row before it.
    """

    unit_id: int
    holder: Holder
    lists: tuple[str, ...] = ()
    carried: Sequence[tuple[int, str, str, str]] = field(default=())


def end_holders(
    session: Session, ids: Sequence[int], at: datetime, import_id: int | None, *, with_memberships: bool = False
) -> None:
    """Single memberships stay: a list that names who has left says so (withheld: left) until the office decides.

    ``with_memberships``: another row takes them over.
    """
    end_rows(session, tables.Holder, "id", ids, at, import_id)
    end_rows(session, tables.HolderAddress, "holder_id", ids, at, import_id)
    if with_memberships:
        end_rows(session, tables.ListMember, "holder_id", ids, at, import_id)


def memberships_to_carry(
    session: Session, ids: Sequence[int], *, imported: bool
) -> dict[int, list[tuple[int, str, str, str]]]:
    """Holder id -> open memberships; without those an import made, unless ``imported``."""
    m = tables.ListMember
    found: dict[int, list[tuple[int, str, str, str]]] = {}
    for part in slices(ids):
        rows = session.execute(
            select(col(m.holder_id), col(m.list_id), col(m.sign), col(m.origin), col(m.created_by)).where(
                col(m.holder_id).in_(part), col(m.valid_to).is_(None)
            )
        )
        for holder_id, *values in rows:
            if imported or values[2] == "office":
                found.setdefault(holder_id, []).append((values[0], values[1], values[2], values[3]))
    return found


def begin_holders(
    session: Session, beginnings: Sequence[Beginning], at: datetime, actor: str, import_id: int | None
) -> None:
    """Posts and addresses are made where they are missing."""
    if not beginnings:
        return
    d, h = tables.DistributionList, tables.Holder
    list_ids: dict[str, int] = dict(session.execute(select(col(d.code), col(d.id))).all())
    posts = _post_ids(session, [(one.unit_id, one.holder.post) for one in beginnings])
    addresses = _address_ids(session, [one.holder for one in beginnings], at)
    for part in slices(beginnings):
        last = session.execute(select(col(h.id)).order_by(col(h.id).desc()).limit(1)).scalar() or 0
        rows = []
        for one in part:
            post_id = posts[one.unit_id, comparison_key(one.holder.post.role)]
            values = {"post_id": post_id, "name": one.holder.name} | _details(one.holder)
            rows.append(values | {"valid_from": at, "valid_to": None, "import_id": import_id, "ended_import_id": None})
        insert_rows(session, h, rows)
        made = session.execute(select(col(h.post_id), col(h.name), col(h.id)).where(col(h.id) > last))
        ids = {(post, comparison_key(name)): key for post, name, key in made}
        numbered = [(ids[row["post_id"], one.holder.key[2]], one) for row, one in zip(rows, part, strict=True)]
        _link(session, [(key, one.holder.addresses) for key, one in numbered], addresses, at)
        _join(session, numbered, list_ids, at, actor, import_id)


def _details(holder: Holder) -> dict[str, Any]:
    return {
        "title": holder.title, "phone": holder.phone, "note": holder.note, "paper_only": holder.paper_only,
        "care_of": holder.care_of, "is_essential": holder.is_essential,
    }  # fmt: skip


def _post_ids(session: Session, wanted: Iterable[tuple[int, Post]]) -> dict[tuple[int, str], int]:
    p = tables.Post
    statement = select(col(p.unit_id), col(p.role_key), col(p.id))
    known = {(unit, role): key for unit, role, key in session.execute(statement)}
    new: dict[tuple[int, str], str] = {}
    for unit_id, post in wanted:
        key = (unit_id, comparison_key(post.role))
        if key not in known:
            new.setdefault(key, post.role)
    if not new:
        return known
    insert_rows(
        session, p, [{"unit_id": unit, "role_key": role_key, "role": role} for (unit, role_key), role in new.items()]
    )
    return {(unit, role): key for unit, role, key in session.execute(statement)}


def _address_ids(session: Session, holders: Iterable[Holder], at: datetime) -> dict[str, int]:
    """Key -> id of every address, new ones made."""
    a = tables.RecipientAddress
    wanted: dict[str, EmailAddress] = {}
    for holder in holders:
        for address in holder.addresses:
            wanted.setdefault(address.key, address)
    known = {key for (key,) in session.execute(select(col(a.address_key)))}
    insert_rows(
        session,
        a,
        [
            {"address": one.original, "wire": one.ascii, "address_key": key, "domain": one.domain, "created_at": at}
            for key, one in wanted.items()
            if key not in known
        ],
    )
    return dict(session.execute(select(col(a.address_key), col(a.id))).all())


def _link(
    session: Session,
    holders: Iterable[tuple[int, Sequence[EmailAddress]]],
    addresses: Mapping[str, int],
    at: datetime,
) -> None:
    period = {"valid_from": at, "valid_to": None, "ended_import_id": None}
    insert_rows(
        session,
        tables.HolderAddress,
        [
            {"holder_id": key, "address_id": addresses[one.key], "position": place, **period}
            for key, own in holders
            for place, one in enumerate(own)
        ],
    )


def _join(
    session: Session,
    numbered: Iterable[tuple[int, Beginning]],
    list_ids: Mapping[str, int],
    at: datetime,
    actor: str,
    import_id: int | None,
) -> None:
    common = {"valid_from": at, "valid_to": None, "import_id": import_id, "ended_import_id": None}
    rows: list[dict[str, Any]] = []
    for key, one in numbered:
        wanted = [(list_ids[code], "plus", "import", actor) for code in one.lists if code in list_ids]
        for list_id, sign, origin, created_by in (*wanted, *one.carried):
            rows.append(
                {
                    "holder_id": key,
                    "list_id": list_id,
                    "sign": sign,
                    "origin": origin,
                    "created_by": created_by,
                    **common,
                }
            )
    insert_rows(session, tables.ListMember, rows)
