"""Rows of returned mail: kept once by content and envelope recipient, settled once; and how far mailboxes were read.

Given a Session, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Select, func, select, update
from sqlmodel import Session

from mailer.store.core import delivery, duty, intake_folder, issue, mailing, returned, revision
from mailer.store.writes import insert_missing

_A_SWEEP = 200  # mails
_NEWS = ("bounce", "complaint")  # kinds that somebody has to hear of
_HEAD = 32 * 1024  # bytes that a list needs of a mail: its header


def keep(session: Session, **values: Any) -> tuple[int, bool]:
    """The mail's id, and whether it is new here."""
    is_new = insert_missing(session, returned, values | {"state": "new", "kind": "", "note": ""})
    mail_id = session.execute(
        select(returned.c.id).where(
            returned.c.sha256 == values["sha256"], returned.c.envelope_rcpt == values["envelope_rcpt"]
        )
    ).scalar_one()
    return int(mail_id), is_new


def mail(session: Session, mail_id: int) -> Any:
    return session.execute(select(returned).where(returned.c.id == mail_id)).one()


def suspected_mail(session: Session, delivery_id: int) -> Any | None:
    """The newest mail that may be about this delivery and proves nothing."""
    return session.execute(
        select(returned)
        .where(returned.c.delivery_id == delivery_id, returned.c.state == "unmatched")
        .order_by(returned.c.id.desc())
        .limit(1)
    ).one_or_none()


def state(session: Session, mail_id: int) -> str:
    return str(session.execute(select(returned.c.state).where(returned.c.id == mail_id)).scalar_one())


def unsettled(session: Session) -> Sequence[int]:
    """Mails that were stored and not applied: their reader died, or they came before their time. The former first, and
    no more at once than a sweep has time for.
    """
    return session.execute(
        select(returned.c.id)
        .where(returned.c.state.in_(["new", "waiting"]))
        .order_by(returned.c.state, returned.c.id)
        .limit(_A_SWEEP)
    ).scalars().all()  # fmt: skip


def read_up_to(session: Session, mailbox: str, folder: str, uid_validity: int) -> int | None:
    """The last UID read of a folder; None when it is new here, or its UIDs mean something else by now."""
    found = session.execute(
        select(intake_folder.c.last_uid).where(
            intake_folder.c.mailbox == mailbox,
            intake_folder.c.folder == folder,
            intake_folder.c.uid_validity == uid_validity,
        )
    ).scalar()
    return None if found is None else int(found)


def mark_read(session: Session, *, mailbox: str, folder: str, uid_validity: int, last_uid: int, now: datetime) -> None:
    values = {"uid_validity": uid_validity, "last_uid": last_uid, "read_at": now}
    if not insert_missing(session, intake_folder, {"mailbox": mailbox, "folder": folder} | values):
        session.execute(
            update(intake_folder)
            .where(intake_folder.c.mailbox == mailbox, intake_folder.c.folder == folder)
            .values(**values)
        )


def settle(session: Session, mail_id: int, *, state: str, kind: str, note: str, delivery_id: int | None = None) -> None:
    session.execute(
        update(returned)
        .where(returned.c.id == mail_id)
        .values(state=state, kind=kind, note=note[:500], delivery_id=delivery_id)
    )


def counts(session: Session) -> dict[tuple[str, str], int]:
    """(state, kind) -> how many."""
    rows = session.execute(
        select(returned.c.state, returned.c.kind, func.count()).group_by(returned.c.state, returned.c.kind)
    ).all()
    return {(row[0], row[1]): row[2] for row in rows}


def _with_delivery() -> Select[Any]:
    columns = (returned.c.id, returned.c.sender, returned.c.envelope_rcpt, returned.c.received_at, returned.c.kind)
    return (
        select(
            *columns, returned.c.state, returned.c.note, returned.c.delivery_id,
            delivery.c.name, delivery.c.address, delivery.c.status, delivery.c.mailing_id, delivery.c.reason, issue.c.number,
        )
        .outerjoin(delivery, delivery.c.id == returned.c.delivery_id)
        .outerjoin(mailing, mailing.c.id == delivery.c.mailing_id)
        .outerjoin(revision, revision.c.id == mailing.c.revision_id)
        .outerjoin(issue, issue.c.id == revision.c.issue_id)
    )  # fmt: skip


def listed(session: Session, states: Sequence[str], kind: str = "", *, limit: int, offset: int = 0) -> Sequence[Any]:
    """The newest first, with ``head``, the beginning of their bytes; with name, address, status, mailing_id, reason of the
    delivery and the number of its issue, each None where nothing is known. ``kind`` '' for every kind.
    """
    head = func.substr(returned.c.raw, 1, _HEAD, type_=LargeBinary).label("head")
    wanted = _with_delivery().add_columns(head).where(returned.c.state.in_(states))
    if kind:
        wanted = wanted.where(returned.c.kind == kind)
    return session.execute(wanted.order_by(returned.c.id.desc()).limit(limit).offset(offset)).all()


def entry(session: Session, mail_id: int) -> Any | None:
    """As in ``listed``, and ``raw``."""
    return session.execute(_with_delivery().add_columns(returned.c.raw).where(returned.c.id == mail_id)).one_or_none()


def away(session: Session, mailing_id: int) -> Sequence[Any]:
    """Automatic replies to a mailing's copies: unit and holder of each duty, name, note. In the order they came."""
    return session.execute(
        select(duty.c.unit, duty.c.holder, delivery.c.name, returned.c.note)
        .select_from(returned)
        .join(delivery, delivery.c.id == returned.c.delivery_id)
        .join(duty, duty.c.delivery_id == delivery.c.id)
        .where(delivery.c.mailing_id == mailing_id, returned.c.kind == "autoreply", returned.c.state == "applied")
        .order_by(returned.c.id, duty.c.id)
    ).all()


def waiting_for_person(session: Session, since: datetime) -> int:
    """Returns of that time that report something and prove nothing about whom."""
    found = session.execute(
        select(func.count())
        .select_from(returned)
        .where(returned.c.state == "unmatched", returned.c.kind.in_(_NEWS), returned.c.received_at >= since)
    ).scalar_one()
    return int(found)


def lock(session: Session, mail_id: int) -> Any | None:
    """The mail's row, so that one person answers for it at a time."""
    return session.execute(select(returned).where(returned.c.id == mail_id).with_for_update()).one_or_none()
