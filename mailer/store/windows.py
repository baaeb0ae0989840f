"""The window of a lease: which of its rows may begin. Renews the lease, grants the next window, takes out what may not go.

Every statement asks for the lease, so a worker that lost it changes nothing. Given a Session, never commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, select, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.core import delivery, lease, mailing
from mailer.store.ledger_rows import move_rows, record
from mailer.store.queue import Lease

# What every window asks is drawn up once: building a statement costs more than running it.
_is_held = and_(lease.c.id == bindparam("b_lease"), lease.c.worker_id == bindparam("b_worker"), lease.c.state == "open")
_renew = update(lease).where(_is_held).values(expires_at=bindparam("b_expires"))
_grant = (
    update(lease)
    .where(
        _is_held,
        select(mailing.c.id)
        .where(mailing.c.id == lease.c.mailing_id, mailing.c.status == str(MailingStatus.SENDING))
        .exists(),
    )
    .values(begun_to=bindparam("b_to"), expires_at=bindparam("b_expires"))
)


def renew(session: Session, lease_id: int, *, worker_id: str, expires_at: datetime) -> bool:
    """Keeps a lease alive. False: it is no longer ours."""
    changed = session.connection().execute(
        _renew, {"b_lease": lease_id, "b_worker": worker_id, "b_expires": expires_at}
    )
    return changed.rowcount == 1


def grant(session: Session, held: Lease, *, worker_id: str, begun_to: int, expires_at: datetime) -> bool:
    """Lets the rows before ``begun_to`` begin and renews the lease. False: lease lost, or the mailing does not send."""
    changed = session.connection().execute(
        _grant, {"b_lease": held.id, "b_worker": worker_id, "b_to": begun_to, "b_expires": expires_at}
    )
    return changed.rowcount == 1


class WindowGuard:
    """Takes out of a window what was suppressed since the claim.

    ``excluded`` is a predicate over delivery.c.address_key, which may ask for the parameter ``now``.
    """

    def __init__(self, excluded: ColumnElement[bool]) -> None:
        self._query = select(delivery.c.id, delivery.c.list_code, delivery.c.status).where(
            delivery.c.lease_id == bindparam("b_lease"),
            delivery.c.lease_seq >= bindparam("b_start"),
            delivery.c.lease_seq < bindparam("b_stop"),
            delivery.c.status == str(DeliveryStatus.ATTEMPTING),
            excluded,
        )

    def withhold(self, session: Session, held: Lease, window: slice, now: datetime) -> frozenset[int]:
        """The ids taken out."""
        rows = (
            session.connection()
            .execute(self._query, {"b_lease": held.id, "b_start": window.start, "b_stop": window.stop, "now": now})
            .all()
        )
        move_rows(
            session,
            held.mailing_id,
            rows,
            DeliveryStatus.WITHHELD,
            {"reason": "suppressed", "due_at": None, "finished_at": now, "attempts": delivery.c.attempts - 1},
        )
        record(session, held.mailing_id, [row.id for row in rows], DeliveryEventKind.WITHHELD, now, reason="suppressed")
        return frozenset(row.id for row in rows)
