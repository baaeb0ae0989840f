"""What one look at the database tells everybody who watches a ledger: one statement for all mailings, one for all sessions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import Session

from mailer.store.core import account, console_session, mailing, tally

Counters = tuple[tuple[str, str, int], ...]  # (list code, status, n)


def standing(session: Session, mailing_ids: Collection[int]) -> dict[int, tuple[str, str, Counters]]:
    """Mailing id -> its status, why it stands still, and its counters."""
    rows = session.execute(
        select(
            mailing.c.id, mailing.c.status, mailing.c.reason, tally.c.list_code, tally.c.status.label("each"), tally.c.n
        )
        .outerjoin(tally, tally.c.mailing_id == mailing.c.id)
        .where(mailing.c.id.in_(mailing_ids))
        .order_by(mailing.c.id, tally.c.list_code, tally.c.status)
    ).all()
    found: dict[int, tuple[str, str, Counters]] = {}
    for row in rows:
        counters = found[row.id][2] if row.id in found else ()
        if row.each is not None:
            counters = (*counters, (row.list_code, row.each, row.n))
        found[row.id] = row.status, row.reason, counters
    return found


def open_sessions(
    session: Session, digests: Collection[str], *, seen_after: datetime, began_after: datetime
) -> frozenset[str]:
    """Those of these sessions that still stand and whose account is enabled."""
    s = console_session.c
    return frozenset(
        session.execute(
            select(s.digest)
            .outerjoin(account, account.c.id == s.account_id)
            .where(s.digest.in_(digests), s.seen_at > seen_after, s.began_at > began_after)
            .where(or_(s.account_id.is_(None), account.c.disabled_at.is_(None)))
        ).scalars()
    )
