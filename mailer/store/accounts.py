"""Reads and writes on accounts, their roles and recovery codes, and on failed logins. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlmodel import Session

from mailer.store.core import account, account_role, login_failure, recovery_code
from mailer.store.writes import insert_missing


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it is now. ``password_hash``: argon2id; ``totp_salt``: see account_tables."""

    id: int
    name: str
    roles: frozenset[str]
    password_hash: str
    password_given: bool
    password_at: datetime
    totp_salt: str | None
    totp_since: datetime | None
    totp_step: int
    created_at: datetime
    disabled_at: datetime | None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def has_totp(self) -> bool:
        return self.totp_since is not None


def count(session: Session) -> int:
    return int(session.execute(select(func.count()).select_from(account)).scalar_one())


def everybody(session: Session) -> list[Account]:
    """All accounts, the disabled ones too, by their names."""
    roles: dict[int, set[str]] = {}
    for row in session.execute(select(account_role)):
        roles.setdefault(row.account_id, set()).add(row.role)
    rows = session.execute(select(account).order_by(account.c.name_key))
    return [_account(row, roles.get(row.id, set())) for row in rows]


def by_key(session: Session, name_key: str) -> Account | None:
    return _one(session, account.c.name_key == name_key)


def by_id(session: Session, account_id: int) -> Account | None:
    return _one(session, account.c.id == account_id)


def _one(session: Session, which: Any) -> Account | None:
    row = session.execute(select(account).where(which)).first()
    if row is None:
        return None
    roles = session.execute(select(account_role.c.role).where(account_role.c.account_id == row.id)).scalars()
    return _account(row, roles)


def _account(row: Row[Any], roles: Iterable[str]) -> Account:
    values = {name: getattr(row, name) for name in Account.__slots__ if name != "roles"}
    return Account(roles=frozenset(roles), **values)


def add(session: Session, *, name: str, name_key: str, password_hash: str, given: bool, now: datetime) -> int | None:
    """The new account's id; None when the name is taken."""
    values = {
        "name": name,
        "name_key": name_key,
        "password_hash": password_hash,
        "password_given": given,
        "password_at": now,
        "totp_step": 0,
        "created_at": now,
    }
    if not insert_missing(session, account, values):
        return None
    made = _one(session, account.c.name_key == name_key)
    assert made is not None
    return made.id


def change(session: Session, account_id: int, **values: Any) -> None:
    session.execute(update(account).where(account.c.id == account_id).values(**values))


def set_roles(session: Session, account_id: int, roles: Iterable[str]) -> None:
    session.execute(delete(account_role).where(account_role.c.account_id == account_id))
    for role in sorted(roles):
        session.execute(insert(account_role).values(account_id=account_id, role=role))


def use_totp_step(session: Session, account_id: int, step: int) -> bool:
    """Marks a step of the second factor as used; False when it, or a later one, was used before (RFC 6238 5.2)."""
    changed = session.connection().execute(
        update(account).where(account.c.id == account_id, account.c.totp_step < step).values(totp_step=step)
    )
    return changed.rowcount == 1


def set_recovery_codes(session: Session, account_id: int, digests: Iterable[str]) -> None:
    """These instead of all that there were."""
    session.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    for digest in digests:
        session.execute(insert(recovery_code).values(account_id=account_id, digest=digest))


def use_recovery_code(session: Session, account_id: int, digest: str) -> bool:
    """True once for each code."""
    gone = session.connection().execute(
        delete(recovery_code).where(recovery_code.c.account_id == account_id, recovery_code.c.digest == digest)
    )
    return gone.rowcount == 1


def recovery_codes_left(session: Session, account_id: int) -> int:
    counted = select(func.count()).select_from(recovery_code).where(recovery_code.c.account_id == account_id)
    return int(session.execute(counted).scalar_one())


def failures_since(session: Session, bucket: str, since: datetime) -> list[datetime]:
    """The times of what failed in this bucket, the oldest first."""
    found = select(login_failure.c.at).where(login_failure.c.bucket == bucket, login_failure.c.at > since)
    return list(session.execute(found.order_by(login_failure.c.at)).scalars())


def note_failure(session: Session, bucket: str, now: datetime, *, forget_before: datetime) -> int:
    """One more; what nobody counts any longer is dropped. The new row's id."""
    session.execute(delete(login_failure).where(login_failure.c.at < forget_before))
    made = insert(login_failure).values(bucket=bucket, at=now).returning(login_failure.c.id)
    return int(session.execute(made).scalar_one())


def forget_failures(session: Session, bucket: str) -> None:
    session.execute(delete(login_failure).where(login_failure.c.bucket == bucket))


def withdraw_failure(session: Session, failure_id: int) -> None:
    session.execute(delete(login_failure).where(login_failure.c.id == failure_id))
