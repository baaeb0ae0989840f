"""Rows of returned mail: kept once by content and envelope recipient, settled once. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlmodel import Session

from mailer.store.tables import ReturnedMailRow
from mailer.store.writes import insert_missing

returned: Table = ReturnedMailRow.__table__  # type: ignore[attr-defined]  # SQLModel's table, typed by nobody


def keep(session: Session, **values: Any) -> tuple[int, bool]:
    """The mail's id, and whether it is new here."""
    is_new = insert_missing(session, returned, values | {"state": "new", "kind": "", "note": ""})
    mail_id = session.execute(
        select(returned.c.id).where(
            returned.c.sha256 == values["sha256"], returned.c.envelope_rcpt == values["envelope_rcpt"]
        )
    ).scalar_one()
    return int(mail_id), is_new


def mail(session: Session, mail_id: int) -> Any:
    return session.execute(select(returned).where(returned.c.id == mail_id)).one()


def state(session: Session, mail_id: int) -> str:
    return str(session.execute(select(returned.c.state).where(returned.c.id == mail_id)).scalar_one())


def unsettled(session: Session) -> Sequence[int]:
    """Mails that were stored and not applied: their reader died, or they came before their time."""
    return session.execute(
        select(returned.c.id).where(returned.c.state.in_(["new", "waiting"])).order_by(returned.c.id)
    ).scalars().all()  # fmt: skip


def settle(session: Session, mail_id: int, *, state: str, kind: str, note: str, delivery_id: int | None = None) -> None:
    session.execute(
        update(returned)
        .where(returned.c.id == mail_id)
        .values(state=state, kind=kind, note=note[:500], delivery_id=delivery_id)
    )


def counts(session: Session) -> dict[tuple[str, str], int]:
    """(state, kind) -> how many."""
    rows = session.execute(
        select(returned.c.state, returned.c.kind, func.count()).group_by(returned.c.state, returned.c.kind)
    ).all()
    return {(row[0], row[1]): row[2] for row in rows}
