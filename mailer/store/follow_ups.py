"""Reads about mailings that follow another one of the same issue: whom it did not reach, and who was reached since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store.core import delivery, duty, revision
from mailer.store.core import mailing as mailing_table

_OVER = (str(MailingStatus.CLOSED), str(MailingStatus.CANCELLED))


def not_reached(session: Session, mailing_id: int) -> Sequence[Any]:
    """Its duties that ended without a copy: list_code, unit, post, holder, holder_id, address, name, status, hard.

    In doubt is not among them: a copy may well be there, and a person decides about that one by itself.
    """
    ended = [str(status) for status in DeliveryStatus if status.is_final and not _may_have_it(status)]
    return session.execute(_duties().where(duty.c.mailing_id == mailing_id, delivery.c.status.in_(ended))).all()


def served(session: Session, mailing_id: int) -> Sequence[Any]:
    """Duties of this mailing and of later ones of its issue that have a copy, may have one, or are still on their way."""
    this = select(revision.c.issue_id, mailing_table.c.rehearsal).join(
        mailing_table, mailing_table.c.revision_id == revision.c.id
    )
    issue_id, rehearsal = session.execute(this.where(mailing_table.c.id == mailing_id)).one()
    lost = [str(status) for status in DeliveryStatus if status.is_final and not _may_have_it(status)]
    return session.execute(
        _duties()
        .join(mailing_table, mailing_table.c.id == duty.c.mailing_id)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .where(
            revision.c.issue_id == issue_id,
            mailing_table.c.rehearsal == rehearsal,
            mailing_table.c.id >= mailing_id,
            mailing_table.c.kind != str(MailingKind.TEST),
            delivery.c.status.not_in(lost),
        )
    ).all()


def ever_meant(session: Session, mailing_id: int) -> Sequence[Any]:
    """Every duty of every released mailing of its issue, whatever became of it."""
    this = select(revision.c.issue_id, mailing_table.c.rehearsal).join(
        mailing_table, mailing_table.c.revision_id == revision.c.id
    )
    issue_id, rehearsal = session.execute(this.where(mailing_table.c.id == mailing_id)).one()
    return session.execute(
        _duties()
        .join(mailing_table, mailing_table.c.id == duty.c.mailing_id)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .where(
            revision.c.issue_id == issue_id,
            mailing_table.c.rehearsal == rehearsal,
            mailing_table.c.kind != str(MailingKind.TEST),
            mailing_table.c.released_at.is_not(None),
        )
    ).all()


def rounds(session: Session, prefix: str) -> tuple[int, int | None]:
    """Of the mailings whose key begins with ``prefix``: how many are over, and the one that is not, if any."""
    mine = mailing_table.c.key.startswith(prefix, autoescape=True)
    over = session.execute(
        select(func.count()).select_from(mailing_table).where(mine, mailing_table.c.status.in_(_OVER))
    ).scalar_one()
    under_way = session.execute(
        select(mailing_table.c.id).where(mine, mailing_table.c.status.not_in(_OVER)).order_by(mailing_table.c.id)
    ).scalar()
    return int(over), under_way


def _may_have_it(status: DeliveryStatus) -> bool:
    return status in {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.IN_DOUBT}


def _duties() -> Select[Any]:
    return select(
        duty.c.list_code,
        duty.c.unit,
        duty.c.post,
        duty.c.holder,
        duty.c.holder_id,
        delivery.c.address_key,
        delivery.c.status,
        delivery.c.hard,
    ).join(delivery, delivery.c.id == duty.c.delivery_id)
