"""What the directory holds about the person behind an address, and the one way to forget it. Given a Session, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, SQLModel, col

from recipients import tables
from recipients.directory.people import valid

_SOMEBODY = "（已删除）"


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by table, as they are; ``holders_now``: how many posts the address serves today; ``names``: of its holders."""

    rows: dict[str, list[dict[str, Any]]]
    holders_now: int
    names: frozenset[str]
    open_requests: int


def known(session: Session, address_key: str, at: datetime) -> Known:
    """Everything kept under the address: who held it, on which lists, what was wished, why it is not written to."""
    ids = _holder_ids(session, address_key)
    addresses = select(col(tables.RecipientAddress.id)).where(col(tables.RecipientAddress.address_key) == address_key)
    found: dict[str, list[dict[str, Any]]] = {}
    for table, condition in (
        (tables.RecipientAddress, col(tables.RecipientAddress.address_key) == address_key),
        (tables.Holder, col(tables.Holder.id).in_(ids)),
        (tables.HolderAddress, col(tables.HolderAddress.address_id).in_(addresses)),
        (tables.ListMember, col(tables.ListMember.holder_id).in_(ids)),
        (tables.Suppression, col(tables.Suppression.address_key) == address_key),
        (tables.ChangeRequest, col(tables.ChangeRequest.address_key) == address_key),
        (tables.JoinRequest, col(tables.JoinRequest.address_key) == address_key),
    ):
        rows: list[SQLModel] = list(session.execute(select(table).where(condition)).scalars())
        found[str(table.__tablename__)] = [row.model_dump(mode="json") for row in rows]
    posts = select(tables.Post, tables.Unit).join(tables.Unit, col(tables.Unit.id) == col(tables.Post.unit_id))
    for holder in found["holder"]:
        post, unit = session.execute(posts.where(col(tables.Post.id) == holder["post_id"])).one()
        holder |= {"post": post.role, "unit": unit.name}
    now = session.execute(
        select(col(tables.HolderAddress.id)).where(
            col(tables.HolderAddress.address_id).in_(addresses), valid(tables.HolderAddress, at)
        )
    ).all()
    return Known(
        found,
        len(now),
        frozenset(holder["name"] for holder in found["holder"] if holder["name"]),
        sum(request["state"] == "open" for request in found["change_request"]),
    )


def forget(session: Session, address_key: str, stand_in: str) -> int:
    """Puts ``stand_in`` for the address and «（已删除）» for the people who had it; how many rows. Suppressions stay by the
    address, without their evidence: they are what keeps somebody from writing to it again.

    A holder who had other addresses as well keeps the post's history, without name, telephone and note.
    """
    ids = _holder_ids(session, address_key)
    gone = {"name": _SOMEBODY, "title": "", "phone": "", "note": "", "care_of": ""}
    request = {
        "address_key": stand_in,
        "value": "",
        "name": "",
        "reason": "",
        "answer": "",
        "tell_to": [],
        "told_to": [],
    }
    application = {
        "address": stand_in,
        "address_key": stand_in,
        "name": "",
        "unit": "",
        "network": "",
        "mail_after": None,
    }
    n = 0
    for table, condition, values in (
        (tables.Holder, col(tables.Holder.id).in_(ids), gone),
        (tables.Suppression, col(tables.Suppression.address_key) == address_key, {"evidence": ""}),
        (tables.ChangeRequest, col(tables.ChangeRequest.address_key) == address_key, request),
        (tables.JoinRequest, col(tables.JoinRequest.address_key) == address_key, application),
        (
            tables.RecipientAddress,
            col(tables.RecipientAddress.address_key) == address_key,
            {"address": stand_in, "wire": stand_in, "address_key": stand_in, "domain": stand_in.rpartition("@")[2]},
        ),
    ):
        n += session.connection().execute(update(table).where(condition).values(**values)).rowcount
    return n


def _holder_ids(session: Session, address_key: str) -> list[int]:
    held = (
        select(col(tables.HolderAddress.holder_id))
        .join(tables.RecipientAddress, col(tables.RecipientAddress.id) == col(tables.HolderAddress.address_id))
        .where(col(tables.RecipientAddress.address_key) == address_key)
    )
    return [int(id_) for id_ in session.execute(held.distinct()).scalars() if id_ is not None]
