"""The ledger as a page turns it: its head, and one leaf of deliveries in one snapshot; units, and one delivery's history.

``read_ledger`` is the same ledger as a whole, for the command line and the morning sheet; both use its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.flow.read_ledger import Head, head_facts, needs_person, words_for
from mailer.model.delivery import DeliveryStatus
from mailer.store import ledger_reads
from mailer.store.ledger_reads import Need, Wanted
from mailer.store.queries import Sum


@dataclass(frozen=True, slots=True)
class Duty:
    """For whom a delivery is. ``care_of`` (代收人): whose mailbox it is; ``is_essential`` (必达): somebody goes when no mail does."""

    list_code: str
    unit: str
    post: str
    name: str
    phone: str
    care_of: str
    is_essential: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery: how it stands, in words. ``code``: the reply's codes, «550 5.1.1» or ''."""

    id: int
    list_code: str
    address: str
    status: DeliveryStatus
    cause: str
    todo: str
    code: str
    attempts: int
    due_at: datetime | None
    accepted_at: datetime | None
    finished_at: datetime | None
    acknowledged_at: datetime | None
    needs_person: bool
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many deliveries a choice would show, from the counters: nobody counts rows for it."""

    by_list: Mapping[str, Mapping[DeliveryStatus, int]]
    parked: Mapping[tuple[str, DeliveryStatus], int]

    def count(self, *, need: Need | None = None, list_code: str = "", status: DeliveryStatus | None = None) -> int:
        return sum(
            self._of(code, each, need)
            for code, counts in self.by_list.items()
            if not list_code or code == list_code
            for each in counts
            if status is None or each is status
        )

    def _of(self, code: str, status: DeliveryStatus, need: Need | None) -> int:
        n, parked = self.by_list[code][status], self.parked.get((code, status), 0)
        if need is None:
            return n
        if status in ledger_reads.REACHED:
            return n if need is Need.NONE else 0
        waiting = n - parked if status.is_open else 0
        return {Need.WAIT: waiting, Need.PERSON: n - waiting, Need.NONE: 0}[need]


@dataclass(frozen=True, slots=True)
class Leaf:
    """``found`` deliveries answer the choice; ``entries`` are those on this leaf."""

    head: Head
    tallies: Tallies
    signed: int
    found: int
    entries: tuple[Entry, ...]


def read_head(session: Session, mailing_id: int, as_of: datetime) -> tuple[Head, Tallies]:
    """Raises NoResultFound."""
    facts = head_facts(session, mailing_id, as_of)
    parked = ledger_reads.parked(session, mailing_id)
    total: Sum = facts["sum"]
    return Head(**facts, parked=sum(parked.values())), Tallies(total.by_list, parked)


def read_leaf(
    session: Session, mailing_id: int, wanted: Wanted, as_of: datetime, *, number: int, size: int
) -> tuple[Leaf, int]:
    """Leaf ``number`` (from 1; the last one when there are fewer) and the number it has. Raises NoResultFound."""
    head, tallies = read_head(session, mailing_id, as_of)
    found = (
        tallies.count(need=wanted.need, list_code=wanted.list_code, status=wanted.status)
        if wanted.is_counted
        else ledger_reads.how_many(session, mailing_id, wanted)
    )
    number = min(max(number, 1), max(1, -(-found // size)))
    entries = read_entries(session, mailing_id, wanted, start=(number - 1) * size, limit=size) if found else ()
    return Leaf(head, tallies, ledger_reads.signed_count(session, mailing_id), found, entries), number


def read_entries(session: Session, mailing_id: int, wanted: Wanted, *, start: int, limit: int) -> tuple[Entry, ...]:
    """So many deliveries with their duties, in the order of sending."""
    rows = ledger_reads.leaf(session, mailing_id, wanted, start=start, limit=limit)
    duties = ledger_reads.duties(session, [row.id for row in rows])
    return tuple(entry_of(row, duties[row.id]) for row in rows)


def entry_of(row: Any, duties: Sequence[Any]) -> Entry:
    """``row``: a delivery; ``duties``: its duty rows."""
    status = DeliveryStatus(row.status)
    cause, todo = words_for(status, row.reason, row.fault, row.bounced_by, row.due_at)
    return Entry(
        id=row.id,
        list_code=row.list_code,
        address=row.address,
        status=status,
        cause=cause,
        todo=todo,
        code=_code(row),
        attempts=row.attempts,
        due_at=row.due_at,
        accepted_at=row.accepted_at,
        finished_at=row.finished_at,
        acknowledged_at=row.acknowledged_at,
        needs_person=needs_person(status, row.due_at),
        duties=tuple(
            Duty(each.list_code, each.unit, each.post, each.holder, each.phone, each.care_of, each.essential)
            for each in duties
        ),
    )


def _code(row: Any) -> str:
    """What the cause was read from: of a return its status, for the session's reply was another one."""
    in_session = "" if row.bounced_by == "return" else row.reply_code
    return " ".join(str(part) for part in (in_session, row.enhanced_status) if part)
