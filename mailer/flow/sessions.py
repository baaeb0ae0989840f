"""The console's sessions: begun at login or by the printed link, found at every request, ended by time, word or change.

The id is 256 random bits and lives in the browser's cookie only; the database keeps its digest. No database is written
for a request that only looks, but once a minute, to know that somebody is still there.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError

from mailer.flow.office import Office
from mailer.store import sessions
from mailer.store.sessions import OpenSession

IDLE = timedelta(minutes=30)  # OWASP ASVS 7.3.1
LASTS = timedelta(hours=12)  # however busy (7.3.2)
SURE = timedelta(minutes=10)  # how long a password that was given again counts (7.5.1)
_FOR_CODE = timedelta(minutes=5)  # between the password and the second factor
_SEEN_EVERY = timedelta(minutes=1)
_REMEMBERED = timedelta(days=2)  # whose a session was that is over
_BYTES = 32  # 256 bits; 7.2.3 asks for 128


def digest_of(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def begin_session(
    office: Office, *, actor: str, source: str, account_id: int | None = None, wants_code: bool = False
) -> str:
    """A new session's id, for the cookie. Old sessions of everybody are cleared away. No audit here: logging in has its own."""
    now = office.clock.now()
    session_id = secrets.token_urlsafe(_BYTES)
    with office.store.begin() as session:
        sessions.end_old(session, seen_before=now - IDLE, began_before=now - LASTS)
        sessions.begin(
            session,
            digest=digest_of(session_id),
            account_id=account_id,
            actor=actor,
            csrf=secrets.token_urlsafe(_BYTES),
            source=source,
            began_at=now,
            seen_at=now,
            sure_at=now if account_id is not None and not wants_code else None,
            wants_code=wants_code,
            said="",
        )
    return session_id


def find_session(office: Office, session_id: str, *, is_person: bool = True) -> OpenSession | None:
    """The open session of this id. ``is_person``: somebody clicked; what a page asks by itself does not keep it open."""
    if not session_id:
        return None
    now = office.clock.now()
    with office.store.read() as session:
        found = sessions.find(session, digest_of(session_id), seen_after=now - IDLE, began_after=now - LASTS)
    if found is None or (found.wants_code and now - found.began_at > _FOR_CODE):
        return None
    if is_person and now - found.seen_at > _SEEN_EVERY:
        with suppress(DBAPIError), office.store.begin() as session:  # a full disk shuts nobody out who only looks
            sessions.change(session, found.digest, seen_at=now)
    return found


def account_of_ended(office: Office, session_id: str) -> int | None:
    """Whose the session was that time has ended, while its row is still there; None for others, and for one logged out."""
    if not session_id:
        return None
    long_ago = office.clock.now() - _REMEMBERED
    with office.store.read() as session:
        found = sessions.find(session, digest_of(session_id), seen_after=long_ago, began_after=long_ago)
    return found.account_id if found and not found.wants_code else None


def is_sure(office: Office, found: OpenSession) -> bool:
    """Whether the password was given within the last ten minutes."""
    return found.sure_at is not None and office.clock.now() - found.sure_at <= SURE


def say_next(office: Office, digest: str, said: str) -> None:
    """The sentence the session's next page shows once."""
    with office.store.begin() as session:
        sessions.change(session, digest, said=said)


def take_said(office: Office, found: OpenSession) -> str:
    """What was to be said, once; ''."""
    if not found.said:
        return ""
    with office.store.begin() as session:
        return found.said if sessions.take_said(session, found.digest, found.said) else ""


def record_view(office: Office, found: OpenSession, subject: str, action: str) -> None:
    """Audits that a session was shown personal data: once a session and subject."""
    with office.store.read() as session:
        if sessions.was_viewed(session, found.digest, subject):
            return
    with office.store.begin() as session:
        if sessions.first_view(session, found.digest, subject):
            office.record(session, found.actor, action, subject)


def is_open(office: Office, digest: str) -> bool:
    """Whether the session still stands; asking does not keep it open."""
    now = office.clock.now()
    with office.store.read() as session:
        return sessions.find(session, digest, seen_after=now - IDLE, began_after=now - LASTS) is not None


def open_sessions(office: Office, account_id: int) -> list[Row[Any]]:
    """Where an account is logged in now: rows of (digest, source, began_at, seen_at), the newest first."""
    now = office.clock.now()
    with office.store.read() as session:
        return sessions.of_account(session, account_id, seen_after=now - IDLE, began_after=now - LASTS)
