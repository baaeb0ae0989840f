"""Use case: an address is not written to any more, from the commit on; and again, when that was lifted with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from mailer.flow.close_mailing import close_if_done
from mailer.flow.office import Office
from mailer.model.mailing import MailingStatus
from mailer.store import queries, upkeep, writes
from recipients import directory
from recipients.suppression import Suppression

_NOT_OVER = (
    MailingStatus.PREPARED,
    MailingStatus.APPROVED,
    MailingStatus.SCHEDULED,
    MailingStatus.SENDING,
    MailingStatus.PAUSED,
    MailingStatus.HELD,
)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """``withheld``: waiting deliveries that will not go out; ``mailings``: those they belong to."""

    number: int
    withheld: int
    mailings: tuple[int, ...]


def suppress_address(office: Office, wanted: Suppression, actor: str) -> Suppressed:
    """A person decided it. Once this has answered nothing to the address begins (what a worker was granted may still end)."""
    now = office.clock.now()
    with office.store.begin() as session:
        done = suppress_within(office, session, wanted, actor, now)
    for mailing_id in done.mailings:
        close_if_done(office.store, mailing_id, now)
    return done


def suppress_within(office: Office, session: Session, wanted: Suppression, actor: str, now: datetime) -> Suppressed:
    """The same inside the caller's transaction, for a wish that is granted together with it."""
    writes.lock(session, "addresses")  # no audience is frozen and no mailing released between the two writes
    number = directory.suppress(session, wanted, now, actor, by_person=True)
    touched = {}
    for mailing in queries.mailings_with_status(session, *_NOT_OVER):
        if rows := upkeep.withhold_waiting(session, mailing.id, office.excluded(now), now):
            touched[mailing.id] = rows
    withheld = sum(touched.values())
    office.record(
        session, actor, "address.suppressed", f"suppression:{number}", address=wanted.address_key, scope=wanted.scope,
        reason=str(wanted.reason), evidence=wanted.evidence, until=wanted.until, withheld=withheld,
    )  # fmt: skip
    return Suppressed(number, withheld, tuple(touched))


def lift_suppression(office: Office, number: int, because: str, actor: str) -> bool:
    """False when there is none of that number, or it was lifted already. What was withheld meanwhile stays so."""
    with office.store.begin() as session:
        lifted = directory.lift(session, number, office.clock.now(), actor, because)
        if lifted:
            office.record(session, actor, "suppression.lifted", f"suppression:{number}", because=because)
    return lifted
