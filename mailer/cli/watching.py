"""Sending in the foreground: the dispatcher works in its own thread while this one tells how far it is."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from mailer.cli import ledger_text
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.office import Office
from mailer.flow.read_ledger import read_ledger
from mailer.model.mailing import MailingStatus
from mailer.settings import Settings
from mailer.store import queries, queue
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.workers.embedded import Dispatcher, DispatcherThread, OtherRelayError

_TELL_EVERY = 1.0  # seconds
_WAIT = re.compile(r"(\d{1,9})([smh])")
_STOPPED = frozenset({MailingStatus.HELD, MailingStatus.PAUSED, MailingStatus.CANCELLED})


def wait_for(text: str | None) -> timedelta | None:
    """How long ``--wait`` shall wait at most; None without a limit. Raises CommandError."""
    if not text:
        return None
    match = _WAIT.fullmatch(text)
    if match is None:
        raise CommandError("usage", f"--wait 的时长“{text}”看不懂。", "写成 90s、10m、2h 这样。", Exit.USAGE)
    return timedelta(seconds=int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]])


def send_and_watch(
    settings: Settings,
    store: Store,
    office: Office,
    mailing_id: int,
    *,
    wait: bool,
    wait_for: timedelta | None,
    out: Output,
) -> Exit:
    """Sends what is due, or (``wait``) until the mailing is over; prints progress and the ledger."""
    stop = threading.Event()
    watch = _Watch(store, office, mailing_id)
    until = watch.is_over if wait else watch.nothing_due
    foreground = _foreground(settings, store, stop, until, wait=wait)
    try:
        over = _follow(watch, foreground, wait=wait, wait_for=wait_for, out=out)
    finally:
        stop.set()
        if foreground is not None:
            foreground.wait()
    if foreground is not None and foreground.failure is not None:
        raise foreground.failure
    return _result(watch, out, waited=wait, over=over)


def work_until(settings: Settings, store: Store, is_done: Callable[[], bool], within: float | None) -> bool:
    """Dispatches here, where nobody else does, until something has come about; False when ``within`` seconds ran out."""
    stop, began = threading.Event(), time.monotonic()

    def is_over() -> bool:
        return is_done() or (within is not None and time.monotonic() - began > within)

    foreground = _foreground(settings, store, stop, is_over, wait=True)
    try:
        while not is_over():
            if foreground is not None and foreground.wait(0.1):
                break
            if foreground is None:
                time.sleep(0.2)
    finally:
        stop.set()
        if foreground is not None:
            foreground.wait()
    if foreground is not None and foreground.failure is not None:
        raise foreground.failure
    return is_done()


def _foreground(
    settings: Settings, store: Store, stop: threading.Event, until: Callable[[], bool], *, wait: bool
) -> DispatcherThread | None:
    """A dispatcher of ours, which waits its turn where another one works (``wait``); None where workers do the sending."""
    if settings.broker_url:
        return None
    dispatcher = Dispatcher(settings, store, LocalWake(), stop)
    try:
        elsewhere = dispatcher.is_running_elsewhere()
    except OtherRelayError:
        raise CommandError(
            "other_relay",
            "这个数据文件夹里已有发送程序在运行，而它用的是另一个发信服务器。邮件已登记，没有发送。",
            "请让两边的 MAILER_RELAY_URL、MAILER_RELAY_USER 一致，或先停掉那个程序。",
        ) from None
    return DispatcherThread(dispatcher, until) if wait or not elsewhere else None


class _Watch:
    """Looks at one mailing."""

    def __init__(self, store: Store, office: Office, mailing_id: int) -> None:
        self.store, self.office, self.mailing_id = store, office, mailing_id

    def is_over(self) -> bool:
        """Closed, stopped, or only rows left that wait for a person."""
        with self.store.read() as session:
            status = MailingStatus(queries.mailing(session, self.mailing_id).status)
            if status is MailingStatus.CLOSED or status in _STOPPED:
                return True
            total = queries.ledger_sum(session, self.mailing_id)
            return total.open > 0 and total.open == queries.parked_count(session, self.mailing_id)

    def nothing_due(self) -> bool:
        """Nothing of this mailing can be sent now."""
        with self.store.read() as session:
            if self.mailing_id in queue.due_mailings(session, self.office.clock.now()):
                return False
            return not queries.is_on_the_wire(session, self.mailing_id)


def _follow(
    watch: _Watch, foreground: DispatcherThread | None, *, wait: bool, wait_for: timedelta | None, out: Output
) -> bool:
    """Tells the progress until it is over; False when the waiting time ran out."""
    started = time.monotonic()
    told_at = 0.0
    while True:
        if foreground is None:
            if not wait or watch.is_over():
                return True
            time.sleep(0.2)
        elif foreground.wait(0.1):
            return True
        now = time.monotonic()
        if wait_for is not None and now - started > wait_for.total_seconds():
            return False
        if now - told_at >= _TELL_EVERY and now - started >= _TELL_EVERY:
            told_at = now
            _tell(watch, out)


def _tell(watch: _Watch, out: Output) -> None:
    with watch.store.read() as session:
        total = queries.ledger_sum(session, watch.mailing_id)
    done = total.total - total.open
    out.line(f"  已处理 {done}/{total.recipients}：{ledger_text.sum_line(total)}")
    out.object({"event": "progress", "mailing": watch.mailing_id, "done": done, **ledger_text.counts_json(total)})


def _result(watch: _Watch, out: Output, *, waited: bool, over: bool) -> Exit:
    with watch.store.read() as session:
        ledger = read_ledger(session, watch.mailing_id, watch.office.clock.now())
        row = queries.mailing(session, watch.mailing_id)
    ledger_text.print_ledger(ledger, out)
    out.object(
        {
            "event": "result",
            "mailing": watch.mailing_id,
            "status": str(ledger.status),
            **ledger_text.counts_json(ledger.sum),
            "reason": ledger.reason,
            "parked": ledger.parked,
            "started_at": row.released_at,
            "finished_at": row.closed_at,
        }
    )
    if not waited:
        return Exit.DONE
    if not over:
        out.line("等待的时间到了，发送还没有完；台账会继续更新：mailer mailings show " + str(watch.mailing_id))
        return Exit.FAILED
    if ledger.status in _STOPPED:
        out.line(f"没有发完：{ledger.status.label}。{ledger.reason}")
        return Exit.FAILED
    if ledger.sum.open:
        out.line(f"还有 {ledger.parked} 份等人处理；处理后：mailer mailings resume {watch.mailing_id}")
        return Exit.FAILED
    return Exit.DONE
