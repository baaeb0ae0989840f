"""A returned mail comes in: stored once, read, correlated by our own signature, and only then allowed to move one row.

Idempotent and in any order: the same bytes to the same envelope recipient are one mail; what comes before the attempt is
settled waits for it; what names only an address changes nothing and stays in sight for a person.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.feedback.correlate import Correlation, correlate
from mailer.feedback.report import Kind, RecipientReport, read_report
from mailer.flow.close_mailing import reopen
from mailer.model.delivery import Cell, DeliveryEventKind, DeliveryStatus, cell
from mailer.model.mailing import MailingStatus
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import Signer
from mailer.model.verdict import Owner
from mailer.store import ledger_rows, queries, returns, writes
from mailer.store.engine import Store

#: Charged to lines, limits or our set-up: the message itself and its recipient are fine, so it is worth another try.
_TRY_AGAIN = frozenset({Owner.RATE, Owner.NETWORK, Owner.SETUP})
_MOST_RETURNS = 2  # tries that returned mail may order for one delivery
_ADDRESS_LIMIT = 320  # characters, RFC 5321 4.5.3.1: more is no address
_RETURNS_FOR = timedelta(hours=24)  # after its release; what comes back later was tried long enough


def take_in_report(
    store: Store, *, raw: bytes, envelope_rcpt: str, sender: str, signer: Signer, retry: RetryPolicy, now: datetime
) -> str:
    """Stores and applies one mail; its state afterwards: applied, waiting, unmatched or unread.

    The mail is committed before it is read, so that whoever handed it over may be told that we have it.
    """
    with store.begin() as session:
        mail_id, is_new = returns.keep(
            session,
            sha256=hashlib.sha256(raw).hexdigest(),
            envelope_rcpt=_storable(envelope_rcpt),
            sender=_storable(sender),
            raw=raw,
            received_at=now,
        )
    if not is_new:
        with store.read() as session:
            return str(returns.state(session, mail_id))
    return apply_report(store, mail_id, signer=signer, retry=retry, now=now)


def _storable(address: str) -> str:
    """An envelope address as any database takes it: it comes from a wire or a command line and may hold anything."""
    return address[:_ADDRESS_LIMIT].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def apply_waiting(store: Store, *, signer: Signer, retry: RetryPolicy, now: datetime) -> int:
    """Mails that came before their time, or whose reader died: tried again. How many are settled now."""
    with store.read() as session:
        waiting = returns.unsettled(session)
    return sum(apply_report(store, mail_id, signer=signer, retry=retry, now=now) != "waiting" for mail_id in waiting)


def apply_report(store: Store, mail_id: int, *, signer: Signer, retry: RetryPolicy, now: datetime) -> str:
    with store.read() as session:
        row = returns.mail(session, mail_id)
    mail = read_report(row.raw)  # outside any transaction: foreign bytes take their time
    found = correlate(mail, row.envelope_rcpt, signer.verify)
    with store.begin() as session:
        if not isinstance(found, Correlation):
            state = "unread" if mail.kind in {Kind.NONE, Kind.UNKNOWN} else "unmatched"
            note = mail.note or "这封退信里没有本系统的签名，没有改动任何记录"
            returns.settle(session, mail_id, state=state, kind=str(mail.kind), note=note)
            return state
        delivery = queries.delivery_row_for_update(session, found.delivery_id)
        if delivery is None:
            returns.settle(session, mail_id, state="unmatched", kind=str(mail.kind), note="对应的发送记录已不在")
            return "unmatched"
        state = _apply(session, delivery, found.report, mail_id, retry=retry, now=now)
        returns.settle(session, mail_id, state=state, kind=str(mail.kind), note=mail.note, delivery_id=delivery.id)
        return state


def _event_of(
    report: RecipientReport | None, delivery: Any, *, is_cancelled: bool, now: datetime
) -> DeliveryEventKind | None:
    if report is None:
        return None
    if report.action == "delivered":
        return DeliveryEventKind.REPORTED_DELIVERED
    if report.action in {"delayed", "relayed", "expanded"}:
        return DeliveryEventKind.REPORTED_UNDERWAY
    if report.action != "failed":
        return None
    in_time = delivery.queued_at is not None and now - delivery.queued_at <= _RETURNS_FOR
    if report.classification.owner in _TRY_AGAIN and delivery.returns < _MOST_RETURNS and in_time and not is_cancelled:
        return DeliveryEventKind.RETURNED_FOR_RETRY
    return DeliveryEventKind.RETURNED


def _apply(
    session: Session, delivery: Any, report: RecipientReport | None, mail_id: int, *, retry: RetryPolicy, now: datetime
) -> str:
    is_cancelled = queries.mailing(session, delivery.mailing_id).status == MailingStatus.CANCELLED
    event = _event_of(report, delivery, is_cancelled=is_cancelled, now=now)
    if event is None or report is None:
        return "applied"
    after = cell(DeliveryStatus(delivery.status), event)
    if after is Cell.LATER:
        return "waiting"
    evidence = {
        "reply_text": report.diagnostic_reply[:500] or None,
        "host": report.remote_mta or None,
        "reason": report.reason,
        "fault": str(report.classification.owner) if event not in _GOOD_NEWS else "",
    }
    ledger_rows.record(session, delivery.mailing_id, [delivery.id], event, now, returned_mail_id=mail_id, **evidence)
    if isinstance(after, DeliveryStatus):
        ledger_rows.move_rows(
            session, delivery.mailing_id, [delivery], after, _columns(delivery, event, report, retry, now)
        )
        if after.is_open:
            reopen(session, delivery.mailing_id)
        if event is DeliveryEventKind.RETURNED:
            _ask_to_verify(session, delivery, report, now)
    return "applied"


_GOOD_NEWS = frozenset({DeliveryEventKind.REPORTED_DELIVERED, DeliveryEventKind.REPORTED_UNDERWAY})


def _columns(
    delivery: Any, event: DeliveryEventKind, report: RecipientReport, retry: RetryPolicy, now: datetime
) -> dict[str, Any]:
    if event in _GOOD_NEWS:
        return {"finished_at": now, "accepted_at": delivery.accepted_at or now, "due_at": None}
    status = report.status
    columns: dict[str, Any] = {
        "enhanced_status": str(status) if status else None,
        "reply_text": report.diagnostic_reply[:500] or None,
        "host": report.remote_mta or None,
        "reason": report.reason,
        "fault": str(report.classification.owner),
        "hard": report.hard,
    }
    if event is DeliveryEventKind.RETURNED_FOR_RETRY:
        due = retry.due_at(delivery.returns + 1, now, 0.0, report.classification.hint)
        return columns | {"returns": delivery.returns + 1, "due_at": due, "finished_at": None}
    return columns | {"bounced_by": "return", "finished_at": now, "due_at": None}


def _ask_to_verify(session: Session, delivery: Any, report: RecipientReport, now: datetime) -> None:
    if report.hard:
        writes.open_task(
            session,
            kind="verify_by_phone",
            title=f"电话核实：{delivery.name or delivery.address} 的邮箱被退回",
            detail=report.diagnostic_reply[:500],
            dedupe_key=f"verify:{delivery.id}",
            mailing_id=delivery.mailing_id,
            delivery_id=delivery.id,
            now=now,
        )
