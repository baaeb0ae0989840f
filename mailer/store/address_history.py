"""Reads across mailings: how an address fared lately, whom a delivery serves, which task is open about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.store.core import delivery, duty, issue, mailing, revision, task

_LIMIT = 60  # deliveries looked back on: more than any rule counts
_SAYS_NOTHING = (DeliveryStatus.PLANNED, DeliveryStatus.WITHHELD, DeliveryStatus.CANCELLED)
_MAY_COME_BACK = (DeliveryStatus.ACCEPTED, DeliveryStatus.IN_DOUBT)


def history(session: Session, address_key: str) -> Sequence[Any]:
    """The address's deliveries that were tried, newest first: id, issue_id, status, hard, fault. Rehearsals apart."""
    return session.execute(
        select(delivery.c.id, revision.c.issue_id, delivery.c.status, delivery.c.hard, delivery.c.fault)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(
            delivery.c.address_key == address_key,
            delivery.c.status.not_in([str(status) for status in _SAYS_NOTHING]),
            ~mailing.c.rehearsal,
        )
        .order_by(delivery.c.mailing_id.desc())
        .limit(_LIMIT)
    ).all()


def may_have_come_back(session: Session, address_key: str, since: datetime) -> Any | None:
    """The delivery to this address in the newest mailing of that time, if nothing has come back of it yet."""
    rows = session.execute(
        select(delivery)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(
            delivery.c.address_key == address_key,
            delivery.c.attempts > 0,
            mailing.c.released_at >= since,
            ~mailing.c.rehearsal,
        )
        .order_by(delivery.c.mailing_id.desc())
        .limit(1)
    ).all()
    return rows[0] if rows and DeliveryStatus(rows[0].status) in _MAY_COME_BACK else None


def deliveries_to(session: Session, address_keys: Sequence[str], since: datetime) -> Sequence[Any]:
    """Deliveries to these addresses that were tried since then, the newest first: id, name, address, status,
    mailing_id and number of the issue. Rehearsals apart.
    """
    return session.execute(
        select(
            delivery.c.id, delivery.c.name, delivery.c.address, delivery.c.status, delivery.c.mailing_id, issue.c.number
        )
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(
            delivery.c.address_key.in_(address_keys),
            delivery.c.attempts > 0,
            mailing.c.released_at >= since,
            ~mailing.c.rehearsal,
        )
        .order_by(delivery.c.mailing_id.desc(), delivery.c.id)
        .limit(_LIMIT)
    ).all()


def duties_of(session: Session, delivery_id: int) -> Sequence[Any]:
    """For whom a delivery is: list_code, unit, post, holder, phone of each."""
    return session.execute(select(duty).where(duty.c.delivery_id == delivery_id).order_by(duty.c.id)).all()


def withheld_duties(session: Session, mailing_id: int, reasons: Sequence[str]) -> Sequence[Any]:
    """Duties whose delivery is withheld for one of these reasons: unit, post, holder, phone, reason. In list order."""
    return session.execute(
        select(duty.c.unit, duty.c.post, duty.c.holder, duty.c.phone, delivery.c.reason)
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(
            duty.c.mailing_id == mailing_id,
            delivery.c.status == str(DeliveryStatus.WITHHELD),
            delivery.c.reason.in_(reasons),
        )
        .order_by(delivery.c.lane, duty.c.id)
    ).all()


def has_open_task(session: Session, kind: str, address_key: str) -> bool:
    """Whether a person is asked already, by a task of that kind about any delivery to the address."""
    return (
        session.execute(
            select(task.c.id)
            .join(delivery, delivery.c.id == task.c.delivery_id)
            .where(task.c.kind == kind, task.c.state == "open", delivery.c.address_key == address_key)
            .limit(1)
        ).first()
        is not None
    )


def task_by_id(session: Session, task_id: int) -> Any | None:
    """Locked."""
    return session.execute(select(task).where(task.c.id == task_id).with_for_update()).one_or_none()
