"""Statements that give an issue another key: only while nothing of it has been mailed, and only a key that is free."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Table, select, update
from sqlmodel import Session

from mailer.store.tables import IssueRevision, IssueRow, MailingRow

issue: Table = IssueRow.__table__  # type: ignore[attr-defined]  # SQLModel's table, typed by nobody
revision: Table = IssueRevision.__table__  # type: ignore[attr-defined]
mailing: Table = MailingRow.__table__  # type: ignore[attr-defined]


def issue_of(session: Session, revision_id: int) -> Any:
    """The issue's row of a revision, locked. Raises NoResultFound."""
    wanted = select(revision.c.issue_id).where(revision.c.id == revision_id).scalar_subquery()
    return session.execute(select(issue).where(issue.c.id == wanted).with_for_update()).one()


def has_mailing(session: Session, issue_id: int) -> bool:
    """Whether any mailing was made of any revision of the issue."""
    made = (
        select(mailing.c.id)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(revision.c.issue_id == issue_id)
        .limit(1)
    )
    return session.execute(made).first() is not None


def holder_of(session: Session, key: dict[str, Any]) -> int | None:
    """The issue that has this key."""
    found = session.execute(select(issue.c.id).where(*(issue.c[name] == value for name, value in key.items()))).scalar()
    return int(found) if found is not None else None


def rewrite_issue(session: Session, issue_id: int, *, key: dict[str, Any], title: str, issued_on: date) -> None:
    session.execute(update(issue).where(issue.c.id == issue_id).values(title=title, issued_on=issued_on, **key))
