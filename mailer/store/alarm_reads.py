"""Reads for the alarms: what stands still, hangs, or is in doubt. Rehearsals ring no bell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.core import delivery, issue, lease, mailing, revision, tally, worker

_WAITING = (str(DeliveryStatus.QUEUED), str(DeliveryStatus.DEFERRED))


def held(session: Session) -> Sequence[Any]:
    """Mailings that stopped by themselves: id, title, number, reason."""
    return session.execute(_mailings(MailingStatus.HELD).add_columns(mailing.c.reason)).all()


def in_doubt(session: Session) -> Sequence[Any]:
    """Mailings with deliveries nobody knows the end of: id, title, number, n."""
    n = func.sum(tally.c.n)
    return session.execute(
        _mailings()
        .add_columns(n.label("n"))
        .join(tally, tally.c.mailing_id == mailing.c.id)
        .where(tally.c.status == str(DeliveryStatus.IN_DOUBT), mailing.c.status != str(MailingStatus.CANCELLED))
        .group_by(mailing.c.id, issue.c.title, issue.c.number)
        .having(n > 0)
    ).all()


def standing_still(session: Session, due_before: datetime) -> Sequence[Any]:
    """Mailings under way whose oldest due delivery has waited since before then: id, title, number, oldest, n."""
    return session.execute(
        _mailings(MailingStatus.SENDING)
        .add_columns(func.min(delivery.c.due_at).label("oldest"), func.count().label("n"))
        .join(delivery, delivery.c.mailing_id == mailing.c.id)
        .where(delivery.c.status.in_(_WAITING), delivery.c.due_at < due_before)
        .group_by(mailing.c.id, issue.c.title, issue.c.number)
    ).all()


def is_anybody_sending(session: Session, seen_after: datetime) -> bool:
    """A sending process has shown itself since then. Beat only keeps time."""
    alive = select(worker.c.id).where(
        worker.c.ended_at.is_(None), worker.c.seen_at > seen_after, worker.c.role != "beat"
    )
    return session.execute(alive.limit(1)).scalar() is not None


def hanging(session: Session, over_before: datetime) -> Sequence[Any]:
    """Workers, not ended, that hold leases which ran out before then: id, host, pid."""
    return session.execute(
        select(worker.c.id, worker.c.host, worker.c.pid)
        .join(lease, lease.c.worker_id == worker.c.id)
        .where(lease.c.state == "open", lease.c.expires_at < over_before, worker.c.ended_at.is_(None))
        .distinct()
    ).all()


def _mailings(*statuses: MailingStatus) -> Select[Any]:
    found = (
        select(mailing.c.id, issue.c.title, issue.c.number)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(mailing.c.rehearsal.is_(False))
        .order_by(mailing.c.id)
    )
    return found.where(mailing.c.status.in_([str(status) for status in statuses])) if statuses else found
