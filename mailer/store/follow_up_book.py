"""Statements about corrections and recalls: what is stopped, who holds which revision, how an issue stands.

Given a Session, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import OPEN, FollowUpKind, FollowUpState
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store.core import content, delivery, duty, follow_up, mailing, revision, sign_terms
from mailer.store.writes import insert_missing

#: A copy in one of these is, or may be, in the recipient's mailbox.
HOLDS: Final = (DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.IN_DOUBT)
#: Kinds that carry the issue itself to its lists.
_CARRIES: Final = tuple(
    str(kind) for kind in (MailingKind.FIRST, MailingKind.CORRECTION, MailingKind.SUPPLEMENT, MailingKind.REMINDER)
)
_OPEN: Final = tuple(str(state) for state in OPEN)


def keep(session: Session, **values: Any) -> int | None:
    """The follow-up's id; None when the issue has an open one already."""
    if not insert_missing(session, follow_up, values):
        return None
    return int(
        session.execute(
            select(follow_up.c.id).where(
                follow_up.c.issue_id == values["issue_id"],
                follow_up.c.rehearsal == values["rehearsal"],
                follow_up.c.state.in_(_OPEN),
            )
        ).scalar_one()
    )


def entry(session: Session, number: int) -> Any:
    """Raises NoResultFound."""
    return session.execute(select(follow_up).where(follow_up.c.id == number)).one()


def lock(session: Session, number: int) -> Any:
    """The same, locked."""
    return session.execute(select(follow_up).where(follow_up.c.id == number).with_for_update()).one()


def change(session: Session, number: int, state: FollowUpState, **values: Any) -> None:
    session.execute(update(follow_up).where(follow_up.c.id == number).values(state=str(state), **values))


def of_issue(session: Session, issue_id: int, *, rehearsal: bool) -> Sequence[Any]:
    """The newest first."""
    return session.execute(
        select(follow_up)
        .where(follow_up.c.issue_id == issue_id, follow_up.c.rehearsal == rehearsal)
        .order_by(follow_up.c.id.desc())
    ).all()


def to_carry_on(session: Session) -> Sequence[int]:
    """Those that need nobody's word any more."""
    return (
        session.execute(
            select(follow_up.c.id)
            .where(
                (follow_up.c.state == str(FollowUpState.STOPPING))
                | ((follow_up.c.state == str(FollowUpState.PREPARED)) & follow_up.c.approved_at.is_not(None))
            )
            .order_by(follow_up.c.id)
        )
        .scalars()
        .all()
    )


def standing(session: Session, issue_id: int, *, rehearsal: bool = False) -> Any | None:
    """By what the issue was corrected or taken back last: kind (mailer.model.follow_up), note, ordered_at, state,
    revision_id with its number ``revision``, and the mailings; None while it stands as it went out first.

    A recall counts from the moment it was ordered, and nothing after it undoes it.
    """
    rows = session.execute(
        select(follow_up, revision.c.revision)
        .join(revision, revision.c.id == follow_up.c.revision_id)
        .where(
            follow_up.c.issue_id == issue_id,
            follow_up.c.rehearsal == rehearsal,
            follow_up.c.state != str(FollowUpState.GIVEN_UP),
        )
        .order_by((follow_up.c.kind == str(FollowUpKind.RECALL)).desc(), follow_up.c.id.desc())
    )
    return rows.first()


def mailings_out(session: Session, issue_id: int, *, rehearsal: bool) -> Sequence[Any]:
    """The released mailings that carried the issue, with their revision's number; the first first."""
    return session.execute(
        select(mailing, revision.c.revision)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(
            revision.c.issue_id == issue_id,
            mailing.c.rehearsal == rehearsal,
            mailing.c.kind.in_(_CARRIES),
            mailing.c.released_at.is_not(None),
        )
        .order_by(mailing.c.id)
    ).all()


