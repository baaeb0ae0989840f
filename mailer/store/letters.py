"""Named reads for the recipients' own pages. Given a Session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from mailer.store.core import delivery, duty, issue, mailing, revision


def letter(session: Session, delivery_id: int) -> Any | None:
    """The delivery's own columns, with those of its mailing and issue that its recipient knows."""
    return session.execute(
        select(
            delivery.c.mailing_id, delivery.c.list_code, delivery.c.address, delivery.c.address_key, delivery.c.name,
            delivery.c.acknowledged_at, mailing.c.kind, mailing.c.rehearsal, mailing.c.from_name, mailing.c.reply_to,
            mailing.c.released_at, revision.c.issue_id, issue.c.title, issue.c.number,
        )
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(delivery.c.id == delivery_id)
    ).first()  # fmt: skip


def duties(session: Session, delivery_id: int) -> Sequence[Any]:
    """In the order in which they were frozen."""
    return session.execute(select(duty).where(duty.c.delivery_id == delivery_id).order_by(duty.c.id)).all()
