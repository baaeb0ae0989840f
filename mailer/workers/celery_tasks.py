"""Celery's shell around the loop: one task that takes work for a minute, and the worker's own timer beside it.

A task carries ids only and has no countdown, no result and no time limit: the queue is in the database, the task merely
wakes. When Redis is gone or the consumer fell silent, the timer finds due rows within seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from celery import Celery, Task
from celery.signals import worker_shutting_down

from mailer import log, wiring
from mailer.flow.sweep import EVERY, sweep
from mailer.settings import Settings
from mailer.store import queue
from mailer.store.engine import Store
from mailer.wake.celery import QUEUE, REQUEST_ID, TAKE_WORK, CeleryWake, make_app
from mailer.workers import loop

TAKE_FOR = 60.0  # seconds


class WorkerProcess:
    """One sending process: its kit, and the rule that only one loop runs in it at a time."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._stack = ExitStack()
        self.sending = self._stack.enter_context(wiring.sending(settings, store, "worker"))
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._timer = threading.Thread(target=self._look_by_itself, name="mailer-timer", daemon=True)
        self._timer.start()

    def take_work(self) -> None:
        """Sends what is due for up to TAKE_FOR seconds; returns at once when this process already does."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            loop.run(self.sending.kit, take_for=TAKE_FOR, stop=self._stop, until=self._nothing_due)
        finally:
            self._busy.release()

    def _nothing_due(self) -> bool:
        kit = self.sending.kit
        with kit.store.read() as session:
            return not queue.due_mailings(session, kit.clock.now())

    def _look_by_itself(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                if not self._busy.locked() and sweep(self.sending.kit):
                    self.take_work()
            except Exception as error:  # noqa: BLE001 - the timer is the last thing that may die
                log.note("timer_failed", error=repr(error))

    def told_to_stop(self, within: float = 0.0) -> bool:
        """Whether somebody has said so, or says so ``within`` that many seconds."""
        return self._stop.wait(within)

    def begin_to_stop(self, **_signal: object) -> None:
        """Nothing new begins from now on; what is on the wire gets its grace."""
        self._stop.set()

    def stop(self) -> None:
        self.begin_to_stop()
        with self._busy:
            self._stack.close()


def run_worker(settings: Settings, store: Store) -> None:
    """Serves until SIGTERM. One sending process: more of them are more processes, on as many machines as wanted."""
    app = make_app(settings.broker_url)
    process = WorkerProcess(settings, store)
    _register(app, process.take_work)
    # celery itself would first wait for the task, which goes on as long as there is work
    worker_shutting_down.connect(process.begin_to_stop, weak=False)
    try:
        while not process.told_to_stop():
            _consume(app)
            # Celery gives up on a broker that answers with refusals (out of memory, read-only). The timer goes on sending
            # all the while; what hears the hints sooner is tried again.
            if not process.told_to_stop(EVERY):
                log.note("consumer_ended")
    finally:
        process.stop()


def _consume(app: Celery) -> None:
    """Takes hints from the broker until the process is told to stop, or Celery gives up."""
    worker = app.Worker(
        pool="threads", concurrency=1, queues=[QUEUE], loglevel="WARNING", without_gossip=True, without_mingle=True,
        without_heartbeat=True, quiet=True,
    )  # fmt: skip
    worker.start()


def _register(app: Celery, take_work: Callable[[], None]) -> None:
    @app.task(name=TAKE_WORK, ignore_result=True, bind=True)  # type: ignore[untyped-decorator]  # celery ships no types
    def _take(task: Task, mailing_id: int) -> None:
        with log.request((task.request.headers or {}).get(REQUEST_ID, "")):
            log.note("work_asked_for", mailing=mailing_id)
            take_work()


def run_beat(settings: Settings, store: Store, stop: threading.Event) -> None:
    """Sweeps every few seconds and nudges the workers of every mailing with work due."""
    wake = CeleryWake(make_app(settings.broker_url))
    with wiring.sending(settings, store, "beat") as sending:
        while not stop.wait(EVERY):
            for mailing_id in sweep(sending.kit):
                wake.nudge(mailing_id)
