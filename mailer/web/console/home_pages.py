"""首页: the issue in work, what waits for a person, the last mailings, and how relay, database, sender and mailbox are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import make_url
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import alarms, intake_trouble, relay_trouble
from mailer.flow.alarms import Alarm
from mailer.model.mailing import MailingStatus
from mailer.model.rights import Right
from mailer.store import home_reads, returns, task_book, writes
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.ledger_desk import LedgerDesk
from mailer.web.console.task_view import KINDS, kind_words
from mailer.web.console.ways import Way
from mailer.web.pages import office_time

_MAILINGS = 4
_WORKER_GONE = timedelta(minutes=2)  # a worker shows itself every few seconds
#: Tasks that ring as alarms anyway: said once.
_RINGING = frozenset({"relay", "held", "worker_hangs", "intake"})
_ISSUE = "/issues/{id}"


@dataclass(frozen=True, slots=True)
class InWork:
    """The issue somebody works on, and the next step. ``href`` '': its page is not for this caller."""

    title: str
    number: int
    state: str
    href: str
    step: str


@dataclass(frozen=True, slots=True)
class Bell:
    """An alarm that rings, and where it is seen to. ``href`` '': not on a page of ours. ``is_bad``: nothing is sent."""

    alarm: Alarm
    href: str
    is_bad: bool


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person. ``href`` '': nothing to open."""

    text: str
    n: int
    href: str


@dataclass(frozen=True, slots=True)
class Health:
    """One line: how something is. ``tone``: good, later (look at it), bad, none (not in use)."""

    name: str
    tone: str
    words: str


def ways(desk: Desk) -> list[Way]:
    return [Way("/", _Home(desk).home, Right.VIEW)]


