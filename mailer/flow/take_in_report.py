"""A returned mail comes in: stored once, read, correlated by our own signature, and only then allowed to move one row.

Idempotent and in any order: the same bytes to the same envelope recipient are one mail; what comes before the attempt is
settled waits for it; what names only an address changes nothing and becomes a question to a person.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from mailer.feedback.correlate import Correlation, correlate
from mailer.feedback.report import Kind, RecipientReport, ReturnedMail, read_report
from mailer.flow import consequences, settle
from mailer.flow.close_mailing import reopen
from mailer.flow.suppress_address import lift_by_success
from mailer.flow.suspect_return import suspect
from mailer.model.delivery import Cell, DeliveryEventKind, DeliveryStatus, cell
from mailer.model.mailing import MailingStatus
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import Signer
from mailer.model.verdict import Owner
from mailer.store import acknowledgements, ledger_rows, queries, returns
from mailer.store.engine import Store

#: The signature of no delivery: of mails that doctor sends to ourselves.
PROBE = 0

_WITHOUT_PROOF = "信里没有本系统的签名，没有改动任何记录"

#: Charged to lines, limits or our set-up: the message itself and its recipient are fine, so it is worth another try.
_TRY_AGAIN = frozenset({Owner.RATE, Owner.NETWORK, Owner.SETUP})
_MOST_RETURNS = 2  # tries that returned mail may order for one delivery
_ADDRESS_LIMIT = 320  # characters, RFC 5321 4.5.3.1: more is no address
_RETURNS_FOR = timedelta(hours=24)  # after its release; what comes back later was tried long enough
_GOOD_NEWS = frozenset({DeliveryEventKind.REPORTED_DELIVERED, DeliveryEventKind.REPORTED_UNDERWAY})
#: What a receiving host says of an address that is surely dead (RFC 3463 3.2, RFC 7505).
_DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.10"})


def take_in_report(
    store: Store, *, raw: bytes, envelope_rcpt: str, sender: str, signer: Signer, retry: RetryPolicy, now: datetime
) -> str:
    """Stores and applies one mail; its state afterwards: applied, waiting, unmatched or unread.

    The mail is committed before it is read, so that whoever handed it over may be told that we have it.
    """
    mail_id, is_new = keep_report(store, raw=raw, envelope_rcpt=envelope_rcpt, sender=sender, now=now)
    if not is_new:
        with store.read() as session:
            return str(returns.state(session, mail_id))
    return apply_report(store, mail_id, signer=signer, retry=retry, now=now)


def keep_report(store: Store, *, raw: bytes, envelope_rcpt: str, sender: str, now: datetime) -> tuple[int, bool]:
    """The mail is ours from here on: its id, and whether it is new. Whoever applies it may do so at any later time."""
    with store.begin() as session:
        return returns.keep(
            session,
            sha256=hashlib.sha256(raw).hexdigest(),
            envelope_rcpt=_storable(envelope_rcpt),
            sender=_storable(sender),
            raw=raw,
            received_at=now,
        )


def _storable(address: str) -> str:
    """An envelope address as any database takes it: it comes from a wire or a command line and may hold anything."""
    return address[:_ADDRESS_LIMIT].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def apply_waiting(store: Store, *, signer: Signer, retry: RetryPolicy, now: datetime) -> int:
    """Mails that came before their time, or whose reader died: tried again. How many are settled now."""
    with store.read() as session:
        waiting = returns.unsettled(session)
    return sum(apply_report(store, mail_id, signer=signer, retry=retry, now=now) != "waiting" for mail_id in waiting)


def apply_report(store: Store, mail_id: int, *, signer: Signer, retry: RetryPolicy, now: datetime) -> str:
    """Reads a stored mail and lets it act; its state afterwards. A mail that breaks our own code is put aside, in sight,
    so that those behind it are read. Raises DBAPIError when the database is away: the mail is tried again then.
    """
    try:
        return _apply_report(store, mail_id, signer=signer, retry=retry, now=now)
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - foreign bytes found a fault of ours: one mail waits for an engineer
        note = f"quarantined: 处理这封信时程序出错（{type(error).__name__}），没有改动任何记录"
        with store.begin() as session:
            returns.settle(session, mail_id, state="unread", kind=str(Kind.UNKNOWN), note=note)
        return "unread"


def _apply_report(store: Store, mail_id: int, *, signer: Signer, retry: RetryPolicy, now: datetime) -> str:
    with store.read() as session:
        row = returns.mail(session, mail_id)
    mail = read_report(row.raw)  # outside any transaction: foreign bytes take their time
    found = correlate(mail, row.envelope_rcpt, signer.verify)
    with store.begin() as session:
        if not isinstance(found, Correlation):
            state = "unread" if mail.kind in {Kind.NONE, Kind.UNKNOWN} else "unmatched"
            note = _WITHOUT_PROOF if state == "unmatched" else _unread(mail)
            suspected = suspect(session, mail, found, now)
            returns.settle(session, mail_id, state=state, kind=str(mail.kind), note=note, delivery_id=suspected)
            return state
        if found.delivery_id == PROBE:
            returns.settle(session, mail_id, state="applied", kind=str(mail.kind), note="发信通道自检的信，不用处理")
            return "applied"
        delivery = queries.delivery_row_for_update(session, found.delivery_id)
        if delivery is None:
            returns.settle(session, mail_id, state="unmatched", kind=str(mail.kind), note="对应的发送记录已不在")
            return "unmatched"
        _keep_hint(session, mail, delivery, mail_id, now)
        if mail.kind is Kind.COMPLAINT:
            consequences.of_complaint(session, delivery, now)
        state = _apply(
            session, delivery, _event_of(session, mail, found, delivery, now), found.report, mail_id, retry, now
        )
        returns.settle(session, mail_id, state=state, kind=str(mail.kind), note=_note(mail), delivery_id=delivery.id)
        return state


def _keep_hint(session: Session, mail: ReturnedMail, delivery: Any, mail_id: int, now: datetime) -> None:
    """What a mail program says of its user is shown beside the signature, and is none."""
    if mail.disposition is not None and mail.disposition.disposition == "displayed":
        acknowledgements.keep_hint(
            session, delivery_id=delivery.id, mailing_id=delivery.mailing_id, is_manual=mail.disposition.is_manual,
            returned_mail_id=mail_id, at=now,
        )  # fmt: skip


def _unread(mail: ReturnedMail) -> str:
    """Why a mail led to nothing, for the person who goes through such mails."""
    if mail.note.startswith("quarantined"):
        return mail.note
    return "没有读懂这封系统来信，请看原文" if mail.kind is Kind.UNKNOWN else "不是退信"


def _note(mail: ReturnedMail) -> str:
    if mail.disposition is not None:
        return "已读回执，由对方邮件软件发出，不作签收"
    if mail.auto_reply is None:
        return mail.note
    until = mail.auto_reply.absent_until
    return f"自动回复，写明外出至 {until.isoformat()}" if until else "自动回复"


def _event_of(
    session: Session, mail: ReturnedMail, found: Correlation, delivery: Any, now: datetime
) -> DeliveryEventKind | None:
    if mail.kind is Kind.AUTOREPLY and delivery.status == DeliveryStatus.IN_DOUBT:
        return DeliveryEventKind.REPORTED_UNDERWAY  # it answers this very copy, so the copy did leave
    report = found.report
    if report is None:
        return None
    if report.action == "delivered":
        return DeliveryEventKind.REPORTED_DELIVERED
    if report.action in {"delayed", "relayed", "expanded"}:
        return DeliveryEventKind.REPORTED_UNDERWAY
    if report.action != "failed":
        return None
    in_time = delivery.queued_at is not None and now - delivery.queued_at <= _RETURNS_FOR
    if report.classification.owner not in _TRY_AGAIN or delivery.returns >= _MOST_RETURNS or not in_time:
        return DeliveryEventKind.RETURNED
    mailing = queries.mailing(session, delivery.mailing_id)
    is_over = mailing.status == MailingStatus.CANCELLED or mailing.superseded_by is not None
    return DeliveryEventKind.RETURNED if is_over else DeliveryEventKind.RETURNED_FOR_RETRY


def _apply(
    session: Session, delivery: Any, event: DeliveryEventKind | None, report: RecipientReport | None, mail_id: int,
    retry: RetryPolicy, now: datetime, actor: str = "",
) -> str:  # fmt: skip
    if event is None:
        return "applied"
    after = cell(DeliveryStatus(delivery.status), event)
    if after is Cell.LATER:
        return "waiting"
    evidence: dict[str, Any] = {"returned_mail_id": mail_id, "actor": actor}
    if report is not None:
        evidence |= {
            "reply_text": report.diagnostic_reply[:500] or None,
            "host": report.remote_mta or None,
            "reason": report.reason,
            "fault": str(report.classification.owner) if event not in _GOOD_NEWS else "",
        }
    ledger_rows.record(session, delivery.mailing_id, [delivery.id], event, now, **evidence)
    if event is DeliveryEventKind.REPORTED_DELIVERED:
        lift_by_success(session, delivery, now)
    if isinstance(after, DeliveryStatus):
        columns = _columns(delivery, event, report, retry, now)
        ledger_rows.move_rows(session, delivery.mailing_id, [delivery], after, columns)
        if after.is_open:
            reopen(session, delivery.mailing_id)
        if report is not None and event not in _GOOD_NEWS:
            _consequences(session, delivery, event, report, now)
    return "applied"


def apply_by_person(
    session: Session,
    delivery: Any,
    report: RecipientReport,
    mail_id: int,
    retry: RetryPolicy,
    now: datetime,
    actor: str,
) -> str:
    """A person says that this return is about this delivery: the same table, with their name in the evidence."""
    return _apply(session, delivery, DeliveryEventKind.RETURNED, report, mail_id, retry, now, actor)


def _columns(
    delivery: Any, event: DeliveryEventKind, report: RecipientReport | None, retry: RetryPolicy, now: datetime
) -> dict[str, Any]:
    if report is None or event in _GOOD_NEWS:
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


def _consequences(
    session: Session, delivery: Any, event: DeliveryEventKind, report: RecipientReport, now: datetime
) -> None:
    if event is DeliveryEventKind.RETURNED:
        # a report that names the receiving host passes on its words; without one our relay speaks for itself
        status = report.status
        is_proof = bool(report.remote_mta) and status is not None and str(status) in _DEAD_ADDRESS
        consequences.of_bounce(session, delivery.id, now, is_proof=is_proof)
    if report.classification.owner in settle.OUR_FAULTS and not queries.mailing(session, delivery.mailing_id).rehearsal:
        settle.brake(session, delivery.mailing_id, now)
