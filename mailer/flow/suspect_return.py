"""疑似退信: a return that proves nothing and names an address. It changes nothing; a person looks and says whether it is so.

Anybody can write such a mail, so all it earns is one prefilled question for one delivery, however many of them come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.feedback.correlate import AddressHint, correlate
from mailer.feedback.report import Kind, RecipientReport, ReturnedMail, read_report
from mailer.feedback.wording import explain
from mailer.flow.consequences import people
from mailer.store import address_history, writes
from recipients.address import AddressError, EmailAddress

SUSPECTED = "suspected_return"
_WITHIN = timedelta(days=7)
_MOST_ADDRESSES = 5  # of one mail that are looked up: a report on more is a list's, or somebody's idea
_WORDS = 500


def suspect(session: Session, mail: ReturnedMail, hint: AddressHint, now: datetime) -> int | None:
    """Asks about the delivery that the return may be of: the newest within 7 days, of which nothing else has come back.

    Its id, or None: the mail is no bounce, names no such address, or names a returned Message-ID that is not ours.
    """
    if mail.kind is not Kind.BOUNCE or hint.returned_message_id:
        return None
    for report in hint.reports[:_MOST_ADDRESSES]:
        key = _key(report.recipient) if report.kind is Kind.BOUNCE else ""
        row = address_history.may_have_come_back(session, key, now - _WITHIN) if key else None
        if row is not None:
            _ask(session, row, report, now)
            return int(row.id)
    return None


def report_about(raw: bytes, address_key: str) -> RecipientReport | None:
    """What a stored return says of the address; None when it says nothing any more."""
    found = correlate(read_report(raw), "", lambda _text: None)
    reports = found.reports if isinstance(found, AddressHint) else ()
    return next(
        (report for report in reports if report.kind is Kind.BOUNCE and _key(report.recipient) == address_key), None
    )


def _key(address: str) -> str:
    try:
        return EmailAddress.parse(address).key
    except AddressError:
        return ""


def _ask(session: Session, row: Any, report: RecipientReport, now: datetime) -> None:
    cause, _ = explain(report.reason, report.classification.owner)
    writes.open_task(
        session,
        kind=SUSPECTED,
        title=f"疑似退信：{row.name or row.address}",
        detail=(
            f"{people(session, row)}\n退信没有带回本系统的记号，只写了这个邮箱：{cause}。\n"
            f"原话：{report.diagnostic_reply[:_WORDS]}\n请看原信或打电话：确认后台账改为“退回”，不是就关掉本条，台账不变。"
        ),
        dedupe_key=f"suspected:{row.id}",
        mailing_id=row.mailing_id,
        delivery_id=row.id,
        now=now,
    )
