"""Statements that make a mailing and its frozen audience, and let it go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.core import bulletin, content, delivery, duty, issue, mailing, revision
from mailer.store.ledger_rows import Tally, add_to_tally
from mailer.store.writes import fact, insert_missing, set_fact

#: Lists leave in order although everything is due at once: a lane's due time is this much after the one before.
_LANE_STEP = timedelta(milliseconds=1)
_LANES = 4


def keep_bulletin(session: Session, *, title: str, office: str, now: datetime) -> int:
    """The installation's bulletin; made empty at first, named by its first issue."""
    insert_missing(session, bulletin, {"id": 1, "code": "main", "title": "", "office": "", "created_at": now})
    if title:
        session.execute(
            update(bulletin).where(bulletin.c.id == 1, bulletin.c.title == "").values(title=title, office=office)
        )
    return 1


def keep_issue(session: Session, *, key: dict[str, Any], title: str, issued_on: Any, now: datetime) -> int:
    insert_missing(session, issue, key | {"title": title, "issued_on": issued_on, "created_at": now})
    return int(
        session.execute(select(issue.c.id).where(*(issue.c[name] == value for name, value in key.items()))).scalar_one()
    )


def keep_revision(
    session: Session, *, issue_id: int, source: bytes, sha256: str, name: str, content_json: str, now: datetime, by: str
) -> tuple[int, bool]:
    """The revision of this very file, and whether it is new."""
    found = session.execute(
        select(revision.c.id).where(revision.c.issue_id == issue_id, revision.c.source_sha256 == sha256)
    ).scalar()
    if found is not None:
        return int(found), False
    last = session.execute(select(func.max(revision.c.revision)).where(revision.c.issue_id == issue_id)).scalar() or 0
    made = session.execute(
        insert(revision)
        .values(
            issue_id=issue_id,
            revision=last + 1,
            source_name=name,
            source_sha256=sha256,
            source=source,
            content=content_json,
            created_at=now,
            created_by=by,
        )
        .returning(revision.c.id)
    ).scalar_one()
    return int(made), True


def make_mailing(session: Session, **values: Any) -> bool:
    """A draft under its key; False when the key is taken."""
    return insert_missing(session, mailing, values)


def hold_draft(session: Session, mailing_id: int, token: str, *, first: bool) -> bool:
    """Locks a draft for one slice of its freezing. False: it is no draft any more, or another freezing took it over.

    Whoever starts (``first``) takes over from one that may have died; ``token`` tells them apart.
    """
    status = session.execute(select(mailing.c.status).where(mailing.c.id == mailing_id).with_for_update()).scalar_one()
    if status != str(MailingStatus.DRAFT):
        return False
    if first:
        set_fact(session, _freezing(mailing_id), token)
        return True
    return fact(session, _freezing(mailing_id)) == token


def end_freezing(session: Session, mailing_id: int) -> None:
    set_fact(session, _freezing(mailing_id), None)


def _freezing(mailing_id: int) -> str:
    return f"freezing:{mailing_id}"


def keep_content(session: Session, mailing_id: int, list_code: str, payload: bytes, content_hash: str) -> None:
    session.execute(delete(content).where(content.c.mailing_id == mailing_id, content.c.list_code == list_code))
    session.execute(
        insert(content).values(mailing_id=mailing_id, list_code=list_code, payload=payload, content_hash=content_hash)
    )


@dataclass(slots=True)
class Frozen:
    """An address that has its row already. ``units``: of the duties it serves so far."""

    id: int
    list_code: str
    status: str
    units: set[str]


def frozen_addresses(session: Session, mailing_id: int, keys: Sequence[str]) -> dict[str, Frozen]:
    """Of these addresses, those with a row in the mailing, by key."""
    found: dict[str, Frozen] = {}
    if not keys:
        return found
    rows = session.execute(
        select(delivery.c.address_key, delivery.c.id, delivery.c.list_code, delivery.c.status, duty.c.unit)
        .join(duty, duty.c.delivery_id == delivery.c.id)
        .where(delivery.c.mailing_id == mailing_id, delivery.c.address_key.in_(keys))
    )
    for key, delivery_id, list_code, status, unit in rows:
        found.setdefault(key, Frozen(delivery_id, list_code, status, set())).units.add(unit)
    return found


def rename_rows(session: Session, names: Sequence[tuple[int, str]]) -> None:
    """(delivery, whom the copy is for)."""
    if names:
        statement = update(delivery).where(delivery.c.id == bindparam("b_id")).values(name=bindparam("b_name"))
        session.connection().execute(statement, [{"b_id": key, "b_name": name} for key, name in names])


def set_recipients(session: Session, mailing_id: int) -> int:
    """Counts the frozen rows once and writes the number down: the ledger's sum must always come back to it."""
    n = session.execute(select(func.count()).where(delivery.c.mailing_id == mailing_id)).scalar_one()
    session.execute(update(mailing).where(mailing.c.id == mailing_id).values(recipients=n))
    return int(n)


def release_rows(session: Session, mailing_id: int, now: datetime) -> int:
    """Planned rows join the queue, due now, 报 before 送 before 发."""
    planned = (delivery.c.mailing_id == mailing_id, delivery.c.status == str(DeliveryStatus.PLANNED))
    counted: dict[str, int] = dict(
        session.execute(select(delivery.c.list_code, func.count()).where(*planned).group_by(delivery.c.list_code)).all()
    )
    due = {lane: now - _LANE_STEP * (_LANES - lane) for lane in range(_LANES)}
    session.execute(
        update(delivery)
        .where(*planned)
        .values(
            status=str(DeliveryStatus.QUEUED),
            queued_at=now,
            due_at=case(*((delivery.c.lane == lane, moment) for lane, moment in due.items()), else_=now),
        )
    )
    moved: Tally = Counter()
    for list_code, n in counted.items():
        moved[list_code, str(DeliveryStatus.PLANNED)] -= n
        moved[list_code, str(DeliveryStatus.QUEUED)] += n
    add_to_tally(session, mailing_id, moved)
    return sum(counted.values())
