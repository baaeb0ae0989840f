"""What the directory knows that the pre-flight check compares an issue with: names of units, and where mailboxes are."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mailer.content.check import KnownRoster
from recipients import directory
from recipients.directory.domains import domains


def known_roster(session: Session, at: datetime) -> KnownRoster | None:
    """None where the directory is empty: then nothing is compared."""
    names = directory.known_names(session)
    if not names:
        return None
    # every name a unit goes by is a good one, abbreviations and earlier ones too
    return KnownRoster(units=tuple(dict.fromkeys([*names.values(), *names])), domains=domains(session, at))