def mailing_with_revision(session: Session, mailing_id: int) -> Sequence[Any]:
    """One mailing as ``mailings_out`` gives them."""
    return session.execute(
        select(mailing, revision.c.revision)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(mailing.c.id == mailing_id)
    ).all()


def mailings_waiting(session: Session, issue_id: int, *, rehearsal: bool, but_not: Sequence[int]) -> Sequence[Any]:
    """Mailings to lists of which nothing has left and that nobody has given up."""
    return session.execute(
        select(mailing)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .where(
            revision.c.issue_id == issue_id,
            mailing.c.rehearsal == rehearsal,
            mailing.c.kind != str(MailingKind.TEST),
            mailing.c.released_at.is_(None),
            mailing.c.status.not_in([str(MailingStatus.CANCELLED), str(MailingStatus.CLOSED)]),
            mailing.c.id.not_in(but_not),
        )
        .order_by(mailing.c.id)
    ).all()


def supersede(session: Session, ids: Sequence[int], number: int) -> None:
    """From here on nothing of these mailings is sent again, whatever comes back."""
    session.execute(update(mailing).where(mailing.c.id.in_(ids)).values(superseded_by=number))


def is_overtaken(session: Session, row: Any) -> bool:
    """Whether the issue was taken back, or corrected by a newer revision, so that this mailing must not go out any more."""
    issue_id = session.execute(select(revision.c.issue_id).where(revision.c.id == row.revision_id)).scalar_one()
    is_newer = (follow_up.c.kind == str(FollowUpKind.RECALL)) | (follow_up.c.revision_id > row.revision_id)
    found = session.execute(
        select(follow_up.c.id)
        .where(
            follow_up.c.issue_id == issue_id,
            follow_up.c.rehearsal == row.rehearsal,
            follow_up.c.state != str(FollowUpState.GIVEN_UP),
            is_newer,
        )
        .limit(1)
    ).first()
    return found is not None and row.kind not in {MailingKind.RECALL, MailingKind.TEST}


def copies(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    """Every duty of these mailings with the status of its copy, in the order of sending."""
    return session.execute(
        select(
            delivery.c.mailing_id, delivery.c.lane, delivery.c.address, delivery.c.address_key, delivery.c.status,
            delivery.c.reason, mailing.c.revision_id, mailing.c.superseded_by,
            duty.c.list_code, duty.c.unit, duty.c.post, duty.c.holder, duty.c.holder_id, duty.c.phone, duty.c.care_of,
            duty.c.essential,
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(duty.c.mailing_id.in_(ids))
        .order_by(delivery.c.lane, duty.c.id)
    ).all()  # fmt: skip


def addresses_of(session: Session, mailing_id: int) -> set[str]:
    return set(session.execute(select(delivery.c.address_key).where(delivery.c.mailing_id == mailing_id)).scalars())


def drop_draft(session: Session, mailing_id: int) -> None:
    """A draft that nobody is to get: it was never to be seen. What has come further stays."""
    found = session.execute(select(mailing.c.status).where(mailing.c.id == mailing_id).with_for_update()).scalar()
    if found != str(MailingStatus.DRAFT):
        return
    for table in (content, sign_terms):
        session.execute(delete(table).where(table.c.mailing_id == mailing_id))
    session.execute(delete(mailing).where(mailing.c.id == mailing_id))


def left_over_drafts(session: Session, prefix: str, but_not: Sequence[int]) -> Sequence[int]:
    """Drafts of orders that died before they were committed."""
    return (
        session.execute(
            select(mailing.c.id).where(
                mailing.c.key.startswith(prefix, autoescape=True),
                mailing.c.status == str(MailingStatus.DRAFT),
                mailing.c.id.not_in(but_not),
            )
        )
        .scalars()
        .all()
    )


def rounds(session: Session, issue_id: int, *, rehearsal: bool) -> int:
    """How many follow-ups the issue has had."""
    found = session.execute(
        select(func.count()).where(follow_up.c.issue_id == issue_id, follow_up.c.rehearsal == rehearsal)
    )
    return int(found.scalar_one())
