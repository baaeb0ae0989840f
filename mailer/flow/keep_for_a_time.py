"""Retention: what was kept as evidence for a while is forgotten when its time is over, and the audit says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mailer.flow.office import Office
from mailer.store import retention


@dataclass(frozen=True, slots=True)
class Forgotten:
    """``octets`` of raw mail."""

    returns: int
    octets: int


def keep_for_a_time(office: Office, actor: str, *, raw_returns_for: timedelta, dry_run: bool) -> Forgotten:
    """Cuts what is older, or (``dry_run``) only counts it. Raw mails still to be read are never cut."""
    before = office.clock.now() - raw_returns_for
    if dry_run:
        with office.store.read() as session:
            return Forgotten(*retention.old_returns(session, before))
    with office.store.begin() as session:
        found = Forgotten(*retention.old_returns(session, before))
        if found.returns:
            retention.cut_returns(session, before)
        office.record(session, actor, "retention.run", "returned_mail", before=before, returns=found.returns)
    return found
