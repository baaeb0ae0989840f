"""晨报: who of a mailing was not reached, by person and unit, why, whom to call, what to do; and which mailings to tell of.

What was told is remembered by a digest of what it says: the same is not told twice, news are. A rehearsal is no news.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlmodel import Session

from mailer.content.morning import MorningSheet, NotReached
from mailer.flow.read_ledger import Ledger, read_ledger
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import queries, writes

_DAY = "morning_day"  # the last day whose morning was told
OPENS_AT = 8  # o'clock, office time
_SATURDAY = 5
_TELLS_FOR = timedelta(days=7)  # after its release; returns come for five days at most (RFC 5321 4.5.4.1)
_SETTLED = frozenset({MailingStatus.CLOSED, MailingStatus.CANCELLED})
_UNDER_WAY = frozenset({MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.HELD})


def morning_sheet(session: Session, mailing_id: int, as_of: datetime) -> MorningSheet:
    """One mailing as it stands. Raises NoResultFound; ValueError for one that was never released."""
    ledger = read_ledger(session, mailing_id, as_of)
    if ledger.released_at is None:
        raise ValueError(f"mailing {mailing_id} was never released")
    return MorningSheet(
        issue=f"{ledger.title} 第{ledger.number}期" + _kind(ledger),
        released_at=ledger.released_at,
        as_of=as_of,
        counts=tuple((status.label, n) for status, n in ledger.sum.counts.items()),
        recipients=ledger.sum.total,
        posts=ledger.sum.duties,
        not_reached=tuple(
            NotReached(line.unit, line.post, line.name, line.phone, line.cause or line.status.label, line.todo)
            for line in ledger.not_reached
        ),
        silent_units=ledger.units_without_anybody,
        still_trying=_still_trying(ledger),
    )


def _kind(ledger: Ledger) -> str:
    return "" if ledger.kind is MailingKind.FIRST else f"（{ledger.kind.label}）"


def _still_trying(ledger: Ledger) -> str:
    waiting = len(ledger.still_trying)
    if ledger.status is MailingStatus.HELD:
        return f"发送已停下，等人处理：{ledger.reason}；还有 {waiting} 个岗位没发。"
    if ledger.status is MailingStatus.PAUSED:
        return f"发送已暂停，还有 {waiting} 个岗位没发。"
    return f"另有 {waiting} 个岗位仍在重试，到时会自动发出或列入下一份晨报。" if waiting else ""


def due_sheets(session: Session, now: datetime, zone: tzinfo) -> list[tuple[int, MorningSheet]]:
    """What the colleagues should be told now and were not yet: mailings that have just settled, and on working days from
    08:00 on all of the last days whose news changed.
    """
    is_morning = _is_morning(session, now, zone)
    found = []
    for mailing in _recent(session, now):
        has_settled = mailing.status in _SETTLED and writes.fact(session, _told_key(mailing.id)) is None
        if not (has_settled or is_morning):
            continue
        sheet = morning_sheet(session, mailing.id, now)
        if writes.fact(session, _told_key(mailing.id)) != digest(sheet):
            found.append((mailing.id, sheet))
    return found


def _recent(session: Session, now: datetime) -> Sequence[Any]:
    rows = queries.mailings_with_status(session, *_SETTLED, *_UNDER_WAY)
    return [
        row
        for row in rows
        if row.released_at is not None
        and now - row.released_at <= _TELLS_FOR
        and not row.rehearsal
        and row.kind != MailingKind.TEST
    ]


def _is_morning(session: Session, now: datetime, zone: tzinfo) -> bool:
    """Whether today's sheet is due: a working day, 08:00 or later, and not told yet."""
    local = now.astimezone(zone)
    is_working_day = local.weekday() < _SATURDAY
    return is_working_day and local.hour >= OPENS_AT and writes.fact(session, _DAY) != local.date().isoformat()


def remember(
    session: Session, told: Sequence[tuple[int, MorningSheet]], now: datetime, zone: tzinfo, *, is_all: bool
) -> None:
    """These sheets are out; and if that is all that was due this morning, it is done with."""
    for mailing_id, sheet in told:
        writes.set_fact(session, _told_key(mailing_id), digest(sheet))
    if is_all and _is_morning(session, now, zone):
        writes.set_fact(session, _DAY, now.astimezone(zone).date().isoformat())


def _told_key(mailing_id: int) -> str:
    return f"morning:{mailing_id}"


def digest(sheet: MorningSheet) -> str:
    """What the sheet says, but for the hour at which it says so."""
    said = (sheet.counts, sheet.not_reached, sheet.silent_units, sheet.still_trying)
    return hashlib.sha256(repr(said).encode("utf-8")).hexdigest()
