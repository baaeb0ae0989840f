"""Change requests in the directory, and the two changes a granted one makes to who is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from recipients import tables
from recipients.address import EmailAddress
from recipients.directory.holders import Beginning, begin_holders, end_holders, memberships_to_carry
from recipients.directory.people import Holding, each_holding, holdings
from recipients.people import Holder, canonical_role
from recipients.requests import ChangeRequest, RequestKind, RequestState


def enter_request(session: Session, wanted: ChangeRequest, at: datetime, actor: str) -> int:
    """Its number; the same wish, still open, is not entered twice: its number comes back."""
    r = tables.ChangeRequest
    same = select(col(r.id)).where(
        col(r.kind) == wanted.kind.value,
        col(r.address_key) == wanted.address_key,
        col(r.scope) == wanted.scope,
        col(r.value) == wanted.value,
        col(r.name) == wanted.name,
        col(r.state) == RequestState.OPEN.value,
    )
    if (known := session.execute(same.limit(1)).scalar()) is not None:
        return int(known)
    row = r(
        kind=wanted.kind.value, address_key=wanted.address_key, scope=wanted.scope, value=wanted.value, name=wanted.name,
        reason=wanted.reason, until=wanted.until, state=wanted.state.value, created_at=at, created_by=actor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def request(session: Session, request_id: int) -> ChangeRequest | None:
    row = session.get(tables.ChangeRequest, request_id)
    return _value(row) if row is not None else None


def open_requests(session: Session) -> list[ChangeRequest]:
    """In the order they came."""
    r = tables.ChangeRequest
    rows = session.scalars(select(r).where(col(r.state) == RequestState.OPEN.value).order_by(col(r.id)))
    return [_value(row) for row in rows]


def requests_of(session: Session, address_key: str, since: datetime) -> list[ChangeRequest]:
    """What was asked for the address from ``since`` on, and what is still open from before; in the order they came."""
    r = tables.ChangeRequest
    rows = session.scalars(
        select(r)
        .where(
            col(r.address_key) == address_key,
            or_(col(r.created_at) >= since, col(r.state) == RequestState.OPEN.value),
        )
        .order_by(col(r.id))
    )
    return [_value(row) for row in rows]


def decide(session: Session, request_id: int, state: RequestState, at: datetime, actor: str, answer: str) -> bool:
    """False when it was decided already."""
    r = tables.ChangeRequest
    changed = session.execute(
        update(r)
        .where(col(r.id) == request_id, col(r.state) == RequestState.OPEN.value)
        .values(state=state.value, decided_at=at, decided_by=actor, answer=answer)
        .returning(col(r.id))
    )
    return changed.first() is not None


def to_be_told(session: Session, address_key: str, at: datetime) -> list[str]:
    """The person and their unit, as SMTP addresses: the unit's own mailboxes, else its information officers."""
    using = list(each_holding(session, at, address_key=address_key))
    people = holdings(session, at) if using else []
    own = [a for one in using for a in one.holder.addresses if a.key == address_key]
    units = {one.holder.post.unit.key for one in using}
    others = [one.holder for one in people if one.holder.post.unit.key in units and one.holder.addresses]
    boxes = [holder for holder in others if not holder.name]
    officers = [holder for holder in others if canonical_role(holder.post.role) == "信息员"]
    of_unit = [holder.addresses[0] for holder in boxes or officers]
    return list({a.key: a.ascii for a in (*own, *of_unit)}.values())


def tell(session: Session, request_id: int, addresses: Sequence[str], at: datetime) -> None:
    """These shall hear by mail, from ``at`` on, how the request stands: that it came, or what was decided."""
    row = session.get_one(tables.ChangeRequest, request_id)
    row.tell_to, row.tell_after, row.tries = list(addresses), at if addresses else None, 0
    session.flush()


def untold(session: Session, at: datetime) -> list[tables.ChangeRequest]:
    """Requests somebody should hear of now."""
    r = tables.ChangeRequest
    return list(session.scalars(select(r).where(col(r.tell_after) <= at).order_by(col(r.id))))


def told(session: Session, request_id: int, state: str, heard: Sequence[str], again_at: datetime | None) -> list[str]:
    """``heard`` have been told that it is in ``state``; the rest at ``again_at``, or (None) not by mail. Who has still not
    heard; decided meanwhile, nobody has.
    """
    row = session.get_one(tables.ChangeRequest, request_id)
    if row.state != state:
        return list(row.tell_to)
    left = [address for address in row.tell_to if address not in heard]
    row.told_to, row.tell_to = [*row.told_to, *heard], left
    row.tell_after, row.tries = again_at if left else None, row.tries + 1
    session.flush()
    return left


def replace_address(
    session: Session, address_key: str, at: datetime, actor: str, *, new: EmailAddress | None, name: str = ""
) -> list[Holder]:
    """Everybody written to at ``address_key`` gets ``new`` instead; with ``name`` the post passes to that person, who keeps
    the old address where no new one is given. Who was changed, as they were.
    """
    using = list(each_holding(session, at, address_key=address_key))
    unit_ids = _unit_ids(session, using)
    ids = [one.id for one in using]
    carried = memberships_to_carry(session, ids, imported=True)
    end_holders(session, ids, at, None, with_memberships=True)
    beginnings = []
    for one in using:
        kept = [new if a.key == address_key and new is not None else a for a in one.holder.addresses]
        after = replace(one.holder, addresses=tuple({a.key: a for a in kept}.values()))
        if name:
            after = replace(after, name=name, phone="", title="", addresses=(new,) if new else after.addresses)
        beginnings.append(Beginning(unit_ids[one.id], after, carried=carried.get(one.id, ())))
    begin_holders(session, beginnings, at, actor, None)
    return [one.holder for one in using]


def _unit_ids(session: Session, people: Sequence[Holding]) -> dict[int, int]:
    h, p = tables.Holder, tables.Post
    rows = session.execute(
        select(col(h.id), col(p.unit_id))
        .join(p, col(p.id) == col(h.post_id))
        .where(col(h.id).in_([one.id for one in people]))
    )
    return dict(rows.all())


def _value(row: tables.ChangeRequest) -> ChangeRequest:
    return ChangeRequest(
        RequestKind(row.kind), row.address_key, row.scope, row.value, row.name, row.reason, row.until,
        RequestState(row.state), row.id,
    )  # fmt: skip
