"""Statements about what a person adds to an issue before it goes out: attachments, passed stops, the approval.

Given a Session, never commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode
from mailer.store.core import approval, delivery, duty, issue, issue_attachment, pace_grant, revision, waiver
from mailer.store.core import mailing as mailing_table
from mailer.store.ledger_rows import move_rows, record
from mailer.store.writes import fact, insert_missing

_MODE: Final = "approval"  # as flow.accounts.set_house writes it
_IDS_A_STATEMENT: Final = 500
#: Statuses of a mailing nothing of which has left yet, and that has not been given up.
WAITING: Final = tuple(
    str(status)
    for status in (MailingStatus.DRAFT, MailingStatus.PREPARED, MailingStatus.APPROVED, MailingStatus.SCHEDULED)
)


def approval_mode(session: Session) -> ApprovalMode:
    """How this installation approves."""
    return ApprovalMode(fact(session, _MODE) or ApprovalMode.OFFLINE)


# --- approvals ------------------------------------------------------------------------------------------------------


def keep_approval(session: Session, values: Mapping[str, Any]) -> bool:
    """False when the mailing has one already."""
    return insert_missing(session, approval, dict(values))


def approval_of(session: Session, mailing_id: int) -> Any | None:
    return session.execute(select(approval).where(approval.c.mailing_id == mailing_id)).one_or_none()


def frozen_rows(session: Session, mailing_id: int) -> Iterable[tuple[str, str]]:
    """(list code, address key) of every delivery, withheld ones too."""
    rows = session.execute(
        select(delivery.c.list_code, delivery.c.address_key).where(delivery.c.mailing_id == mailing_id)
    )
    return ((row.list_code, row.address_key) for row in rows.yield_per(2_000))


def frozen_duties(session: Session, mailing_id: int) -> Sequence[Any]:
    """Every duty with its delivery's id, list_code, status, reason, address, address_key and holder_id; in order."""
    return session.execute(
        select(
            delivery.c.id.label("delivery_id"),
            delivery.c.status,
            delivery.c.reason,
            delivery.c.address,
            delivery.c.address_key,
            duty.c.list_code,
            duty.c.unit,
            duty.c.post,
            duty.c.holder,
            duty.c.holder_id,
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(duty.c.mailing_id == mailing_id)
        .order_by(delivery.c.lane, duty.c.id)
    ).all()


# --- the mailings of an issue ---------------------------------------------------------------------------------------


def issue_mailings(session: Session, issue_id: int) -> Sequence[Any]:
    """Every mailing of any revision of the issue, with the revision's number; the newest first."""
    return session.execute(
        select(mailing_table, revision.c.revision)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .where(revision.c.issue_id == issue_id)
        .order_by(mailing_table.c.id.desc())
    ).all()


def rounds_of(session: Session, content_key: str) -> Sequence[Any]:
    """The mailings of exactly this content, the first first."""
    return session.execute(
        select(mailing_table).where(mailing_table.c.content_key == content_key).order_by(mailing_table.c.id)
    ).all()


def last_sent_before(session: Session, mailing: Any) -> Any | None:
    """The last mailing to the lists that was released before this one, with its issue's number; rehearsals only beside
    rehearsals.
    """
    return session.execute(
        select(mailing_table, issue.c.number)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(
            mailing_table.c.bulletin_id == mailing.bulletin_id,
            mailing_table.c.id < mailing.id,
            mailing_table.c.kind == str(MailingKind.FIRST),
            mailing_table.c.released_at.is_not(None),
            mailing_table.c.rehearsal == mailing.rehearsal,
        )
        .order_by(mailing_table.c.id.desc())
        .limit(1)
    ).one_or_none()


# --- revisions ------------------------------------------------------------------------------------------------------


def revisions(session: Session, issue_id: int) -> Sequence[Any]:
    """Every revision without its bytes, the newest first."""
    return session.execute(
        select(
            revision.c.id,
            revision.c.revision,
            revision.c.source_name,
            revision.c.source_sha256,
            revision.c.created_at,
            revision.c.created_by,
        )
        .where(revision.c.issue_id == issue_id)
        .order_by(revision.c.revision.desc())
    ).all()


def newest_revision_id(session: Session, issue_id: int) -> int | None:
    found = session.execute(select(func.max(revision.c.id)).where(revision.c.issue_id == issue_id)).scalar()
    return int(found) if found is not None else None


# --- attachments ----------------------------------------------------------------------------------------------------


def attachments(session: Session, issue_id: int) -> Sequence[Any]:
    """Without their bytes, in the order in which they were added."""
    columns = [column for column in issue_attachment.c if column.name != "data"]
    return session.execute(
        select(*columns).where(issue_attachment.c.issue_id == issue_id).order_by(issue_attachment.c.id)
    ).all()


def attachment(session: Session, issue_id: int, attachment_id: int) -> Any | None:
    return session.execute(
        select(issue_attachment).where(issue_attachment.c.issue_id == issue_id, issue_attachment.c.id == attachment_id)
    ).one_or_none()


def attachment_files(session: Session, issue_id: int) -> Sequence[Any]:
    """name, content_type and data of each, in the order in which they were added."""
    return session.execute(
        select(issue_attachment.c.name, issue_attachment.c.content_type, issue_attachment.c.data)
        .where(issue_attachment.c.issue_id == issue_id)
        .order_by(issue_attachment.c.id)
    ).all()


def keep_attachment(session: Session, values: Mapping[str, Any]) -> bool:
    """False when the issue has a file of that name."""
    return insert_missing(session, issue_attachment, dict(values))


def drop_attachment(session: Session, issue_id: int, attachment_id: int) -> str | None:
    """The name of what was removed; None when it was gone already."""
    return session.execute(
        delete(issue_attachment)
        .where(issue_attachment.c.issue_id == issue_id, issue_attachment.c.id == attachment_id)
        .returning(issue_attachment.c.name)
    ).scalar()


# --- passed stops ---------------------------------------------------------------------------------------------------


def waivers(session: Session, revision_id: int) -> dict[str, Any]:
    """By code."""
    rows = session.execute(select(waiver).where(waiver.c.revision_id == revision_id).order_by(waiver.c.id))
    return {row.code: row for row in rows}


def keep_waiver(session: Session, *, revision_id: int, code: str, reason: str, now: datetime, by: str) -> None:
    """The last reason given counts."""
    drop_waiver(session, revision_id, code)
    values = {"revision_id": revision_id, "code": code, "reason": reason, "given_at": now, "given_by": by}
    insert_missing(session, waiver, values)


def drop_waiver(session: Session, revision_id: int, code: str) -> bool:
    gone = session.connection().execute(
        delete(waiver).where(waiver.c.revision_id == revision_id, waiver.c.code == code)
    )
    return gone.rowcount > 0


# --- what the directory takes away after the approval ---------------------------------------------------------------


def withhold_planned(session: Session, mailing_id: int, ids: Sequence[int], reason: str, now: datetime) -> int:
    """Rows not released yet that shall not be sent after all; how many there were."""
    rows = [
        row
        for start in range(0, len(ids), _IDS_A_STATEMENT)
        for row in session.execute(
            select(delivery.c.id, delivery.c.list_code, delivery.c.status)
            .where(
                delivery.c.mailing_id == mailing_id,
                delivery.c.id.in_(ids[start : start + _IDS_A_STATEMENT]),
                delivery.c.status == str(DeliveryStatus.PLANNED),
            )
            .with_for_update()
        ).all()
    ]
    values = {"due_at": None, "finished_at": now, "reason": reason}
    move_rows(session, mailing_id, rows, DeliveryStatus.WITHHELD, values)
    record(session, mailing_id, [row.id for row in rows], DeliveryEventKind.WITHHELD, now, reason=reason)
    return len(rows)


# --- what is left of the budgets, and how issues stand --------------------------------------------------------------


def granted_since(session: Session, scope: str, since: datetime) -> Sequence[tuple[datetime, int]]:
    """(when, how many) attempts booked under the scope."""
    rows = session.execute(
        select(pace_grant.c.at, pace_grant.c.n).where(pace_grant.c.scope == scope, pace_grant.c.at > since)
    )
    return [(row.at, row.n) for row in rows]


def last_mailings(session: Session, issue_ids: Sequence[int]) -> dict[int, Any]:
    """By issue: its newest mailing to lists (no proof, none that was given up), if it has one."""
    newest = (
        select(revision.c.issue_id, func.max(mailing_table.c.id).label("id"))
        .join(mailing_table, mailing_table.c.revision_id == revision.c.id)
        .where(
            revision.c.issue_id.in_(issue_ids),
            mailing_table.c.kind != str(MailingKind.TEST),
            mailing_table.c.status != str(MailingStatus.CANCELLED),
        )
        .group_by(revision.c.issue_id)
        .subquery()
    )
    rows = session.execute(
        select(mailing_table, newest.c.issue_id).join(newest, newest.c.id == mailing_table.c.id)
    ).all()
    return {row.issue_id: row for row in rows}
