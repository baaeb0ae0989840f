"""What a person may do to a mailing under way: pause, resume, cancel, and decide about what is in doubt."""

from __future__ import annotations

from typing import Any

from mailer.flow.close_mailing import close_if_done, reopen
from mailer.flow.office import Office
from mailer.flow.release_mailing import release_held
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingEventKind, MailingStatus, transition
from mailer.store import ledger_rows, queries, upkeep, writes


def pause(office: Office, mailing_id: int, actor: str) -> MailingStatus:
    """After this has answered, at most what each worker was granted already still leaves."""
    return _move(office, mailing_id, MailingEventKind.PAUSED, actor, reason=f"{actor} 暂停")


def resume(office: Office, mailing_id: int, actor: str) -> MailingStatus:
    """Goes on, also after the mailing held itself: parked rows and domains get another try, the breaker counts anew.

    Raises ApprovalError for one that never went out and is no longer what was approved.
    """
    with office.store.begin() as session:
        now = office.clock.now()
        row = queries.mailing_for_update(session, mailing_id)
        if row.status == MailingStatus.HELD and row.released_at is None:
            release_held(session, row, now)  # its hour was missed, or the lists had changed: it never went out
        else:
            writes.move_mailing(session, mailing_id, MailingEventKind.RESUMED)
        writes.set_fact(session, queries.resumed_fact(mailing_id), now.isoformat())
        writes.release_domains(session, mailing_id)
        upkeep.unpark(session, mailing_id, now, actor)
        office.record(session, actor, "mailing.resumed", f"mailing:{mailing_id}")
    office.wake.nudge(mailing_id)
    return MailingStatus.SENDING


def cancel(office: Office, mailing_id: int, actor: str) -> int:
    """Stops for good; how many rows will not be sent. What was granted already may still leave and is counted."""
    with office.store.begin() as session:
        writes.move_mailing(session, mailing_id, MailingEventKind.CANCELLED, reason=f"{actor} 取消")
        cancelled = upkeep.cancel_waiting(session, mailing_id, office.clock.now(), actor)
        office.record(session, actor, "mailing.cancelled", f"mailing:{mailing_id}", rows=cancelled)
    return cancelled


def resolve_in_doubt(
    office: Office,
    mailing_id: int,
    actor: str,
    *,
    resend: bool,
    recipient: str | None = None,
    delivery_id: int | None = None,
) -> int:
    """A person decides: send again (same row, same Message-ID), or take it as sent. How many rows.

    ``recipient`` (an address) or ``delivery_id``: only that one; else all that are in doubt.

    Raises IllegalMailingTransitionError: a cancelled mailing sends nothing again, nor one that was corrected or recalled.
    """
    now = office.clock.now()
    event = DeliveryEventKind.RESOLVED_RESEND if resend else DeliveryEventKind.RESOLVED_ACCEPT
    with office.store.begin() as session:
        mailing = queries.mailing_for_update(session, mailing_id)
        status = MailingStatus.CANCELLED if mailing.superseded_by is not None else MailingStatus(mailing.status)
        rows = upkeep.rows_in_doubt(session, mailing_id, recipient, delivery_id)
        if resend:
            transition(status, MailingEventKind.REOPENED)
            values: dict[str, Any] = {"due_at": now, "queued_at": now, "finished_at": None}
            ledger_rows.move_rows(session, mailing_id, rows, DeliveryStatus.QUEUED, values)
            if rows:
                reopen(session, mailing_id)
        else:
            values = {"accepted_at": now, "finished_at": now, "reason": "resolved_by_hand"}
            ledger_rows.move_rows(session, mailing_id, rows, DeliveryStatus.ACCEPTED, values)
        ledger_rows.record(session, mailing_id, [row.id for row in rows], event, now, actor=actor)
        office.record(session, actor, f"mailing.{event}", f"mailing:{mailing_id}", rows=len(rows))
    if resend:
        office.wake.nudge(mailing_id)
    else:
        close_if_done(office.store, mailing_id, now)
    return len(rows)


def _move(office: Office, mailing_id: int, event: MailingEventKind, actor: str, reason: str) -> MailingStatus:
    with office.store.begin() as session:
        status = writes.move_mailing(session, mailing_id, event, reason=reason)
        office.record(session, actor, f"mailing.{event}", f"mailing:{mailing_id}")
    return status
