"""Reads and writes on the console's sessions. Given a Session, never commits; knows digests of ids, never an id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlmodel import Session

from mailer.store.core import account, account_role, console_session, console_view
from mailer.store.writes import insert_missing


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One browser that came in, and who is behind it now. ``account_id`` None: by the printed link."""

    digest: str
    account_id: int | None
    actor: str
    name: str  # the account's; '' by the link
    roles: frozenset[str]
    csrf: str
    source: str
    began_at: datetime
    seen_at: datetime
    sure_at: datetime | None
    wants_code: bool
    said: str


def begin(session: Session, **values: Any) -> None:
    session.execute(insert(console_session).values(**values))


def find(session: Session, digest: str, *, seen_after: datetime, began_after: datetime) -> OpenSession | None:
    """The session while it lasts and its account is enabled."""
    s = console_session.c
    row = session.execute(
        select(console_session, account.c.name.label("account_name"), account.c.disabled_at)
        .outerjoin(account, account.c.id == s.account_id)
        .where(s.digest == digest, s.seen_at > seen_after, s.began_at > began_after)
    ).first()
    if row is None or row.disabled_at is not None:
        return None
    roles: frozenset[str] = frozenset()
    if row.account_id is not None:
        roles = frozenset(
            session.execute(select(account_role.c.role).where(account_role.c.account_id == row.account_id)).scalars()
        )
    values = {name: getattr(row, name) for name in OpenSession.__slots__ if name not in {"name", "roles"}}
    return OpenSession(name=row.account_name or "", roles=roles, **values)


def of_account(session: Session, account_id: int, *, seen_after: datetime, began_after: datetime) -> list[Row[Any]]:
    """Where somebody is logged in now (digest, source, began_at, seen_at), the newest first."""
    s = console_session.c
    found = select(s.digest, s.source, s.began_at, s.seen_at).where(
        s.account_id == account_id, s.seen_at > seen_after, s.began_at > began_after, s.wants_code.is_(False)
    )
    return list(session.execute(found.order_by(s.began_at.desc())))


def change(session: Session, digest: str, **values: Any) -> None:
    session.execute(update(console_session).where(console_session.c.digest == digest).values(**values))


def take_said(session: Session, digest: str, said: str) -> bool:
    """Removes the sentence; True for the one page that may show it."""
    changed = session.connection().execute(
        update(console_session)
        .where(console_session.c.digest == digest, console_session.c.said == said)
        .values(said="")
    )
    return changed.rowcount == 1


def end(session: Session, digest: str) -> bool:
    """Whether there was one."""
    session.execute(delete(console_view).where(console_view.c.digest == digest))
    gone = session.connection().execute(delete(console_session).where(console_session.c.digest == digest))
    return gone.rowcount == 1


def end_all_of(session: Session, account_id: int, *, but: str = "") -> int:
    """Ends every session of an account, ``but`` one; how many."""
    s = console_session.c
    digests = session.execute(select(s.digest).where(s.account_id == account_id, s.digest != but)).scalars().all()
    return sum(end(session, digest) for digest in digests)


def end_old(session: Session, *, seen_before: datetime, began_before: datetime) -> None:
    s = console_session.c
    old = select(s.digest).where((s.seen_at <= seen_before) | (s.began_at <= began_before))
    for digest in session.execute(old).scalars().all():
        end(session, digest)


def first_view(session: Session, digest: str, subject: str) -> bool:
    """True once a session and subject."""
    return insert_missing(session, console_view, {"digest": digest, "subject": subject})


def was_viewed(session: Session, digest: str, subject: str) -> bool:
    found = select(console_view.c.subject).where(console_view.c.digest == digest, console_view.c.subject == subject)
    return session.execute(found).first() is not None
