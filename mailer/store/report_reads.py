"""Reads for sheets about more than one delivery: an issue by list and unit, a period by issue, a period by domain.

Given a Session. What can be read from the counters is read from the counters: they are the ledger's own sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from mailer.model.mailing import MailingKind
from mailer.store.core import delivery, duty, issue, mailing, revision, tally
from mailer.store.ledger_reads import REACHED, waits_for_person
from mailer.store.ledger_rows import write_tally


@dataclass(frozen=True, slots=True)
class Span:
    """Mailings released from ``since`` until just before ``until``; rehearsals or real ones, never both. No proofs."""

    since: datetime
    until: datetime
    rehearsals: bool = False

    def chosen(self) -> tuple[ColumnElement[bool], ...]:
        return (
            mailing.c.released_at >= self.since,
            mailing.c.released_at < self.until,
            mailing.c.rehearsal == self.rehearsals,
            mailing.c.kind != str(MailingKind.TEST),
        )


def mailings_of(session: Session, span: Span) -> Sequence[Any]:
    """In the order of release: id, kind, status, lists, recipients, released_at, title, number, issue_id."""
    return session.execute(
        select(
            mailing.c.id,
            mailing.c.kind,
            mailing.c.status,
            mailing.c.lists,
            mailing.c.recipients,
            mailing.c.released_at,
            issue.c.id.label("issue_id"),
            issue.c.title,
            issue.c.number,
        )
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(*span.chosen())
        .order_by(mailing.c.released_at, mailing.c.id)
    ).all()


def tallies_of(session: Session, span: Span) -> Sequence[Any]:
    """mailing_id, list_code, status, n of every counter of those mailings."""
    write_tally(session)
    return session.execute(
        select(tally.c.mailing_id, tally.c.list_code, tally.c.status, tally.c.n)
        .join(mailing, mailing.c.id == tally.c.mailing_id)
        .where(*span.chosen())
    ).all()


def duties_of(session: Session, span: Span) -> dict[int, int]:
    """Mailing id -> how many duties its deliveries serve."""
    rows = session.execute(
        select(duty.c.mailing_id, func.count())
        .join(mailing, mailing.c.id == duty.c.mailing_id)
        .where(*span.chosen())
        .group_by(duty.c.mailing_id)
    )
    return dict(rows.all())


def domains_of(session: Session, span: Span) -> Sequence[Any]:
    """domain, status, reason, fault, n of the deliveries that have an address."""
    return session.execute(
        select(delivery.c.domain, delivery.c.status, delivery.c.reason, delivery.c.fault, func.count().label("n"))
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(*span.chosen(), delivery.c.domain != "")
        .group_by(delivery.c.domain, delivery.c.status, delivery.c.reason, delivery.c.fault)
    ).all()


def has_any(session: Session, span: Span) -> bool:
    return session.execute(select(mailing.c.id).where(*span.chosen()).limit(1)).first() is not None


def units_by_list(session: Session, mailing_id: int) -> Sequence[Any]:
    """Per list and unit in the order of sending: list_code, unit, posts, reached, missing (needs a person), signed."""
    return session.execute(
        select(
            duty.c.list_code,
            duty.c.unit,
            func.count().label("posts"),
            func.count().filter(delivery.c.status.in_([str(each) for each in REACHED])).label("reached"),
            func.count().filter(waits_for_person()).label("missing"),
            func.count().filter(delivery.c.acknowledged_at.is_not(None)).label("signed"),
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(duty.c.mailing_id == mailing_id)
        .group_by(duty.c.list_code, duty.c.unit)
        .order_by(func.min(delivery.c.lane), func.min(duty.c.id))
    ).all()
