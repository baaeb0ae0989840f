"""Use case: an address is not written to any more, from the commit on; and again, when that was lifted with a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.flow.close_mailing import close_if_done
from mailer.flow.office import Office
from mailer.model.mailing import MailingStatus
from mailer.store import queries, upkeep, writes
from recipients import directory
from recipients.suppression import Suppression, SuppressionReason

MACHINE = "system:returns"
_BOUNCED = re.compile(r"delivery:(\d+)\b")  # as consequences wrote it
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


def lift_by_success(session: Session, delivery: Any, now: datetime) -> int:
    """A report that carries our signature says that ``delivery`` arrived: the address is not dead. How many were lifted.

    Only what bounces entered, never a wish or a colleague's word; and only by a delivery later than the one that bounced,
    for reports come in any order.
    """
    if queries.mailing(session, delivery.mailing_id).rehearsal:
        return 0
    lifted = 0
    for each in directory.active_suppressions(session, now, delivery.address_key):
        evidence = _BOUNCED.match(each.evidence)
        is_later = evidence is not None and int(evidence[1]) < delivery.id
        if each.reason is SuppressionReason.HARD_BOUNCE and is_later and each.id is not None:
            lifted += directory.lift(session, each.id, now, MACHINE, f"delivery:{delivery.id} 对方确认送达")
    return lifted


def lift_suppression(office: Office, number: int, because: str, actor: str) -> bool:
    """False when there is none of that number, or it was lifted already. What was withheld meanwhile stays so."""
    with office.store.begin() as session:
        lifted = directory.lift(session, number, office.clock.now(), actor, because)
        if lifted:
            office.record(session, actor, "suppression.lifted", f"suppression:{number}", because=because)
    return lifted
