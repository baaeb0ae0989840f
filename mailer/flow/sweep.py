"""What time brings, looked after every few seconds by whoever holds the database lease: never by a broker's countdown.

Called by beat and by every worker's own timer; a second one at the same moment finds the lease taken and does nothing.
"""

from __future__ import annotations

from datetime import timedelta

from mailer.flow.acknowledge import settle_signed
from mailer.flow.carry_follow_up import carry_on
from mailer.flow.close_mailing import close_if_done, mend_what_is_over
from mailer.flow.recover import recover
from mailer.flow.release_mailing import release_scheduled
from mailer.flow.send_kit import SendKit
from mailer.flow.take_in_report import apply_waiting
from mailer.model.mailing import MailingStatus
from mailer.store import queries, queue, upkeep, writes
from mailer.store.engine import UNAVAILABLE

_LEASE = timedelta(seconds=30)
EVERY = 5.0  # seconds


def sweep(kit: SendKit) -> tuple[int, ...]:
    """Recovers, withholds, expires, releases what is scheduled, closes, carries corrections on. Mailings that have work due now.

    A database that is away is no error here: the next round comes in seconds.
    """
    try:
        return _sweep(kit)
    except UNAVAILABLE as error:
        kit.note("database_unavailable", error=str(error))
        return ()


def _sweep(kit: SendKit) -> tuple[int, ...]:
    recover(kit)  # by flock and lease, so every host looks after its own dead
    now = kit.clock.now()
    with kit.store.begin() as session:
        writes.worker_seen(session, kit.home.worker.id, now)
        if not writes.take_house_lease(session, "sweep", kit.home.worker.id, now, _LEASE):
            return queue.due_mailings(session, now)
    apply_waiting(kit.store, signer=kit.signer, retry=kit.retry, now=now)
    with kit.store.begin() as session:
        release_scheduled(session, now)
        mend_what_is_over(session, now)
        settle_signed(session, now)
        active = queries.mailings_with_status(session, MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.HELD)
        for mailing in active:
            upkeep.withhold_waiting(session, mailing.id, kit.excluded(now), now)
            upkeep.expire_waiting(session, mailing.id, now - kit.retry.give_up, now)
    for mailing in active:
        close_if_done(kit.store, mailing.id, now)
    carry_on(kit, kit.home.worker.id)
    with kit.store.read() as session:
        return queue.due_mailings(session, now)
