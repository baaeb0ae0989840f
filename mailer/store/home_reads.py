"""Reads for the first page: the issue in work, who is at work, when the mailbox was last read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from mailer.model.mailing import MailingKind
from mailer.store.core import intake_folder, issue, mailing, revision, worker


def newest_issue(session: Session) -> Any | None:
    """The issue that was taken in or changed last: id, title, number, issued_on, created_at (of its newest revision)."""
    return session.execute(
        select(issue.c.id, issue.c.title, issue.c.number, issue.c.issued_on, revision.c.created_at)
        .join(revision, revision.c.issue_id == issue.c.id)
        .order_by(revision.c.id.desc())
        .limit(1)
    ).one_or_none()


def newest_mailing_of(session: Session, issue_id: int) -> Any | None:
    """The issue's newest mailing but trials: id, status, scheduled_at."""
    return session.execute(
        select(mailing.c.id, mailing.c.status, mailing.c.scheduled_at)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(revision.c.issue_id == issue_id, mailing.c.kind != str(MailingKind.TEST))
        .order_by(mailing.c.id.desc())
        .limit(1)
    ).one_or_none()


def senders_at_work(session: Session, seen_after: datetime) -> tuple[int, datetime | None]:
    """How many sending processes have shown themselves since then, and when the last one did."""
    n, seen_at = session.execute(
        select(func.count(), func.max(worker.c.seen_at)).where(
            worker.c.ended_at.is_(None), worker.c.seen_at > seen_after, worker.c.role != "beat"
        )
    ).one()
    return int(n), seen_at


def role_seen_at(session: Session, role: str, host: str) -> datetime | None:
    """When a process of this role on that machine last showed itself; those that said they ended do not count."""
    found: datetime | None = session.execute(
        select(func.max(worker.c.seen_at)).where(
            worker.c.role == role, worker.c.host == host, worker.c.ended_at.is_(None)
        )
    ).scalar()
    return found


def mailbox_read_at(session: Session) -> datetime | None:
    return session.execute(select(func.max(intake_folder.c.read_at))).scalar()
