"""Statements about 签收: terms, signatures, who has not signed. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlmodel import Session

from mailer.model.acknowledgement import Terms
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store.core import acknowledgement, delivery, duty, mailing, read_hint, sign_terms
from mailer.store.writes import insert_missing


def keep_terms(session: Session, mailing_id: int, terms: Sequence[Terms]) -> None:
    for each in terms:
        insert_missing(
            session,
            sign_terms,
            {"mailing_id": mailing_id, "list_code": each.list_code, "within_days": each.within_days,
             "reminders": each.reminders, "gap_days": each.gap_days, "short_replies": each.short_replies},
        )  # fmt: skip


def terms(session: Session, mailing_id: int) -> dict[str, Terms]:
    """By list code; only lists that ask for it."""
    rows = session.execute(select(sign_terms).where(sign_terms.c.mailing_id == mailing_id))
    return {
        row.list_code: Terms(row.list_code, row.within_days, row.reminders, row.gap_days, row.short_replies)
        for row in rows
    }


def same_person(session: Session, delivery_id: int, *, signed: bool) -> Sequence[Any]:
    """The delivery and those of the same revision to the same address in other mailings (催办, 补发), locked, in order;
    those that are ``signed`` for, or not yet. id, mailing_id, list_code, status, acknowledged_at.
    """
    own = session.execute(
        select(delivery.c.id, delivery.c.address_key, mailing.c.revision_id, mailing.c.rehearsal)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(delivery.c.id == delivery_id)
    ).one()
    alike = (
        select(delivery.c.id)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(
            delivery.c.address_key == own.address_key,
            mailing.c.revision_id == own.revision_id,
            mailing.c.rehearsal == own.rehearsal,
            mailing.c.kind.not_in([str(MailingKind.TEST), str(MailingKind.RECALL)]),
        )
    )
    stands: ColumnElement[bool] = (
        delivery.c.acknowledged_at.is_not(None) if signed else delivery.c.acknowledged_at.is_(None)
    )
    return session.execute(
        select(
            delivery.c.id, delivery.c.mailing_id, delivery.c.list_code, delivery.c.status, delivery.c.acknowledged_at
        )
        .where(delivery.c.id.in_(alike), stands)
        .order_by(delivery.c.id)
        .with_for_update()
    ).all()


def set_signed(session: Session, ids: Sequence[int], at: datetime | None) -> None:
    session.execute(update(delivery).where(delivery.c.id.in_(ids)).values(acknowledged_at=at))


def append(session: Session, rows: Sequence[Any], values: Mapping[str, Any]) -> None:
    """One entry for each duty of these deliveries."""
    for row in rows:
        ids = session.execute(select(duty.c.id).where(duty.c.delivery_id == row.id).order_by(duty.c.id)).scalars().all()
        entries = [
            {"mailing_id": row.mailing_id, "delivery_id": row.id, "duty_id": each} | dict(values) for each in ids
        ]
        if entries:
            session.connection().execute(insert(acknowledgement), entries)


def book(session: Session, delivery_id: int) -> Sequence[Any]:
    """Everything that was ever entered about a delivery, once for all its duties, in order."""
    first = (
        select(func.min(acknowledgement.c.id))
        .where(acknowledgement.c.delivery_id == delivery_id)
        .group_by(acknowledgement.c.at, acknowledgement.c.undoes)
    )
    return session.execute(
        select(acknowledgement).where(acknowledgement.c.id.in_(first)).order_by(acknowledgement.c.id)
    ).all()


def reminders_waiting(session: Session, delivery_id: int) -> Sequence[Any]:
    """Copies of 催办 to the same address and revision that have not begun: whoever signed needs none."""
    ids = [row.id for row in same_person(session, delivery_id, signed=True)]
    waiting = [str(DeliveryStatus.PLANNED), str(DeliveryStatus.QUEUED), str(DeliveryStatus.DEFERRED)]
    return session.execute(
        select(delivery.c.id, delivery.c.mailing_id, delivery.c.list_code, delivery.c.status)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(
            delivery.c.id.in_(ids), mailing.c.kind == str(MailingKind.REMINDER), delivery.c.status.in_(waiting),
            delivery.c.lease_id.is_(None),
        )
        .order_by(delivery.c.id)
    ).all()  # fmt: skip


def signed_in_doubt(session: Session) -> Sequence[Any]:
    """Copies in doubt that somebody has signed for: the signature came while they were on the wire."""
    return session.execute(
        select(delivery.c.id, delivery.c.mailing_id, delivery.c.list_code, delivery.c.status)
        .where(delivery.c.acknowledged_at.is_not(None), delivery.c.status == str(DeliveryStatus.IN_DOUBT))
        .order_by(delivery.c.id)
        .with_for_update()
    ).all()


def sheet(session: Session, mailing_id: int, codes: Sequence[str]) -> Sequence[Any]:
    """Every duty of copies on these lists, by unit as the mailing has them: who, how it stands, when and how it was signed for, and
    what a mail program said (``displayed_at``).
    """
    last = (
        select(acknowledgement.c.duty_id, func.max(acknowledgement.c.id).label("id"))
        .where(acknowledgement.c.mailing_id == mailing_id, acknowledgement.c.undoes.is_(False))
        .group_by(acknowledgement.c.duty_id)
        .subquery()
    )
    order = (
        select(duty.c.unit, func.min(duty.c.id).label("first"))
        .where(duty.c.mailing_id == mailing_id)
        .group_by(duty.c.unit)
        .subquery()
    )
    return session.execute(
        select(
            duty.c.unit, duty.c.post, duty.c.holder, duty.c.phone, duty.c.list_code, delivery.c.id.label("delivery_id"),
            delivery.c.address, delivery.c.status, delivery.c.acknowledged_at, acknowledgement.c.how,
            acknowledgement.c.channel, acknowledgement.c.who, acknowledgement.c.actor,
            read_hint.c.at.label("displayed_at"),
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .join(order, order.c.unit == duty.c.unit)
        .outerjoin(last, last.c.duty_id == duty.c.id)
        .outerjoin(acknowledgement, acknowledgement.c.id == last.c.id)
        .outerjoin(read_hint, read_hint.c.delivery_id == delivery.c.id)
        .where(duty.c.mailing_id == mailing_id, delivery.c.list_code.in_(codes))
        .order_by(order.c.first, duty.c.id)
    ).all()  # fmt: skip


def to_remind(session: Session, mailing_id: int, codes: Sequence[str]) -> Sequence[Any]:
    """Every duty of copies on these lists that are, or may be, with their recipient and nobody has signed for: columns as
    ``follow_up_book.copies``.
    """
    holds = [str(each) for each in (DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.IN_DOUBT)]
    return session.execute(
        select(
            delivery.c.lane, delivery.c.address, delivery.c.address_key, duty.c.list_code, duty.c.unit, duty.c.post,
            duty.c.holder, duty.c.holder_id, duty.c.phone, duty.c.care_of, duty.c.essential,
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(
            duty.c.mailing_id == mailing_id, delivery.c.list_code.in_(codes), delivery.c.status.in_(holds),
            delivery.c.acknowledged_at.is_(None),
        )
        .order_by(delivery.c.lane, duty.c.id)
    ).all()  # fmt: skip


def reminders(session: Session, prefix: str) -> Sequence[Any]:
    """The mailings whose key begins so, that were not given up before they went out; the first first."""
    return session.execute(
        select(mailing)
        .where(
            mailing.c.key.startswith(prefix, autoescape=True),
            (mailing.c.status != str(MailingStatus.CANCELLED)) | mailing.c.released_at.is_not(None),
        )
        .order_by(mailing.c.id)
    ).all()


def keep_hint(session: Session, **values: Any) -> bool:
    """The first that came counts."""
    return insert_missing(session, read_hint, values)
