"""Statements that give an issue another key: only while nothing of it has been mailed, and only a key that is free."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from sqlalchemy import Table, select, update
from sqlmodel import Session

from mailer.store.tables import IssueRevision, IssueRow, MailingRow

issue: Table = IssueRow.__table__  # type: ignore[attr-defined]  # SQLModel's table, typed by nobody
revision: Table = IssueRevision.__table__  # type: ignore[attr-defined]
mailing: Table = MailingRow.__table__  # type: ignore[attr-defined]

#: Ends the name of a revision that was made by hand and not by a file.
MARK: Final = "（人工改正）"


def issue_of(session: Session, revision_id: int) -> Any:
    """The issue's row of a revision, locked. Raises NoResultFound."""
    wanted = select(revision.c.issue_id).where(revision.c.id == revision_id).scalar_subquery()
    return session.execute(select(issue).where(issue.c.id == wanted).with_for_update()).one()


def issue_behind(session: Session, revision_id: int) -> Any:
    """The issue's row of a revision, to be read only. Raises NoResultFound."""
    wanted = select(revision.c.issue_id).where(revision.c.id == revision_id).scalar_subquery()
    return session.execute(select(issue).where(issue.c.id == wanted)).one()


def lock_issue(session: Session, issue_id: int) -> Any:
    """The issue's row, locked: who changes something about it waits for who does so now. Raises NoResultFound."""
    return session.execute(select(issue).where(issue.c.id == issue_id).with_for_update()).one()


def newest_revision(session: Session, issue_id: int) -> Any:
    """id, revision, created_by and created_at of the newest one. Raises NoResultFound."""
    return session.execute(
        select(revision.c.id, revision.c.revision, revision.c.created_by, revision.c.created_at)
        .where(revision.c.issue_id == issue_id)
        .order_by(revision.c.revision.desc())
        .limit(1)
    ).one()


def base_of(kept: Any) -> int | None:
    """The revision a correction was made on; None for a file. ``kept``: a revision with its source."""
    if not kept.source_name.endswith(MARK):
        return None
    try:
        found = json.loads(kept.source)
    except ValueError:  # a file that somebody named so
        return None
    base = found.get("base_revision") if isinstance(found, dict) else None
    return base if isinstance(base, int) and base < kept.id else None


def of_file(session: Session, sha256: str) -> Any | None:
    """The revision of a file taken before, as it stands now: the newest of its issue where only corrections by hand lie
    between the two, else the file's own.
    """
    own = session.execute(
        select(revision).where(revision.c.source_sha256 == sha256).order_by(revision.c.id.desc()).limit(1)
    ).one_or_none()
    if own is None:
        return None
    later = session.execute(
        select(revision)
        .where(revision.c.issue_id == own.issue_id, revision.c.id >= own.id)
        .order_by(revision.c.id.desc())
    ).all()
    kept = {row.id: row for row in later}
    at: Any | None = later[0]
    while at is not None and at.id != own.id:
        at = kept.get(base_of(at) or 0)
    return own if at is None else later[0]


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
