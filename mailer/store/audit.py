"""The audit chain: each record's mac covers the record before it, so that an edit, a gap or a reordering shows.

Its sequence remembers how many there were, so that a chain cut off at its end shows too.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from mailer.store.core import audit
from mailer.store.writes import next_ids, next_unused

_FIRST = "0" * 64
_SEQUENCE = "audit"


def _mac(key: bytes, previous: str, record: dict[str, Any]) -> str:
    text = json.dumps([previous, *record.values()], ensure_ascii=False, default=datetime.isoformat)
    return hmac.digest(key, text.encode("utf-8"), "sha256").hex()


def append(
    session: Session, key: bytes, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, Any]
) -> None:
    """One record of one action of a person or program. Drawing the id also makes the writers of the chain wait in turn."""
    record_id = next_ids(session, _SEQUENCE, 1)
    previous = session.execute(select(audit.c.mac).where(audit.c.id == record_id - 1)).scalar() or _FIRST
    record = {
        "id": record_id,
        "at": at.astimezone(UTC),  # as it will be read back
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, ensure_ascii=False, default=str, sort_keys=True),
    }
    session.execute(insert(audit).values(**record, mac=_mac(key, previous, record)))


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold."""

    record_id: int
    why: str


def verify(session: Session, key: bytes) -> Broken | None:
    """Walks the whole chain; None when every link holds."""
    previous, wanted = _FIRST, 1
    for row in session.execute(select(audit).order_by(audit.c.id)):
        if row.id != wanted:
            return Broken(wanted, "missing")
        record = {name: getattr(row, name) for name in ("id", "at", "actor", "action", "subject", "detail")}
        if not hmac.compare_digest(row.mac, _mac(key, previous, record)):
            return Broken(row.id, "changed")
        previous, wanted = row.mac, wanted + 1
    return Broken(wanted, "missing") if wanted < next_unused(session, _SEQUENCE) else None
