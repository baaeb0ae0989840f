"""Approval and release: from here on the database alone is the truth about what goes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.flow.paper_copies import ask_for_paper
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import freeze, queries, writes

#: A scheduled mailing found later than this is not sent behind the office's back: the moment has passed.
LATE = timedelta(minutes=30)


def approve(office: Office, mailing_id: int, actor: str, *, waived: dict[str, str] | None = None) -> None:
    """A person's word on content, rows, sender and printed lists; ``waived``: stops passed, with the reasons given.

    Approving twice changes nothing.
    """
    now = office.clock.now()
    with office.store.begin() as session:
        if queries.mailing_for_update(session, mailing_id).status == MailingStatus.PREPARED:
            writes.move_mailing(session, mailing_id, MailingEventKind.APPROVED, approved_at=now, approved_by=actor)
            office.record(session, actor, "mailing.approved", f"mailing:{mailing_id}", waived=waived or {})


def release(office: Office, mailing_id: int, actor: str) -> int:
    """Approved -> sending; how many rows joined the queue. A mailing already released is left as it is."""
    with office.store.begin() as session:
        if queries.mailing_for_update(session, mailing_id).status not in {
            MailingStatus.APPROVED,
            MailingStatus.SCHEDULED,
        }:
            return 0
        released = _release(session, mailing_id, office.clock.now())
        office.record(session, actor, "mailing.released", f"mailing:{mailing_id}", rows=released)
    office.wake.nudge(mailing_id)
    return released


def schedule(office: Office, mailing_id: int, at: datetime, actor: str) -> None:
    with office.store.begin() as session:
        writes.move_mailing(session, mailing_id, MailingEventKind.SCHEDULED, scheduled_at=at)
        office.record(session, actor, "mailing.scheduled", f"mailing:{mailing_id}", at=at)


def release_scheduled(session: Session, now: datetime) -> None:
    """The sweep's part: what is due goes out, what was missed by far is held and asks."""
    for mailing in queries.mailings_with_status(session, MailingStatus.SCHEDULED):
        if mailing.scheduled_at > now:
            continue
        if queries.mailing_for_update(session, mailing.id).status != MailingStatus.SCHEDULED:
            continue  # a person cancelled it at this very moment
        if now - mailing.scheduled_at > LATE:
            reason = "定时的时刻已过去 30 分钟以上（当时系统没有运行），没有自动发出，请确认"
            writes.move_mailing(session, mailing.id, MailingEventKind.HELD, reason=reason)
            writes.open_task(
                session,
                kind="missed",
                title="定时发送错过了时刻",
                detail=reason,
                dedupe_key=f"missed:{mailing.id}",
                mailing_id=mailing.id,
                now=now,
            )
        else:
            _release(session, mailing.id, now)


def _release(session: Session, mailing_id: int, now: datetime) -> int:
    writes.lock(session, "addresses")
    writes.move_mailing(session, mailing_id, MailingEventKind.RELEASED, released_at=now)
    ask_for_paper(session, mailing_id, now)
    return freeze.release_rows(session, mailing_id, now)
