"""Reads that go into an issue's archive: everything about it that is kept, in an order that never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session

from mailer.store.core import acknowledgement, approval, audit, bulletin, event, issue, revision, waiver
from mailer.store.core import mailing as mailing_table

_NOT_ACTS = ("%.viewed", "%.exported", "%.archived")


def issue_row(session: Session, issue_id: int) -> Any | None:
    return session.execute(select(issue).where(issue.c.id == issue_id)).one_or_none()


def issuing_office(session: Session, issue_id: int) -> str:
    wanted = select(bulletin.c.office).join(issue, issue.c.bulletin_id == bulletin.c.id).where(issue.c.id == issue_id)
    return str(session.execute(wanted).scalar_one())


def whole_revisions(session: Session, issue_id: int) -> Sequence[Any]:
    """Every revision with its file, the oldest first."""
    return session.execute(select(revision).where(revision.c.issue_id == issue_id).order_by(revision.c.revision)).all()


def mailings_of(session: Session, issue_id: int) -> Sequence[Any]:
    """Every mailing of any of its revisions, the oldest first."""
    return session.execute(
        select(mailing_table, revision.c.revision)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .where(revision.c.issue_id == issue_id)
        .order_by(mailing_table.c.id)
    ).all()


def approvals_of(session: Session, mailing_ids: Sequence[int]) -> Sequence[Any]:
    return session.execute(
        select(approval).where(approval.c.mailing_id.in_(mailing_ids)).order_by(approval.c.mailing_id)
    ).all()


def waivers_of(session: Session, issue_id: int) -> Sequence[Any]:
    """With the number of the revision they belong to."""
    return session.execute(
        select(waiver, revision.c.revision)
        .join(revision, revision.c.id == waiver.c.revision_id)
        .where(revision.c.issue_id == issue_id)
        .order_by(waiver.c.id)
    ).all()


def events_of(session: Session, mailing_id: int) -> Sequence[Any]:
    """Everything that happened to its deliveries, as it happened."""
    return session.execute(select(event).where(event.c.mailing_id == mailing_id).order_by(event.c.id)).all()


def signatures_of(session: Session, mailing_id: int) -> Sequence[Any]:
    """Everything that was entered about who signed, taken back or not, as it was entered."""
    return session.execute(
        select(acknowledgement).where(acknowledgement.c.mailing_id == mailing_id).order_by(acknowledgement.c.id)
    ).all()


def acts_on(session: Session, subjects: Sequence[str]) -> Sequence[Any]:
    """What was done to these subjects and by whom, as the audit has it; who only looked or took a copy is left out."""
    return session.execute(
        select(audit)
        .where(audit.c.subject.in_(subjects), ~or_(*(audit.c.action.like(pattern) for pattern in _NOT_ACTS)))
        .order_by(audit.c.id)
    ).all()
