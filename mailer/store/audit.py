"""The audit chain: each record's mac covers the record before it, so that an edit, a gap or a reordering shows.

Its sequence remembers how many there were, so that a chain cut off at its end shows too.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlmodel import Session

from mailer.store.core import audit
from mailer.store.writes import next_ids, next_unused

_FIRST = "0" * 64
_SEQUENCE = "audit"


def _mac(key: bytes, previous: str, record: dict[str, Any]) -> str:
    text = json.dumps([previous, *record.values()], ensure_ascii=False, default=datetime.isoformat)
    return hmac.digest(key, text.encode("utf-8"), "sha256").hex()


def append(
    session: Session,
    key: bytes,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    source: str = "",
) -> None:
    """One record of one action of a person or program. Drawing the id also makes the writers of the chain wait in turn."""
    record_id = next_ids(session, _SEQUENCE, 1)
    previous = session.execute(select(audit.c.mac).where(audit.c.id == record_id - 1)).scalar() or _FIRST
    record = {
        "id": record_id,
        "at": at.astimezone(UTC),  # as it will be read back
        "actor": actor,
        "source": source,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, ensure_ascii=False, default=str, sort_keys=True),
    }
    session.execute(insert(audit).values(**record, mac=_mac(key, previous, record)))


@dataclass(frozen=True, slots=True)
class Head:
    """The last record: who keeps it elsewhere can tell later whether the chain still holds it. ``record_id`` 0: none yet."""

    record_id: int
    mac: str


@dataclass(frozen=True, slots=True)
class Broken:
    """One place where the chain does not hold.

    ``why``: changed (edited), missing (``record_id`` to ``to``), cut (missing from ``record_id`` to the end, ``to``), moved
    (here stands the record that was written as number ``to``), witness (not the record that the kept head knew).
    """

    record_id: int
    why: str
    to: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: each empty or None for any. ``actor``, ``subject`` and ``source`` as parts, ``action`` as a beginning."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None


_FIELDS = ("id", "at", "actor", "source", "action", "subject", "detail")
_MOST_MOVED = 12  # broken records that are tried in each other's places; more is no exchange of two
_MOST_FOUND = 100


def head(session: Session) -> Head:
    row = session.execute(select(audit.c.id, audit.c.mac).order_by(audit.c.id.desc()).limit(1)).first()
    return Head(row.id, row.mac) if row else Head(0, _FIRST)


def records(session: Session, wanted: Wanted, *, before: int | None, limit: int) -> list[Row[Any]]:
    """The newest first; ``before``: only records with a lower number."""
    c = audit.c
    found = select(audit).order_by(c.id.desc()).limit(limit)
    for column, text in ((c.actor, wanted.actor), (c.subject, wanted.subject), (c.source, wanted.source)):
        if text:
            found = found.where(column.contains(text, autoescape=True))
    if wanted.action:
        found = found.where(c.action.startswith(wanted.action, autoescape=True))
    if wanted.since is not None:
        found = found.where(c.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(c.at < wanted.until)
    if before is not None:
        found = found.where(c.id < before)
    return list(session.execute(found))


def verify(session: Session, key: bytes, witness: Head | None = None) -> list[Broken]:
    """Walks the whole chain; [] when every link holds, else the places, 100 at most. ``witness``: a head kept elsewhere."""
    previous, wanted = _FIRST, 1
    found: list[Broken] = []
    loose: list[tuple[Row[Any], str]] = []  # with the mac that stands before it
    is_after_gap = False
    for row in session.execute(select(audit).order_by(audit.c.id), execution_options={"yield_per": 1_000}):
        if row.id > wanted:
            found.append(Broken(wanted, "missing", row.id - 1))
            is_after_gap = True  # its link goes to a record that is gone: nothing can be said of it
        if not hmac.compare_digest(row.mac, _mac(key, previous, _content(row))) and not is_after_gap:
            loose.append((row, previous))
        if witness is not None and row.id == witness.record_id and not hmac.compare_digest(row.mac, witness.mac):
            found.append(Broken(row.id, "witness"))
        previous, wanted, is_after_gap = row.mac, row.id + 1, False
        if len(found) + len(loose) >= _MOST_FOUND:
            break
    else:
        last = max(next_unused(session, _SEQUENCE) - 1, witness.record_id if witness else 0)
        if last >= wanted:
            found.append(Broken(wanted, "cut", last))
    return sorted(found + _explain(key, loose), key=lambda each: each.record_id)


def _explain(key: bytes, loose: list[tuple[Row[Any], str]]) -> list[Broken]:
    """Of records that do not fit where they stand: what was written under another number, what fits behind another."""
    if len(loose) > _MOST_MOVED:
        return [Broken(row.id, "changed") for row, _ in loose]
    found = []
    for row, _ in loose:
        number = _written_as(key, row, [row.id for row, _ in loose], [previous for _, previous in loose])
        if number is None:
            found.append(Broken(row.id, "changed"))
        elif number != row.id:
            found.append(Broken(row.id, "moved", number))
    return found


def _written_as(key: bytes, row: Row[Any], ids: list[int], before: list[str]) -> int | None:
    """The number under which the record was written, as far as its mac proves it; None when it proves nothing."""
    for number in range(min(ids) - 1, max(ids) + 2):
        for previous in before:
            if hmac.compare_digest(_mac(key, previous, _content(row) | {"id": number}), row.mac):
                return number
    return None


def _content(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}
