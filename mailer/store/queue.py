"""The queue: the statements that claim, fence, settle and give back deliveries. Given a Session, never commits.

A lease is a slice of one mailing's queue. Its rows are ATTEMPTING and numbered by lease_seq; a window is the next slice
of that numbering that may begin. Every statement here asks for the lease, so a worker that lost it changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus, sources
from mailer.model.mailing import MailingStatus
from mailer.store.bulk import Bulk
from mailer.store.core import delivery, domain_hold, event, lease, mailing
from mailer.store.ledger_rows import Tally, add_to_tally, move_rows
from mailer.store.writes import next_ids

_WAITING = [str(status) for status in sources(DeliveryEventKind.CLAIMED)]
_ATTEMPTING = str(DeliveryStatus.ATTEMPTING)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker needs to send one delivery."""

    id: int
    seq: int
    address: str
    name: str
    domain: str
    list_code: str
    message_id: str
    attempts: int  # this one included
    doubts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    id: int
    mailing_id: int
    rows: tuple[Claimed, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """How one attempt ended, as columns. ``values`` are the columns of delivery that change beside the status."""

    delivery_id: int
    attempt: int
    list_code: str
    event: DeliveryEventKind
    status: DeliveryStatus
    values: dict[str, Any]
    at: datetime


def due_mailings(session: Session, now: datetime) -> tuple[int, ...]:
    """Mailings that may send and have a row that is due, the one that waits longest first."""
    first_due = (
        select(delivery.c.due_at)
        .where(
            delivery.c.mailing_id == mailing.c.id,
            delivery.c.status.in_(_WAITING),
            delivery.c.due_at.is_not(None),
            delivery.c.due_at <= now,
        )
        .order_by(delivery.c.due_at)
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(mailing.c.id, first_due.label("first")).where(mailing.c.status == str(MailingStatus.SENDING))
    ).all()
    return tuple(row.id for row in sorted((row for row in rows if row.first is not None), key=lambda row: row.first))


def next_due(session: Session) -> datetime | None:
    """When the next waiting row of any sending mailing is due."""
    return session.execute(
        select(delivery.c.due_at)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(
            mailing.c.status == str(MailingStatus.SENDING),
            delivery.c.status.in_(_WAITING),
            delivery.c.due_at.is_not(None),
        )
        .order_by(delivery.c.due_at)
        .limit(1)
    ).scalar()


def claim(
    session: Session,
    *,
    mailing_id: int,
    worker_id: str,
    epoch: str,
    now: datetime,
    expires_at: datetime,
    limit: int,
    excluded: ColumnElement[bool],
    blocked: Sequence[str] = (),
    per_domain: int | None = None,
) -> Lease | None:
    """Takes up to ``limit`` due rows of one mailing under a new lease, oldest first; None when there is nothing.

    ``excluded`` is a predicate over delivery.c.address_key that names suppressed addresses; ``blocked`` are domains whose
    budget is spent, ``per_domain`` caps what one domain gets in this lease. Pause and hold are asked in the same statement.
    """
    held = select(domain_hold.c.domain).where(
        domain_hold.c.mailing_id == mailing_id, or_(domain_hold.c.until.is_(None), domain_hold.c.until > now)
    )
    query = (
        select(
            delivery.c.id,
            delivery.c.address,
            delivery.c.name,
            delivery.c.domain,
            delivery.c.list_code,
            delivery.c.message_id,
            delivery.c.attempts,
            delivery.c.doubts,
            delivery.c.queued_at,
            delivery.c.status,
        )
        .where(
            delivery.c.mailing_id == mailing_id,
            delivery.c.status.in_(_WAITING),
            delivery.c.due_at <= now,
            delivery.c.domain.not_in(held),
            delivery.c.domain.not_in(blocked),
            ~excluded,
            select(mailing.c.id)
            .where(mailing.c.id == mailing_id, mailing.c.status == str(MailingStatus.SENDING))
            .exists(),
        )
        .order_by(delivery.c.due_at, delivery.c.turn, delivery.c.id)
        .limit(limit if per_domain is None else limit * 4)
        .with_for_update(skip_locked=True, of=delivery)
    )
    found = _cap_domains(session.execute(query).all(), limit, per_domain)
    if not found:
        return None
    lease_id = next_ids(session, "lease", 1)
    session.execute(
        insert(lease).values(
            id=lease_id,
            mailing_id=mailing_id,
            worker_id=worker_id,
            epoch=epoch,
            state="open",
            size=len(found),
            begun_to=0,
            granted_at=now,
            expires_at=expires_at,
        )
    )
    _CLAIM.run(session, [{"b_id": row.id, "b_lease": lease_id, "b_seq": seq} for seq, row in enumerate(found)])
    moved: Tally = Counter()
    for row in found:
        moved[row.list_code, row.status] -= 1
        moved[row.list_code, _ATTEMPTING] += 1
    add_to_tally(session, mailing_id, moved)
    return Lease(
        lease_id,
        mailing_id,
        tuple(
            Claimed(
                row.id,
                seq,
                row.address,
                row.name,
                row.domain,
                row.list_code,
                row.message_id,
                row.attempts + 1,
                row.doubts,
                row.queued_at,
            )
            for seq, row in enumerate(found)
        ),
        expires_at,
    )


def _cap_domains(rows: Sequence[Any], limit: int, per_domain: int | None) -> Sequence[Any]:
    if per_domain is None:
        return rows
    taken: Counter[str] = Counter()
    kept: list[Any] = []
    for row in rows:
        if taken[row.domain] < per_domain and len(kept) < limit:
            taken[row.domain] += 1
            kept.append(row)
    return kept


_CLAIM = Bulk(
    update(delivery)
    .where(delivery.c.id == bindparam("b_id"))
    .values(
        status=_ATTEMPTING,
        attempts=delivery.c.attempts + 1,
        lease_id=bindparam("b_lease"),
        lease_seq=bindparam("b_seq"),
    )
)

_DELIVERY_COLUMNS = (
    "due_at", "doubts", "phase", "reply_code", "enhanced_status", "reply_text", "host", "reason", "fault", "hard",
    "bounced_by", "accepted_at", "finished_at",
)  # fmt: skip
_SETTLE = Bulk(
    update(delivery)
    .where(
        delivery.c.id == bindparam("b_id"),
        delivery.c.lease_id == bindparam("b_lease"),
        delivery.c.attempts == bindparam("b_attempt"),
        delivery.c.status == _ATTEMPTING,
    )
    .values(
        status=bindparam("b_status"),
        lease_id=None,
        lease_seq=None,
        **{name: bindparam(f"b_{name}") for name in _DELIVERY_COLUMNS},
    )
)


_still_held = (
    select(delivery.c.id, delivery.c.attempts)
    .where(
        delivery.c.id.in_(bindparam("b_ids", expanding=True)),
        delivery.c.lease_id == bindparam("b_lease"),
        delivery.c.status == _ATTEMPTING,
    )
    .with_for_update()
)
_EVENT_COLUMNS = (
    "delivery_id", "mailing_id", "at", "kind", "attempt", "lease_id", "phase", "reply_code", "reply_text", "host",
    "reason", "fault", "actor",
)  # fmt: skip
_EVENT = Bulk(insert(event), _EVENT_COLUMNS)


def settle(session: Session, *, lease_id: int, mailing_id: int, changes: Sequence[Change]) -> int:
    """Writes how attempts of a lease ended: rows, events and counters together. How many rows really moved.

    Fenced: a row that no longer belongs to this lease and attempt is left alone, and so are its event and count.
    """
    if not changes:
        return 0
    ids = [change.delivery_id for change in changes]
    held = set(session.connection().execute(_still_held, {"b_ids": ids, "b_lease": lease_id}).all())
    mine = [change for change in changes if (change.delivery_id, change.attempt) in held]
    if not mine:
        return 0
    _SETTLE.run(
        session,
        [
            {
                "b_id": change.delivery_id,
                "b_lease": lease_id,
                "b_attempt": change.attempt,
                "b_status": str(change.status),
                **{f"b_{name}": change.values[name] for name in _DELIVERY_COLUMNS},
            }
            for change in mine
        ],
    )
    _EVENT.run(session, [_event_values(change, mailing_id, lease_id) for change in mine])
    moved: Tally = Counter()
    for change in mine:
        moved[change.list_code, _ATTEMPTING] -= 1
        moved[change.list_code, str(change.status)] += 1
    add_to_tally(session, mailing_id, moved)
    return len(mine)


def _event_values(change: Change, mailing_id: int, lease_id: int) -> dict[str, Any]:
    return {
        "delivery_id": change.delivery_id,
        "mailing_id": mailing_id,
        "at": change.at,
        "kind": str(change.event),
        "attempt": change.attempt,
        "lease_id": lease_id,
        "phase": change.values["phase"],
        "reply_code": change.values["reply_code"],
        "reply_text": change.values["reply_text"],
        "host": change.values["host"],
        "reason": change.values["reason"],
        "fault": change.values["fault"],
        "actor": "",
    }


def give_back(
    session: Session, *, lease_id: int, mailing_id: int, ids: Iterable[int], now: datetime, crashed: bool
) -> int:
    """Rows that were claimed and surely not begun: back into the queue, the attempt given back.

    ``crashed``: their worker died while they were granted, so each is suspected once more of having killed it.
    """
    wanted = list(ids)
    if not wanted:
        return 0
    rows = session.execute(
        select(delivery.c.id, delivery.c.list_code, delivery.c.status)
        .where(delivery.c.lease_id == lease_id, delivery.c.status == _ATTEMPTING, delivery.c.id.in_(wanted))
        .with_for_update()
    ).all()
    move_rows(
        session,
        mailing_id,
        rows,
        DeliveryStatus.QUEUED,
        {"attempts": delivery.c.attempts - 1, "crashes": delivery.c.crashes + int(crashed), "due_at": now},
    )
    return len(rows)


def finish_lease(session: Session, lease_id: int, state: str = "done") -> None:
    session.execute(update(lease).where(lease.c.id == lease_id, lease.c.state == "open").values(state=state))