class _Home:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office, self._settings = desk, desk.office, desk.settings
        self._books = LedgerDesk(desk)

    def home(self, request: Request) -> Response:
        now = self._office.clock.now()
        with self._office.store.read() as session:
            values: dict[str, Any] = {
                "in_work": self._in_work(session, request),
                "bells": self._bells(session, now),
                "needs": self._needs(session, request),
                "mailings": self._books.mailings(session, None, _MAILINGS),
                "health": self._health(session, now),
            }
        return self._desk.show(request, "console/home.html", area="home", may=self._may(request), **values)

    def _may(self, request: Request) -> dict[str, bool]:
        """Which pages this caller may go on to."""
        return {entry.area: True for entry in self._desk.navigation(caller_of(request))}

    def _in_work(self, session: Session, request: Request) -> InWork | None:
        issue = home_reads.newest_issue(session)
        if issue is None:
            return None
        mailing = home_reads.newest_mailing_of(session, issue.id)
        page = f"/issues/{issue.id}" if self._may_open(request, _ISSUE) else ""
        if mailing is None:
            return InWork(issue.title, issue.number, "已收稿，还没有准备发送", page, "核对内容，准备发送")
        status = MailingStatus(mailing.status)
        ledger = f"/mailings/{mailing.id}"
        if status in {MailingStatus.CLOSED, MailingStatus.CANCELLED}:
            return None
        if status in {MailingStatus.DRAFT, MailingStatus.PREPARED, MailingStatus.APPROVED}:
            return InWork(issue.title, issue.number, status.label, page or ledger, "接着办")
        if status is MailingStatus.SCHEDULED:
            at = office_time(mailing.scheduled_at, self._settings.timezone)
            return InWork(issue.title, issue.number, f"{status.label}：{at} 开始发", page or ledger, "查看")
        return InWork(issue.title, issue.number, status.label, ledger, "看台账")

    def _may_open(self, request: Request, path: str) -> bool:
        rights = self._desk.rights
        return path in rights and ((right := rights[path]) is None or caller_of(request).may(right))

    def _bells(self, session: Session, now: datetime) -> list[Bell]:
        settings = self._settings
        rings = alarms.ringing(
            session, now, queue_age=settings.alert_queue_age, intake_silent=settings.alert_intake_silent
        )
        return [Bell(alarm, _place_of(alarm), not alarm.key.startswith("doubt:")) for alarm in rings]

    def _needs(self, session: Session, request: Request) -> list[Need]:
        tasks: dict[str, tuple[int, str]] = {}  # words -> how many, and which kind to open
        counts = task_book.counts(session, "open")
        for kind in [*KINDS, *sorted(counts.keys() - KINDS.keys())]:
            if (n := counts.get(kind, 0)) and kind not in _RINGING:
                words = kind_words(kind)
                tasks[words] = tasks.get(words, (0, ""))[0] + n, kind if kind in KINDS else ""
        is_open = self._may_open(request, "/tasks")
        found = [
            Need(words, n, ("/tasks" + (f"?kind={kind}" if kind else "")) if is_open else "")
            for words, (n, kind) in tasks.items()
        ]
        book = "/returns" if self._may_open(request, "/returns") else ""
        states = returns.counts(session)
        for state, words in (("unmatched", "退信对不上是哪一封"), ("unread", "来信读不出是不是退信")):
            if n := sum(each for (of_state, _), each in states.items() if of_state == state):
                found.append(Need(words, n, book))
        return found

    # --- health -------------------------------------------------------------------------------------------------

    def _health(self, session: Session, now: datetime) -> tuple[Health, ...]:
        return (self._relay(session), self._database(), self._sender(session, now), self._mailbox(session))

    def _relay(self, session: Session) -> Health:
        if self._settings.is_sandbox:
            return Health("发信服务器", "none", "内置演练服务器：什么都不会真正发出")
        if trouble := writes.fact(session, relay_trouble.FACT):
            return Health("发信服务器", "bad", trouble)
        return Health("发信服务器", "good", f"{self._settings.relay_url.partition('//')[2]}，没有发现问题")

    def _database(self) -> Health:
        store = self._office.store
        if not store.is_sqlite:
            return Health("数据库", "good", f"PostgreSQL {make_url(store.url).host or ''}，正常")
        try:
            size = (self._settings.data_dir / "mailer.db").stat().st_size
        except OSError:
            return Health("数据库", "good", "SQLite，正常")
        return Health("数据库", "good", f"SQLite，正常，{max(1, round(size / 1_000_000))} MB")

    def _sender(self, session: Session, now: datetime) -> Health:
        n, seen_at = home_reads.senders_at_work(session, now - _WORKER_GONE)
        if not n:
            return Health("发送程序", "later", "没有在运行：排队的邮件要等它启动")
        return Health("发送程序", "good", f"{n} 个在运行，{office_time(seen_at, self._settings.timezone)} 有动静")

    def _mailbox(self, session: Session) -> Health:
        zone, settings = self._settings.timezone, self._settings
        if since := writes.fact(session, intake_trouble.FACT):
            return Health("收退信", "bad", f"{office_time(datetime.fromisoformat(since), zone)} 起读不了邮箱")
        if settings.intake_url:
            read_at = home_reads.mailbox_read_at(session)
            return Health(
                "收退信", "good", f"邮箱最近读过：{office_time(read_at, zone)}" if read_at else "邮箱还没有读过"
            )
        if settings.lmtp_listen:
            return Health("收退信", "good", "由邮件系统直接送来（LMTP）")
        if settings.is_sandbox:
            return Health("收退信", "none", "演练的退信由内置服务器送回")
        return Health("收退信", "later", "没有设置收退信的邮箱：退信不会自动记进台账")


def _place_of(alarm: Alarm) -> str:
    """The page of a mailing's alarm, by the alarm's key."""
    kind, _, number = alarm.key.partition(":")
    if kind in {"held", "still"}:
        return f"/mailings/{number}"
    return f"/mailings/{number}/in-doubt" if kind == "doubt" else ""
