"""A mailing closes when no row is open and three counts agree: the frozen one, the counters, and count(*) by status."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import queries, upkeep, writes
from mailer.store.engine import Store


def close_if_done(store: Store, mailing_id: int, now: datetime) -> bool:
    """Closes the mailing; False while rows are open, or when the counts disagree (a task says so)."""
    with store.read() as session:
        if queries.ledger_sum(session, mailing_id).open:
            return False
    with store.begin() as session:
        return _close(session, mailing_id, now)


def _close(session: Session, mailing_id: int, now: datetime) -> bool:
    row = queries.mailing_for_update(session, mailing_id)  # several workers find at once that it is done
    ledger = queries.ledger_sum(session, mailing_id)
    status = MailingStatus(row.status)
    if ledger.open or status not in {MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.HELD}:
        return False
    counted = queries.counted(session, mailing_id)
    if not ledger.adds_up or counted != ledger.counts:
        writes.open_task(
            session,
            kind="sum_disagrees",
            title="台账的三个数对不上，没有结束",
            detail=f"冻结 {ledger.recipients}；计数 {ledger.counts}；逐行 {counted}",
            dedupe_key=f"sum:{mailing_id}",
            mailing_id=mailing_id,
            now=now,
        )
        return False
    writes.move_mailing(session, mailing_id, MailingEventKind.CLOSED, closed_at=now)
    return True


def reopen(session: Session, mailing_id: int) -> None:
    """A closed mailing owes something again; not one whose place another has taken."""
    row = queries.mailing_for_update(session, mailing_id)
    if row.status == MailingStatus.CLOSED and row.superseded_by is None:
        writes.move_mailing(session, mailing_id, MailingEventKind.REOPENED, closed_at=None)


def mend_what_is_over(session: Session, now: datetime) -> None:
    """Rows that came back after the end: a closed mailing goes on; in a cancelled one, and in one whose place a correction
    or recall has taken, they are cancelled too.
    """
    for mailing in queries.over_with_open_rows(session):
        reopen(session, mailing.id)
        upkeep.cancel_leftovers(session, mailing.id, now)
