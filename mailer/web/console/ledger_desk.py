"""What the ledger's pages are given of one mailing: read in one snapshot, put into words, ready for a template.

Knows the office, its settings and the store; no route and no request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.flow.browse_ledger import read_entries, read_head, read_leaf
from mailer.flow.ledger_pace import Budget, Pace, read_pace, read_troubles
from mailer.flow.read_ledger import Head
from mailer.flow.search_ledger import search
from mailer.flow.sessions import IDLE, LASTS
from mailer.model.follow_up import FollowUpState
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import (
    acknowledgements,
    alarm_reads,
    corrections,
    follow_up_book,
    ledger_reads,
    live_reads,
    queries,
)
from mailer.store.ledger_reads import Need, Wanted
from mailer.store.queries import Sum
from mailer.transport.configured import fingerprint_of
from mailer.web.console.desk import Desk
from mailer.web.console.ledger_page import (
    LINES_AT_ONCE,
    LINES_PER_PAGE,
    MISSED_SHOWN,
    Filter,
    Lines,
    Missed,
    Now,
    account,
    lines_of,
    missed_of,
    now_of,
    state_words,
)
from mailer.web.console.live import Look, Source, Standing
from mailer.web.pages import office_time

_WORKER_GONE = timedelta(minutes=2)  # a worker shows itself every few seconds
_MINUTE = 60


class LedgerDesk:
    """Reads for one console."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.office, self.settings = desk, desk.office, desk.settings
        self._budget = Budget(
            fingerprint_of(desk.settings),
            0 if desk.settings.is_sandbox else desk.settings.per_minute,
            desk.settings.pace_per_day,
        )

    def now(self, session: Session, mailing_id: int, as_of: datetime) -> tuple[Now, Missed]:
        """The moving part of the page, and who was missed. Raises NoResultFound."""
        head, tallies = read_head(session, mailing_id, as_of)
        pace = read_pace(session, head, self._budget)
        troubles = read_troubles(session, mailing_id, as_of)
        missed = tallies.count(need=Need.PERSON)
        entries = read_entries(session, mailing_id, Wanted(Need.PERSON), start=0, limit=MISSED_SHOWN) if missed else ()
        silent = ledger_reads.silent_units(session, mailing_id) if missed else []
        is_idle = bool(
            head.status is MailingStatus.SENDING
            and pace.waiting
            and not alarm_reads.is_anybody_sending(session, as_of - _WORKER_GONE)
        )
        now = now_of(head, self.state(head), self._pace_words(pace, as_of, is_idle=is_idle), troubles)
        return now, missed_of(tallies, entries, silent)

    def around(self, session: Session, mailing_id: int) -> dict[str, Any]:
        """What else there is to this mailing: its issue, whether it asks for signatures, what became of the issue since."""
        mailing = queries.mailing(session, mailing_id)
        issue_id = int(corrections.issue_behind(session, mailing.revision_id).id)
        row = follow_up_book.standing(session, issue_id, rehearsal=mailing.rehearsal)
        follow_up = row and {
            "kind": row.kind,
            "revision": row.revision,
            "state_words": FollowUpState(row.state).label,
            "is_superseded": mailing.superseded_by is not None,
        }
        asks = bool(acknowledgements.terms(session, mailing_id))
        return {"issue_id": issue_id, "follow_up": follow_up, "asks_to_sign": asks}

    def lines(self, session: Session, mailing_id: int, chosen: Filter, as_of: datetime) -> Lines:
        found = search(session, mailing_id, chosen.search) if chosen.search else None
        size = LINES_AT_ONCE if chosen.at_once else LINES_PER_PAGE
        leaf, number = read_leaf(
            session, mailing_id, chosen.wanted(found), as_of, number=chosen.page, size=size
        )  # fmt: skip
        return lines_of(leaf, chosen, number, size)

    def state(self, head: Head) -> str:
        return self.words(head.status, head.sum, head.parked, head.released_at)

    def words(self, status: MailingStatus, total: Sum, parked: int, released_at: datetime | None) -> str:
        until = office_time(released_at + self.settings.retry_give_up, self.settings.timezone) if released_at else ""
        return state_words(status, total, parked, until)

    def mailings(self, session: Session, before: int | None, limit: int) -> list[dict[str, Any]]:
        """The newest mailings (before that number) with their sums, as the list and the first page print them."""
        return [self._mailing(session, row) for row in ledger_reads.mailings_before(session, before, limit)]

    def _mailing(self, session: Session, row: Any) -> dict[str, Any]:
        total = queries.ledger_sum(session, row.id)
        parked = sum(ledger_reads.parked(session, row.id).values())
        status = MailingStatus(row.status)
        return {
            "id": row.id,
            "title": row.title,
            "number": row.number,
            "kind": MailingKind(row.kind).label,
            "status": status,
            "lists": row.lists.split(","),
            "rehearsal": row.rehearsal,
            "created_at": row.created_at,
            "released_at": row.released_at,
            "reason": row.reason,
            "state": self.words(status, total, parked, row.released_at),
            "sum": total,
            "account": account("合计", total.counts),
        }

    def _pace_words(self, pace: Pace, as_of: datetime, *, is_idle: bool) -> tuple[str, ...]:
        zone = self.settings.timezone
        if is_idle:
            return (f"没有发送程序在运行：{pace.waiting} 封在排队，请管理员启动 mailer serve 或 mailer worker。",)
        if pace.resumes_at is not None:
            budget = f"每天 {self._budget.per_day} 封的发送余量用完了"
            return (f"{budget}，排队的 {pace.waiting} 封从 {office_time(pace.resumes_at, zone)} 起接着发。",)
        if pace.per_minute is None or pace.left is None:
            return ()
        done_at = (as_of + pace.left).astimezone(zone)
        return (f"{_rate(pace.per_minute)}，预计还需{_duration(pace.left)}（约 {done_at:%H:%M} 发完）。",)

    # --- for the live pages: blocking, called in threads ---------------------------------------------------------

    def source(self) -> Source:
        return Source(self._look, self._show)

    def _look(self, mailing_ids: Collection[int], sessions: Collection[str] | None) -> Look:
        now = self.office.clock.now()
        with self.office.store.read() as session:
            standing = live_reads.standing(session, mailing_ids)
            still_open = (
                None
                if sessions is None
                else live_reads.open_sessions(session, sessions, seen_after=now - IDLE, began_after=now - LASTS)
            )
        found = {
            mailing_id: Standing(facts[0], hashlib.sha256(repr(facts).encode()).hexdigest()[:16])
            for mailing_id, facts in standing.items()
        }
        return Look(found, still_open)

    def _show(self, mailing_id: int) -> str:
        with self.office.store.read() as session:
            now, _ = self.now(session, mailing_id, self.office.clock.now())
        return self.desk.pages.render("console/ledger/now.html", now=now)


def _rate(per_minute: float) -> str:
    if per_minute >= 2 * _MINUTE:
        return f"每秒约 {round(per_minute / _MINUTE)} 封"
    return f"每分钟约 {max(1, round(per_minute))} 封"


def _duration(left: timedelta) -> str:
    """«不到 10 秒», «约 1 分 10 秒», «约 9 分钟», «约 2 小时 5 分钟»."""
    tens = -(-int(left.total_seconds()) // 10)
    if tens <= 1:
        return "不到 10 秒"
    minutes, rest = divmod(tens, 6)
    if minutes < 2:
        return "约" + (f" {minutes} 分" if minutes else "") + (f" {rest * 10} 秒" if rest else "钟")
    minutes = round(left.total_seconds() / _MINUTE)
    hours, rest = divmod(minutes, _MINUTE)
    if not hours:
        return f"约 {minutes} 分钟"
    return f"约 {hours} 小时" + (f" {rest} 分钟" if rest else "")
