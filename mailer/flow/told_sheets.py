"""What the colleagues were told last of a mailing: when, in what words (a digest), and who was missing then."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from mailer.content.morning import MorningSheet
from mailer.flow.read_ledger import Line
from mailer.store import writes

_MOST = 2000  # of the missing that are remembered; beyond that a comparison is nobody's reading
_LENGTH = 12  # hex digits by which one of them is known again


@dataclass(frozen=True, slots=True)
class Told:
    """``missing``: keys of those who were not reached; None where they were too many."""

    at: datetime
    digest: str
    missing: frozenset[str] | None


def key_of(line: Line) -> str:
    """The same duty in two sheets of one mailing."""
    who = (line.list_code, line.unit, line.post, line.name, line.address)
    return hashlib.sha256("\0".join(who).encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def last_told(session: Session, mailing_id: int) -> Told | None:
    """None where nothing was told yet."""
    known = writes.fact(session, _fact(mailing_id))
    if known is None:
        return None
    values = json.loads(known)
    missing = values["missing"]
    return Told(datetime.fromisoformat(values["at"]), values["digest"], None if missing is None else frozenset(missing))


def remember_told(session: Session, mailing_id: int, sheet: MorningSheet) -> None:
    keys = sorted({each.key for each in sheet.not_reached}) if len(sheet.not_reached) <= _MOST else None
    values = {"at": sheet.as_of.isoformat(), "digest": digest(sheet), "missing": keys}
    writes.set_fact(session, _fact(mailing_id), json.dumps(values))


def digest(sheet: MorningSheet) -> str:
    """What the sheet says, but for the hour at which it says so and what has changed since another."""
    people = [(each.unit, each.post, each.name, each.phone, each.cause, each.remedy) for each in sheet.not_reached]
    said = (sheet.counts, people, sheet.silent_units, sheet.still_trying)
    return hashlib.sha256(repr(said).encode("utf-8")).hexdigest()


def _fact(mailing_id: int) -> str:
    return f"morning:{mailing_id}"
