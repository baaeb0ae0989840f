"""One visit of the send loop to the database: settle, renew, grant the next windows, claim the next lease.

One transaction, because an outcome, the renewal that covers the next rows and their grant belong to one moment. Runs on
the database thread and touches no lease in memory: it is given plans and gives back results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import bindparam
from sqlmodel import Session

from mailer.content.compose import PreparedMail
from mailer.flow import recover, settle
from mailer.flow.leases import HeldLease, Plan, SendFacts
from mailer.flow.send_kit import SendKit
from mailer.model.delivery import DeliveryEventKind
from mailer.store import queries, queue, upkeep, windows, writes
from mailer.store.metadata import UTCDateTime
from mailer.store.queue import Lease

_LEASE_ROWS = 500
_MINUTE = 60  # seconds
_SHOWN_EVERY = 10.0  # seconds
_AHEAD = timedelta(seconds=30)  # a lease takes no more than what its budgets allow in this time


class Renewal(Enum):
    HELD = "held"  # renewed, nothing (more) granted
    GRANTED = "granted"
    STOPPED = "stopped"  # the mailing no longer sends: give back what has not begun
    LOST = "lost"  # the lease is somebody else's business now


@dataclass(slots=True)
class Visit:
    """What came of it. ``wait``: seconds until a claim makes sense again; None when only new work will do."""

    renewals: dict[int, Renewal] = field(default_factory=dict)
    withheld: dict[int, frozenset[int]] = field(default_factory=dict)
    claimed: HeldLease | None = None
    wait: float | None = None


class Desk:
    """The worker's place at the database. Used by one thread."""

    def __init__(self, kit: SendKit) -> None:
        self._kit = kit
        self._guard = windows.WindowGuard(kit.excluded(bindparam("now", type_=UTCDateTime())))
        self._facts: dict[int, SendFacts] = {}
        self._last_mailing: int | None = None
        self._shown_at = kit.clock.elapsed()

    def visit(self, plans: Sequence[Plan], *, claim: bool) -> Visit:
        kit, result = self._kit, Visit()
        now, asked_at = kit.clock.now(), kit.clock.elapsed()
        if claim:
            kit.home.set_aside(_LEASE_ROWS)  # the disk is asked before the queue is
        lease: Lease | None = None
        with kit.store.begin() as session:
            if (
                asked_at - self._shown_at >= _SHOWN_EVERY
            ):  # a long mailing leaves no time for the sweep, which does it else
                writes.worker_seen(session, kit.home.worker.id, now)
                self._shown_at = asked_at
            for plan in plans:
                self._serve(session, plan, now, result)
            if claim:
                recover.own_orphans(session, kit, known={plan.lease.id for plan in plans}, now=now)
                lease, result.wait = self._claim(session, now)
        for plan in plans:
            self._tell(plan)
        if lease is not None:
            journal = kit.home.open_lease(lease.id)
            result.claimed = HeldLease(lease, journal, self._facts[lease.mailing_id], asked_at)
        return result

    def _serve(self, session: Session, plan: Plan, now: datetime, result: Visit) -> None:
        lease, worker = plan.lease, self._kit.home.worker.id
        settle.settle(
            session,
            lease_id=lease.id,
            mailing_id=lease.mailing_id,
            changes=plan.changes,
            now=now,
            braked=not self._kit.relay.is_sandbox,
        )
        if plan.unbegun:
            queue.give_back(
                session, lease_id=lease.id, mailing_id=lease.mailing_id, ids=plan.unbegun, now=now, crashed=False
            )
            upkeep.cancel_leftovers(session, lease.mailing_id, now)
        if plan.finishes:
            queue.finish_lease(session, lease.id)
            result.renewals[lease.id] = Renewal.HELD
            return
        expires_at = now + self._kit.lease_for
        window = slice(plan.start, plan.stop)
        if window.stop > window.start and windows.grant(
            session, lease, worker_id=worker, begun_to=window.stop, expires_at=expires_at
        ):
            result.renewals[lease.id] = Renewal.GRANTED
            result.withheld[lease.id] = self._guard.withhold(session, lease, window, now)
        elif not windows.renew(session, lease.id, worker_id=worker, expires_at=expires_at):
            result.renewals[lease.id] = Renewal.LOST
        elif window.stop > window.start or not queries.is_sending(session, lease.mailing_id):
            result.renewals[lease.id] = Renewal.STOPPED
        else:
            result.renewals[lease.id] = Renewal.HELD

    def _tell(self, plan: Plan) -> None:
        """What was settled, by numbers; each that was not simply taken, by its id and the reply's meaning, never its words."""
        if not plan.changes:
            return
        ids = {"mailing": plan.lease.mailing_id, "lease": plan.lease.id}
        taken = sum(change.event is DeliveryEventKind.ACCEPTED for change in plan.changes)
        self._kit.note("settled", **ids, accepted=taken, other=len(plan.changes) - taken)
        for change in plan.changes:
            if change.event is not DeliveryEventKind.ACCEPTED:
                self._kit.note(
                    "not_accepted",
                    **ids,
                    delivery=change.delivery_id,
                    attempt=change.attempt,
                    event_kind=str(change.event),
                    phase=change.values["phase"],
                    reply_code=change.values["reply_code"],
                    reason=change.values["reason"],
                    fault=change.values["fault"],
                )

    def _claim(self, session: Session, now: datetime) -> tuple[Lease | None, float | None]:
        kit = self._kit
        mailings = queue.due_mailings(session, now)
        if not mailings:
            return None, None
        allowed, wait = self._allowance(session, now)
        if allowed <= 0:
            return None, wait
        # turn about: a mailing that was just served lets the others go first
        for mailing_id in sorted(mailings, key=lambda candidate: candidate == self._last_mailing):
            facts = self._load(session, mailing_id)
            upkeep.expire_waiting(session, mailing_id, now - kit.retry.give_up, now)
            lease = queue.claim(
                session,
                mailing_id=mailing_id,
                worker_id=kit.home.worker.id,
                epoch=kit.home.worker.epoch,
                now=now,
                expires_at=now + kit.lease_for,
                limit=min(allowed, _LEASE_ROWS),
                excluded=kit.excluded(now),
                blocked=self._spent_domains(session, now),
                per_domain=max(kit.limits.domain_per_minute // 2, 1) if kit.limits.domain_per_minute else None,
            )
            if lease is not None:
                self._facts[mailing_id] = facts
                self._last_mailing = mailing_id
                self._book(session, lease, now)
                return lease, None
        return None, None

    def _load(self, session: Session, mailing_id: int) -> SendFacts:
        facts = self._facts.get(mailing_id)
        if facts is None:
            row = queries.mailing(session, mailing_id)
            contents = queries.mailing_contents(session, mailing_id)
            facts = SendFacts(
                mailing_id,
                row.from_address,
                row.in_doubt,
                {code: PreparedMail.load(payload) for code, payload in contents.items()},
            )
        return facts

    # --- budgets, counted from attempts in the database: a restart gives no new one --------------------------------

    def _allowance(self, session: Session, now: datetime) -> tuple[int, float | None]:
        """How many attempts may be claimed now, and if none, in how many seconds to ask again."""
        limits = self._kit.limits
        if limits.any:
            # whoever asks at the same moment waits until our booking is there to be counted
            writes.lock(session, f"pace:{self._kit.relay.fingerprint}")
        allowed, wait = _LEASE_ROWS, None
        for limit, seconds in ((limits.per_minute, _MINUTE), (limits.per_hour, 3_600), (limits.per_day, 86_400)):
            if not limit:
                continue
            since = now - timedelta(seconds=seconds)
            used, oldest = queries.pace_used(session, self._kit.relay.fingerprint, since)
            left = limit - used
            if seconds == _MINUTE:
                left = min(left, max(int(limit * _AHEAD / timedelta(minutes=1)), 1))
            if left < allowed:
                allowed = left
                wait = (oldest - since).total_seconds() if oldest else float(seconds)
        return allowed, wait if allowed <= 0 else None

    def _spent_domains(self, session: Session, now: datetime) -> tuple[str, ...]:
        limit = self._kit.limits.domain_per_minute
        return queries.domains_over(session, now - timedelta(minutes=1), limit) if limit else ()

    def _book(self, session: Session, lease: Lease, now: datetime) -> None:
        limits = self._kit.limits
        if limits.per_minute or limits.per_hour or limits.per_day:
            writes.grant_pace(session, self._kit.relay.fingerprint, now, len(lease.rows))
        if limits.domain_per_minute:
            for domain, n in Counter(row.domain for row in lease.rows).items():
                writes.grant_pace(session, queries.domain_scope(domain), now, n)
