"""Named writes on our rows that are not the hot queue. Given a Session, never commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind, MailingStatus, transition
from mailer.store.core import (
    delivery,
    domain_hold,
    duty,
    house_fact,
    house_lease,
    house_sequence,
    mailing,
    pace_grant,
    tally,
    task,
    worker,
)


def insert_missing(session: Session, table: Table, values: dict[str, Any]) -> bool:
    """Inserts unless a unique key stands in the way; True when the row is new."""
    build = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # asked by RETURNING: the driver's row count says nothing where a key is generated
    made = session.execute(
        build(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
    ).first()
    return made is not None


def next_ids(session: Session, name: str, count: int) -> int:
    """Draws ``count`` ids that nobody else gets; the first of them. Known before the insert, so they can be signed."""
    insert_missing(session, house_sequence, {"name": name, "next_value": 1})
    after = session.execute(
        update(house_sequence)
        .where(house_sequence.c.name == name)
        .values(next_value=house_sequence.c.next_value + count)
        .returning(house_sequence.c.next_value)
    ).scalar_one()
    return int(after) - count


def next_unused(session: Session, name: str) -> int:
    """The id that would be drawn next."""
    return session.execute(select(house_sequence.c.next_value).where(house_sequence.c.name == name)).scalar() or 1


def fact(session: Session, key: str) -> str | None:
    return session.execute(select(house_fact.c.value).where(house_fact.c.key == key)).scalar()


def set_fact(session: Session, key: str, value: str | None) -> None:
    """Remembers one fact; None forgets it."""
    if value is None:
        session.execute(delete(house_fact).where(house_fact.c.key == key))
    elif not insert_missing(session, house_fact, {"key": key, "value": value}):
        session.execute(update(house_fact).where(house_fact.c.key == key).values(value=value))


def lock(session: Session, name: str) -> None:
    """Waits until no other transaction holds this name; it is free again at the end of ours."""
    next_ids(session, f"lock:{name}", 1)


def take_house_lease(session: Session, name: str, holder: str, now: datetime, hold_for: timedelta) -> bool:
    """True when this process may do the job now; everybody else waits until ``hold_for`` is over."""
    until = now + hold_for
    if insert_missing(session, house_lease, {"name": name, "holder": holder, "until": until}):
        return True
    changed = session.connection().execute(
        update(house_lease)
        .where(house_lease.c.name == name, (house_lease.c.until <= now) | (house_lease.c.holder == holder))
        .values(holder=holder, until=until)
    )
    return changed.rowcount == 1


def move_mailing(
    session: Session, mailing_id: int, event: MailingEventKind, *, reason: str = "", **values: Any
) -> MailingStatus:
    """Moves a mailing by its table; raises IllegalMailingTransitionError. The row is locked first."""
    status = MailingStatus(
        session.execute(select(mailing.c.status).where(mailing.c.id == mailing_id).with_for_update()).scalar_one()
    )
    after = transition(status, event)
    session.execute(
        update(mailing).where(mailing.c.id == mailing_id).values(status=str(after), reason=reason, **values)
    )
    return after


def note_reason(session: Session, mailing_id: int, reason: str) -> None:
    """Says why a mailing stands as it does, in words for people."""
    session.execute(update(mailing).where(mailing.c.id == mailing_id).values(reason=reason))


def freeze_rows(
    session: Session, mailing_id: int, deliveries: Sequence[dict[str, Any]], duties: Sequence[dict[str, Any]]
) -> None:
    """One slice of an audience, invisible until the mailing is prepared. Counters move with it."""
    for table, rows in ((delivery, deliveries), (duty, duties)):
        if rows:
            session.connection().execute(insert(table), list(rows))
    counted = Counter((row["list_code"], row["status"]) for row in deliveries)
    for list_code in sorted({row["list_code"] for row in deliveries}):
        for status in DeliveryStatus:
            insert_missing(
                session,
                tally,
                {"mailing_id": mailing_id, "list_code": list_code, "status": str(status), "n": 0},
            )
    for (list_code, status), n in sorted(counted.items()):
        session.execute(
            update(tally)
            .where(tally.c.mailing_id == mailing_id, tally.c.list_code == list_code, tally.c.status == status)
            .values(n=tally.c.n + n)
        )


def thaw_rows(session: Session, mailing_id: int) -> None:
    """Drops the slices of a freezing that did not come to its end."""
    for table in (duty, delivery, tally):
        session.execute(delete(table).where(table.c.mailing_id == mailing_id))


def open_task(session: Session, *, kind: str, title: str, dedupe_key: str, now: datetime, **values: Any) -> bool:
    """Opens a task once; the same need again changes nothing."""
    return insert_missing(
        session,
        task,
        {"kind": kind, "title": title, "dedupe_key": dedupe_key, "state": "open", "created_at": now, "detail": ""}
        | values,
    )


def end_task(session: Session, task_id: int, actor: str, now: datetime) -> bool:
    """Whether it was open."""
    changed = session.connection().execute(
        update(task)
        .where(task.c.id == task_id, task.c.state == "open")
        .values(state="done", done_at=now, done_by=actor)
    )
    return changed.rowcount == 1


def grant_pace(session: Session, scope: str, now: datetime, n: int) -> None:
    session.execute(insert(pace_grant).values(scope=scope, at=now, n=n))
    session.execute(delete(pace_grant).where(pace_grant.c.scope == scope, pace_grant.c.at < now - timedelta(days=2)))


def register_worker(session: Session, **values: Any) -> None:
    session.execute(insert(worker).values(**values))


def worker_seen(session: Session, worker_id: str, now: datetime, *, ended: bool = False) -> None:
    session.execute(
        update(worker).where(worker.c.id == worker_id).values(seen_at=now, **({"ended_at": now} if ended else {}))
    )


def hold_domain(
    session: Session, mailing_id: int, domain: str, *, reason: str, now: datetime, until: datetime | None
) -> bool:
    """Keeps a domain of one mailing out of every claim, until a time or (None) a person; False when it already is."""
    session.execute(
        delete(domain_hold).where(
            domain_hold.c.mailing_id == mailing_id, domain_hold.c.domain == domain, domain_hold.c.until <= now
        )
    )
    return insert_missing(
        session,
        domain_hold,
        {"mailing_id": mailing_id, "domain": domain, "reason": reason, "since": now, "until": until},
    )


def release_domains(session: Session, mailing_id: int) -> None:
    session.execute(delete(domain_hold).where(domain_hold.c.mailing_id == mailing_id))
