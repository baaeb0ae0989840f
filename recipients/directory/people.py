"""Who held which post at a moment, with addresses and single memberships; and the list as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlmodel import Session, col

from recipients import tables
from recipients.address import EmailAddress
from recipients.people import Holder, Post, Unit, role_order
from recipients.template import HEADER

_LEAF = 2000  # rows read at a time
_NOBODY: tuple[int, EmailAddress | None] = (0, None)


@dataclass(frozen=True, slots=True)
class Holding:
    """A holder of the directory. Memberships are codes; ``imported`` is the part of ``plus`` that a column 名单 made."""

    id: int
    holder: Holder
    unit_order: int
    plus: frozenset[str]
    minus: frozenset[str]
    imported: tuple[str, ...]
    has_left: bool


def valid(table: type[tables.Holder | tables.HolderAddress | tables.ListMember], at: datetime) -> ColumnElement[bool]:
    """valid_from <= at < valid_to, an open end included."""
    return (col(table.valid_from) <= at) & or_(col(table.valid_to).is_(None), col(table.valid_to) > at)


def holdings(session: Session, at: datetime, *, also_named: bool = False) -> list[Holding]:
    """Every holder of the moment ``at`` in official order; ``also_named``: and who has left while a list still names them."""
    return list(each_holding(session, at, also_named=also_named))


def each_holding(
    session: Session, at: datetime, *, also_named: bool = False, address_key: str | None = None
) -> Iterator[Holding]:
    """The same one after the other, a leaf of them in memory at a time; with ``address_key`` those written to at it."""
    using = true() if address_key is None else _uses(address_key, at)
    plus, minus, imported = _memberships(session, at, using)
    wanted = valid(tables.Holder, at)
    if also_named:
        wanted = or_(
            wanted,
            col(tables.Holder.id).in_(select(col(tables.ListMember.holder_id)).where(valid(tables.ListMember, at))),
        )
    wanted = wanted & using
    former = former_names(session, at)
    u, p, h = tables.Unit, tables.Post, tables.Holder
    rows = session.execute(
        select(
            col(h.id), col(h.name), col(h.title), col(h.phone), col(h.note), col(h.paper_only), col(h.care_of),
            col(h.is_essential), col(h.valid_to), col(p.role), col(u.id), col(u.name), col(u.group), col(u.position),
        )
        .join(p, col(p.id) == col(h.post_id))
        .join(u, col(u.id) == col(p.unit_id))
        .where(wanted)
        .order_by(col(u.position), col(u.id), col(h.id))
        .execution_options(yield_per=_LEAF)
    )  # fmt: skip
    posts: dict[tuple[str, str, str], Post] = {}
    addresses = _addresses(session, at, wanted)
    next_owner, next_address = next(addresses, _NOBODY)
    for (
        key, name, title, phone, note, paper, care_of, essential, valid_to, role, unit_id, unit_name, group, position,
    ) in rows:  # fmt: skip
        own: list[EmailAddress] = []
        while next_owner == key and next_address is not None:
            own.append(next_address)
            next_owner, next_address = next(addresses, _NOBODY)
        unit = former.get(unit_id, unit_name)
        post = posts.get((unit, group, role)) or posts.setdefault((unit, group, role), Post(Unit(unit, group), role))
        holder = Holder(post, name, tuple(own), title, phone, note, paper, care_of, essential)
        has_left = valid_to is not None and valid_to <= at
        yield Holding(
            key, holder, position, frozenset(plus.get(key, ())), frozenset(minus.get(key, ())),
            tuple(imported.get(key, ())), has_left,
        )  # fmt: skip


def former_names(session: Session, at: datetime) -> dict[int, str]:
    """Unit id -> what it was called at that moment, where that is not its name of today."""
    alias = tables.UnitAlias
    rows = session.execute(
        select(col(alias.unit_id), col(alias.name)).where(col(alias.until) > at).order_by(col(alias.until).desc())
    )
    return dict(rows.all())  # the earliest that was still in force comes last


def _addresses(
    session: Session, at: datetime, wanted: ColumnElement[bool]
) -> Iterator[tuple[int, EmailAddress | None]]:
    """(holder id, address) in the order of the holders who are ``wanted``. Texts that are the same are kept once."""
    a, link = tables.RecipientAddress, tables.HolderAddress
    u, p, h = tables.Unit, tables.Post, tables.Holder
    rows = session.execute(
        select(col(h.id), col(a.address), col(a.wire), col(a.address_key), col(a.domain))
        .join(link, col(link.holder_id) == col(h.id))
        .join(a, col(a.id) == col(link.address_id))
        .join(p, col(p.id) == col(h.post_id))
        .join(u, col(u.id) == col(p.unit_id))
        .where(wanted, valid(link, at))
        .order_by(col(u.position), col(u.id), col(h.id), col(link.position), col(link.id))
        .execution_options(yield_per=_LEAF)
    )
    domains: dict[str, str] = {}
    for holder_id, original, wire, key, domain in rows:
        spelled = original if wire == original else wire
        compared = spelled if key == spelled else key
        yield holder_id, EmailAddress(original, spelled, compared, domains.setdefault(domain, domain))


def _uses(address_key: str, at: datetime) -> ColumnElement[bool]:
    """Holders who have that address at the moment ``at``."""
    a, link = tables.RecipientAddress, tables.HolderAddress
    owners = (
        select(col(link.holder_id))
        .join(a, col(a.id) == col(link.address_id))
        .where(col(a.address_key) == address_key, valid(link, at))
    )
    return col(tables.Holder.id).in_(owners)


def _memberships(
    session: Session, at: datetime, using: ColumnElement[bool]
) -> tuple[dict[int, list[str]], dict[int, list[str]], dict[int, list[str]]]:
    """Holder id -> list codes: added, taken off, added by an import; of the holders ``using``."""
    m, d, h = tables.ListMember, tables.DistributionList, tables.Holder
    plus: dict[int, list[str]] = {}
    minus: dict[int, list[str]] = {}
    imported: dict[int, list[str]] = {}
    rows = session.execute(
        select(col(m.holder_id), col(d.code), col(m.sign), col(m.origin))
        .join(d, col(d.id) == col(m.list_id))
        .join(h, col(h.id) == col(m.holder_id))
        .where(valid(m, at), using)
        .order_by(col(d.lane))
    )
    for holder_id, code, sign, origin in rows:
        (plus if sign == "plus" else minus).setdefault(holder_id, []).append(code)
        if sign == "plus" and origin == "import":
            imported.setdefault(holder_id, []).append(code)
    return plus, minus, imported


def export_rows(session: Session, at: datetime) -> list[Sequence[str]]:
    """Header and one row a holder; importing them again changes nothing."""
    found = holdings(session, at)
    found.sort(key=lambda one: (one.unit_order, role_order(one.holder.post.role), one.id))
    return [HEADER, *(_export_row(one) for one in found)]


def _export_row(one: Holding) -> Sequence[Any]:
    h = one.holder
    addresses = "；".join(address.original for address in h.addresses)
    lists = "、".join(one.imported)
    return (
        h.post.unit.group,
        h.post.unit.name,
        h.name,
        h.post.role,
        h.title,
        h.phone,
        addresses,
        h.care_of,
        "是" if h.is_essential else "",
        lists,
        h.printed_note,
    )
