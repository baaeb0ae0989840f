"""The leases a worker holds: what is granted, on the wire, ended. In memory, touched by the loop's thread only.

A plan is what one visit to the database shall do for one lease; it is drawn up before the visit and confirmed after it,
so that a visit that failed can simply be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.content.compose import PreparedMail
from mailer.store.journal import LeaseJournal
from mailer.store.queue import Change, Claimed, Lease

WINDOW = 64  # rows that may begin on one grant


@dataclass(frozen=True, slots=True)
class SendFacts:
    """What every copy of a mailing shares."""

    id: int
    from_address: str
    in_doubt: str  # as model.doubt_policy freezes it
    mail: dict[str, PreparedMail]  # by list code


@dataclass(frozen=True, slots=True)
class Plan:
    """For one lease: settle these, give these back, and grant the rows from ``start`` to ``stop``."""

    lease: Lease
    changes: tuple[Change, ...]
    unbegun: tuple[int, ...]
    start: int
    stop: int
    finishes: bool


@dataclass(slots=True)
class HeldLease:
    lease: Lease
    journal: LeaseJournal
    facts: SendFacts
    confirmed_at: float  # Clock.elapsed() just before the last renewal that the database confirmed
    granted: int = 0  # rows of windows granted
    outstanding: set[int] = field(default_factory=set)  # neither settled nor given back
    changes: list[Change] = field(default_factory=list)
    changed_at: float = 0.0  # when the oldest unsettled change came
    unbegun: list[int] = field(default_factory=list)
    lost: bool = False
    withdrawn: bool = False

    def __post_init__(self) -> None:
        self.outstanding = {row.id for row in self.lease.rows}

    @property
    def ungranted(self) -> bool:
        return not self.lost and not self.withdrawn and self.granted < len(self.lease.rows)

    @property
    def is_done(self) -> bool:
        """Everything of it is ended or taken back: one more visit, and it is over."""
        return self.outstanding <= {change.delivery_id for change in self.changes} | set(self.unbegun)

    def ended(self, change: Change, elapsed: float) -> None:
        if not self.changes:
            self.changed_at = elapsed
        self.changes.append(change)

    def withdraw(self) -> None:
        """Takes back every row that no window was granted for."""
        if not self.withdrawn and not self.lost:
            self.unbegun.extend(row.id for row in self.lease.rows[self.granted :])
        self.withdrawn = True

    def lose(self) -> None:
        """The database gave the rows to somebody else: only what is on the wire still matters."""
        self.lost = True
        self.outstanding -= {row.id for row in self.lease.rows[self.granted :]}

    def plan(self, *, grant: bool) -> Plan:
        stop = min(self.granted + WINDOW, len(self.lease.rows)) if grant and self.ungranted else self.granted
        return Plan(self.lease, tuple(self.changes), tuple(self.unbegun), self.granted, stop, self.is_done)

    def confirm(self, plan: Plan, elapsed: float) -> None:
        """The visit was committed: what it settled is no longer ours to tell."""
        del self.changes[: len(plan.changes)]
        del self.unbegun[: len(plan.unbegun)]
        self.outstanding -= {change.delivery_id for change in plan.changes} | set(plan.unbegun)
        self.changed_at = elapsed

    def take_granted(self, plan: Plan, withheld: frozenset[int]) -> list[Claimed]:
        self.granted = plan.stop
        self.outstanding -= withheld
        return [row for row in self.lease.rows[plan.start : plan.stop] if row.id not in withheld]
