"""Requests to join that wait for the address's owner, and how many there were lately."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from recipients import tables


def enter(session: Session, row: tables.JoinRequest) -> int:
    """Its number."""
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def lately(session: Session, since: datetime, *, address_key: str | None = None, network: str | None = None) -> int:
    """How many were entered from ``since`` on: of an address, of a network, or in all."""
    r = tables.JoinRequest
    wanted = [col(r.created_at) >= since]
    wanted += [col(r.address_key) == address_key] if address_key is not None else []
    wanted += [col(r.network) == network] if network is not None else []
    return int(session.execute(select(func.count()).select_from(r).where(*wanted)).scalar_one())


def join_request(session: Session, number: int) -> tables.JoinRequest | None:
    return session.get(tables.JoinRequest, number)


def confirm(session: Session, number: int, at: datetime) -> None:
    """Its owner pressed the button."""
    r = tables.JoinRequest
    session.execute(update(r).where(col(r.id) == number, col(r.confirmed_at).is_(None)).values(confirmed_at=at))


def older(session: Session, before: datetime) -> int:
    """How many were entered before."""
    r = tables.JoinRequest
    return int(session.execute(select(func.count()).select_from(r).where(col(r.created_at) < before)).scalar_one())


def forget(session: Session, before: datetime) -> None:
    """Takes those out: what came of a confirmed one is a change request."""
    r = tables.JoinRequest
    session.execute(delete(r).where(col(r.created_at) < before))


def to_mail(session: Session, at: datetime) -> list[tables.JoinRequest]:
    """Those whose confirmation is due."""
    r = tables.JoinRequest
    return list(session.scalars(select(r).where(col(r.mail_after) <= at).order_by(col(r.id))))


def mailed(session: Session, number: int, again_at: datetime | None) -> None:
    """One try was made; the next at ``again_at``, or none."""
    r = tables.JoinRequest
    session.execute(update(r).where(col(r.id) == number).values(mail_after=again_at, tries=col(r.tries) + 1))
