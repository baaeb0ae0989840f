"""A sending worker whose every step is a test's: the desk, leases and journal of the real one, its wire a note of copies."""

from __future__ import annotations

import os
from collections import Counter, deque
from dataclasses import dataclass

from mailer.feedback.classify import judge
from mailer.flow import settle
from mailer.flow.leases import HeldLease
from mailer.flow.send_kit import SendKit
from mailer.flow.sweep import sweep
from mailer.flow.visit import Desk, Renewal
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.store.queue import Claimed


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ends: what is read of it, and whether the relay has the message."""

    phase: Phase
    code: int | None = None
    text: str = ""
    kept: bool = False

    def outcome(self, kit: SendKit) -> Outcome:
        reply = Reply(self.code, self.text) if self.code is not None else None
        return Outcome(self.phase, reply, None if reply else Fault.CUT, "mx.example", kit.clock.now())


ENDS = {
    "accepted": End(Phase.DOT, 250, "2.0.0 Ok", kept=True),
    "cut, kept": End(Phase.DOT, kept=True),
    "cut, not kept": End(Phase.DOT),
    "cut in the body": End(Phase.BODY),
    "cut before": End(Phase.MAIL),
    "unknown user": End(Phase.RCPT, 550, "5.1.1 No such user"),
    "greylisted": End(Phase.RCPT, 450, "4.2.0 Try again later"),
    "spam": End(Phase.DOT, 554, "5.7.1 Refused as spam"),
}


class Puppet:
    """``kit`` is its own; ``copies`` is shared: what the relay has, by delivery."""

    def __init__(self, kit: SendKit, copies: Counter[int]) -> None:
        self.kit, self._copies = kit, copies
        self._desk = Desk(kit)
        self._leases: dict[int, HeldLease] = {}
        self._ready: deque[tuple[HeldLease, Claimed]] = deque()

    @property
    def is_busy(self) -> bool:
        return bool(self._leases)

    @property
    def has_ready(self) -> bool:
        return bool(self._ready)

    def visit(self, *, claim: bool, grant: bool = True) -> None:
        """What the send loop does at its desk, with what it makes of the answer."""
        plans = [lease.plan(grant=grant) for lease in self._leases.values()]
        visit = self._desk.visit(plans, claim=claim and not any(lease.ungranted for lease in self._leases.values()))
        for plan in plans:
            lease = self._leases[plan.lease.id]
            lease.confirm(plan, self.kit.clock.elapsed())
            renewal = visit.renewals[plan.lease.id]
            if plan.finishes:
                del self._leases[plan.lease.id]
                lease.journal.drop()
            elif renewal is Renewal.LOST:
                lease.lose()
                lease.outstanding -= {row.id for row in self._take(lease)}
            elif renewal is Renewal.STOPPED:
                lease.withdraw()
                lease.unbegun.extend(row.id for row in self._take(lease))
            elif renewal is Renewal.GRANTED:
                withheld = visit.withheld[plan.lease.id]
                self._ready.extend((lease, row) for row in lease.take_granted(plan, withheld))
        if visit.claimed is not None:
            self._leases[visit.claimed.lease.id] = visit.claimed

    def _take(self, lease: HeldLease) -> list[Claimed]:
        taken = [row for each, row in self._ready if each is lease]
        self._ready = deque(pair for pair in self._ready if pair[0] is not lease)
        return taken

    def begin(self, end: End) -> tuple[HeldLease, Claimed]:
        """One message leaves as far as ``end`` says; nobody has read an answer yet."""
        lease, row = self._ready.popleft()
        if end.phase in {Phase.BODY, Phase.DOT}:
            lease.journal.begin(row.id, row.attempts)
        self._copies[row.id] += end.kept
        return lease, row

    def attempt(self, end: End) -> None:
        lease, row = self.begin(end)
        outcome = end.outcome(self.kit)
        lease.journal.outcome(row.id, row.attempts, outcome)
        change = settle.change_for(
            settle.Attempted(row.id, row.attempts, row.list_code, row.domain, row.doubts, row.queued_at),
            outcome,
            judge(outcome, row.domain),
            retry=self.kit.retry,
            jitter=0.0,
            resend_doubts=False,
        )
        lease.ended(change, self.kit.clock.elapsed())

    def sweep(self) -> None:
        sweep(self.kit)

    def die(self) -> None:
        """As after kill -9: the lock is free, everything else stays as it is."""
        for lease in self._leases.values():
            lease.journal.close()
        os.close(self.kit.home._lock)
        self._leases, self._ready = {}, deque()
