"""Web copies kept and found. Given a Session, never commits."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from mailer.store.core import mailing, web_copy


def keep(session: Session, mailing_id: int, html: str) -> None:
    """In the place of one that is there."""
    session.execute(delete(web_copy).where(web_copy.c.mailing_id == mailing_id))
    session.execute(insert(web_copy).values(mailing_id=mailing_id, html=html))


def of_mailing(session: Session, mailing_id: int) -> str | None:
    found = session.execute(select(web_copy.c.html).where(web_copy.c.mailing_id == mailing_id)).scalar()
    return str(found) if found is not None else None


def of_revision(session: Session, revision_id: int, *, rehearsal: bool) -> str | None:
    """Of the newest mailing of that revision that was released."""
    found = session.execute(
        select(web_copy.c.html)
        .join(mailing, mailing.c.id == web_copy.c.mailing_id)
        .where(
            mailing.c.revision_id == revision_id, mailing.c.rehearsal == rehearsal, mailing.c.released_at.is_not(None)
        )
        .order_by(mailing.c.id.desc())
        .limit(1)
    ).scalar()
    return str(found) if found is not None else None
