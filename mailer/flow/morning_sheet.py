"""晨报: who of a mailing was not reached, by person and unit, why, whom to call, what to do, what has changed since the
last sheet; and which mailings to tell of. The same is not told twice, news are. A rehearsal is no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlmodel import Session

from mailer.content.morning import MorningSheet, NotReached
from mailer.flow.read_ledger import Ledger, Line, read_ledger
from mailer.flow.told_sheets import Told, digest, key_of, last_told, remember_told
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.working_days import WorkingDays
from mailer.store import queries, returns, writes

_DAY = "morning_day"  # the last day whose morning was told
OPENS_AT = 8  # o'clock, office time
_TELLS_FOR = timedelta(days=7)  # after its release; returns come for five days at most (RFC 5321 4.5.4.1)
_TELLS_FOR_WORKED = 5  # working days: a mailing sent before the long holidays is told of after them
_NAMED = 12  # people that a sentence names
_SETTLED = frozenset({MailingStatus.CLOSED, MailingStatus.CANCELLED})
_UNDER_WAY = frozenset({MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.HELD})


def morning_sheet(session: Session, mailing_id: int, as_of: datetime) -> MorningSheet:
    """One mailing as it stands. Raises NoResultFound; ValueError for one that was never released."""
    return _sheet(session, read_ledger(session, mailing_id, as_of))


def _sheet(session: Session, ledger: Ledger) -> MorningSheet:
    if ledger.released_at is None:
        raise ValueError(f"mailing {ledger.mailing_id} was never released")
    before = last_told(session, ledger.mailing_id)
    known = before.missing if before is not None and before.missing is not None else None
    return MorningSheet(
        issue=f"{ledger.title} 第{ledger.number}期{_kind(ledger)}{'（演练）' if ledger.rehearsal else ''}",
        released_at=ledger.released_at,
        as_of=ledger.as_of,
        counts=tuple((status.label, n) for status, n in ledger.sum.counts.items()),
        recipients=ledger.sum.total,
        posts=ledger.sum.duties,
        not_reached=tuple(
            NotReached(
                line.unit,
                line.post,
                line.name,
                line.phone,
                line.cause or line.status.label,
                line.todo,
                address=line.address,
                key=key_of(line),
                is_new=known is not None and key_of(line) not in known,
            )
            for line in ledger.not_reached
        ),
        silent_units=ledger.units_without_anybody,
        still_trying=_still_trying(ledger),
        since_last=_since(ledger, before),
        away=_away(session, ledger.mailing_id),
        unassigned=returns.waiting_for_person(session, ledger.released_at),
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


def _since(ledger: Ledger, before: Told | None) -> str:
    """What has changed since the last sheet, in one sentence."""
    if before is None or before.missing is None:
        return ""
    missing = ledger.not_reached
    settled = [line for line in ledger.lines if line.is_reached and key_of(line) in before.missing]
    added = [line for line in missing if key_of(line) not in before.missing]
    if not settled and not added:
        return "与上一份晨报相比，名单没有变化。"
    parts = [f"新增 {len(added)} 个（{_names(added)}）" if added else ""]
    parts.append(f"已收到 {len(settled)} 个（{_names(settled)}）" if settled else "")
    return f"与上一份晨报相比：{'，'.join(filter(None, parts))}。"


def _names(lines: Sequence[Line]) -> str:
    named = "、".join(f"{line.unit}{line.name or line.post}" or line.address for line in lines[:_NAMED])
    return named + ("等" if len(lines) > _NAMED else "")


def _away(session: Session, mailing_id: int) -> tuple[str, ...]:
    """Those whose mailbox answered that they are away, and until when."""
    rows: Iterable[Any] = returns.away(session, mailing_id)
    return tuple(dict.fromkeys(f"{row.unit}{row.holder or row.name}：{row.note}" for row in rows))


def due_sheets(session: Session, now: datetime, zone: tzinfo, days: WorkingDays) -> list[tuple[int, MorningSheet]]:
    """What the colleagues should be told now and were not yet: mailings that have just settled, and on working days from
    08:00 on all of the last days whose news changed.
    """
    is_morning = _is_morning(session, now, zone, days)
    found = []
    for mailing in _recent(session, now, zone, days):
        before = last_told(session, mailing.id)
        has_settled = mailing.status in _SETTLED and before is None
        if not (has_settled or is_morning):
            continue
        sheet = morning_sheet(session, mailing.id, now)
        if before is None or before.digest != digest(sheet):
            found.append((mailing.id, sheet))
    return found


def _recent(session: Session, now: datetime, zone: tzinfo, days: WorkingDays) -> Sequence[Any]:
    worked = days.back(now.astimezone(zone).date(), _TELLS_FOR_WORKED)
    since = min(now - _TELLS_FOR, datetime.combine(worked, time(), zone))
    rows = queries.mailings_with_status(session, *_SETTLED, *_UNDER_WAY)
    return [
        row
        for row in rows
        if row.released_at is not None
        and row.released_at >= since
        and not row.rehearsal
        and row.kind != MailingKind.TEST
    ]


def _is_morning(session: Session, now: datetime, zone: tzinfo, days: WorkingDays) -> bool:
    """Whether today's sheet is due: a working day, 08:00 or later, and not told yet."""
    local = now.astimezone(zone)
    is_open = days.is_working(local.date()) and local.hour >= OPENS_AT
    return is_open and writes.fact(session, _DAY) != local.date().isoformat()


def remember(
    session: Session,
    told: Sequence[tuple[int, MorningSheet]],
    now: datetime,
    zone: tzinfo,
    days: WorkingDays,
    *,
    is_all: bool,
) -> None:
    """These sheets are out; and if that is all that was due this morning, it is done with."""
    for mailing_id, sheet in told:
        remember_told(session, mailing_id, sheet)
    if is_all and _is_morning(session, now, zone, days):
        writes.set_fact(session, _DAY, now.astimezone(zone).date().isoformat())
