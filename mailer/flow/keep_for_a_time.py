"""Retention: what was kept as evidence for a while is forgotten when its time is over, and the audit says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.store import retention
from recipients.directory import join_book

APPLICATIONS_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """``octets`` of raw mail; ``applications``: addresses that somebody typed into the form of a list."""

    returns: int
    octets: int
    applications: int = 0


def keep_for_a_time(office: Office, actor: str, *, raw_returns_for: timedelta, dry_run: bool) -> Forgotten:
    """Cuts what is older, or (``dry_run``) only counts it. Raw mails still to be read are never cut. Whoever's address was
    typed into a form is nobody of ours: that is forgotten after APPLICATIONS_FOR.
    """
    before, applied_before = office.clock.now() - raw_returns_for, office.clock.now() - APPLICATIONS_FOR
    if dry_run:
        with office.store.read() as session:
            return _found(session, before, applied_before)
    with office.store.begin() as session:
        found = _found(session, before, applied_before)
        if found.returns:
            retention.cut_returns(session, before)
        if found.applications:
            join_book.forget(session, applied_before)
        office.record(
            session, actor, "retention.run", "returned_mail", before=before, returns=found.returns,
            applications=found.applications,
        )  # fmt: skip
    return found


def _found(session: Session, before: datetime, applied_before: datetime) -> Forgotten:
    return Forgotten(*retention.old_returns(session, before), join_book.older(session, applied_before))
