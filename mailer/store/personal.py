"""What our books hold about the person behind an address, and the one way to forget it: no row goes, no sum moves.

Statuses, times, lists and reasons stay, because the ledger has to add up for ever; who it was does not. Given a Session,
never commits.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.store.core import acknowledgement, delivery, duty, event, returned, task

_SOMEBODY = "（已删除）"
_OPEN = [str(status) for status in DeliveryStatus if status.is_open]
_LEFT_OUT = {"raw"}  # returned mail in full: somebody else's words


def rows_about(session: Session, address_key: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, as they are, but for the bytes of returned mail."""
    ids = _deliveries(session, address_key)
    found = {"delivery": _rows(session, delivery, delivery.c.id.in_(ids))}
    for table in (duty, event, acknowledgement, returned, task):
        found[table.name] = _rows(session, table, table.c.delivery_id.in_(ids))
    return found


def open_deliveries(session: Session, address_key: str) -> int:
    """Rows that may still be sent."""
    rows = select(delivery.c.id).where(delivery.c.address_key == address_key, delivery.c.status.in_(_OPEN))
    return len(session.execute(rows).all())


def forget(session: Session, address_key: str, stand_in: str) -> int:
    """How many rows were changed. ``stand_in``: the same for the same address, so that one person stays one in reports."""
    ids = _deliveries(session, address_key)
    of_them = {table: table.c.delivery_id.in_(ids) for table in (duty, event, acknowledgement, returned, task)}
    changes: tuple[tuple[Table, Any, dict[str, Any]], ...] = (
        (duty, of_them[duty], {"holder": _SOMEBODY, "phone": "", "care_of": "", "holder_id": None}),
        (event, of_them[event], {"reply_text": None}),
        (acknowledgement, of_them[acknowledgement], {"who": "", "note": ""}),
        (returned, of_them[returned], {"raw": b"", "sender": "", "note": ""}),
        (task, of_them[task], {"title": _SOMEBODY, "detail": ""}),
        (
            delivery,
            delivery.c.id.in_(ids),
            {"address": stand_in, "address_key": stand_in, "name": _SOMEBODY, "reply_text": None},
        ),
    )
    return sum(
        session.connection().execute(update(table).where(condition).values(**values)).rowcount
        for table, condition, values in changes
    )


def open_tasks(session: Session, address_key: str) -> int:
    ids = _deliveries(session, address_key)
    return len(session.execute(select(task.c.id).where(task.c.delivery_id.in_(ids), task.c.state == "open")).all())


def mailings_of(session: Session, address_key: str) -> list[int]:
    """Numbers of the mailings that wrote to it."""
    rows = select(delivery.c.mailing_id).where(delivery.c.address_key == address_key).distinct()
    return sorted(session.execute(rows).scalars())


def _deliveries(session: Session, address_key: str) -> list[int]:
    return list(session.execute(select(delivery.c.id).where(delivery.c.address_key == address_key)).scalars())


def _rows(session: Session, table: Table, condition: Any) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name not in _LEFT_OUT]
    return [dict(row) for row in session.execute(select(*columns).where(condition)).mappings()]
