"""Statements about API keys and the answers kept for their requests. Given a Session, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from mailer.store.core import api_answer, api_key
from mailer.store.writes import insert_missing


def add(session: Session, *, name: str, digest: str, scopes: str, now: datetime, by: str) -> int | None:
    """The new key's id; None when the name is taken, also by a revoked one."""
    if session.execute(select(api_key.c.id).where(api_key.c.name == name)).first() is not None:
        return None
    values = {"name": name, "digest": digest, "scopes": scopes, "created_at": now, "created_by": by, "revoked_by": ""}
    return int(session.execute(insert(api_key).values(**values).returning(api_key.c.id)).scalar_one())


def every(session: Session) -> Sequence[Any]:
    """Revoked ones too, the newest first."""
    return session.execute(select(api_key).order_by(api_key.c.id.desc())).all()


def one(session: Session, key_id: int) -> Any | None:
    return session.execute(select(api_key).where(api_key.c.id == key_id)).one_or_none()


def by_name(session: Session, name: str) -> Any | None:
    return session.execute(select(api_key).where(api_key.c.name == name)).one_or_none()


def revoke(session: Session, key_id: int, now: datetime, by: str) -> bool:
    """False when it is revoked already, or none."""
    done = session.connection().execute(
        update(api_key)
        .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by)
    )
    return done.rowcount > 0


def note_use(session: Session, key_id: int, now: datetime) -> None:
    session.execute(update(api_key).where(api_key.c.id == key_id).values(used_at=now))


# --- answers that are given again -----------------------------------------------------------------------------------


def begin_answer(session: Session, key_id: int, idempotency_key: str, fingerprint: str, now: datetime) -> bool:
    """False when the key has been used for a request before."""
    values = {
        "key_id": key_id, "idempotency_key": idempotency_key, "fingerprint": fingerprint, "begun_at": now, "body": "",
    }  # fmt: skip
    return insert_missing(session, api_answer, values)


def answer(session: Session, key_id: int, idempotency_key: str) -> Any | None:
    return session.execute(
        select(api_answer).where(api_answer.c.key_id == key_id, api_answer.c.idempotency_key == idempotency_key)
    ).one_or_none()


def take_over(session: Session, row: Any, now: datetime) -> bool:
    """A request whose worker is gone is begun anew; False when somebody else was quicker."""
    done = session.connection().execute(
        update(api_answer)
        .where(
            api_answer.c.key_id == row.key_id,
            api_answer.c.idempotency_key == row.idempotency_key,
            api_answer.c.begun_at == row.begun_at,
            api_answer.c.status.is_(None),
        )
        .values(begun_at=now)
    )
    return done.rowcount > 0


def finish_answer(session: Session, key_id: int, idempotency_key: str, status: int, body: str) -> None:
    session.execute(
        update(api_answer)
        .where(api_answer.c.key_id == key_id, api_answer.c.idempotency_key == idempotency_key)
        .values(status=status, body=body)
    )


def forget_answer(session: Session, key_id: int, idempotency_key: str) -> None:
    session.execute(
        delete(api_answer).where(api_answer.c.key_id == key_id, api_answer.c.idempotency_key == idempotency_key)
    )


def forget_before(session: Session, before: datetime) -> None:
    session.execute(delete(api_answer).where(api_answer.c.begun_at < before))
