"""The dispatcher inside another process (serve, send, demo): one per data folder, in this thread or its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailer import wiring
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.transport.configured import fingerprint_of
from mailer.wake.local import LocalWake
from mailer.workers import loop
from mailer.workers.dispatcher_lock import DispatcherLock


class OtherRelayError(Exception):
    """The dispatcher that runs here sends through another relay than our settings say."""


class Dispatcher:
    """Sends for one data folder as soon as the lock is ours."""

    def __init__(self, settings: Settings, store: Store, wake: LocalWake, stop: threading.Event) -> None:
        self._settings, self._store, self._wake, self._stop = settings, store, wake, stop
        self._lock = DispatcherLock(settings.data_dir)
        self._relay = fingerprint_of(settings)

    def is_running_elsewhere(self) -> bool:
        """Another process dispatches. Raises OtherRelayError when it does so through another relay."""
        if self._lock.take(self._relay):
            self._lock.release()
            return False
        if (other := self._lock.holder_relay()) is not None and other != self._relay:
            raise OtherRelayError
        return True

    def run(self, until: Callable[[], bool], *, wait_for_lock: bool = True) -> None:
        """Dispatches in this thread until ``until`` or stop; waits for the lock while another process works."""
        while not self._lock.take(self._relay):
            if (other := self._lock.holder_relay()) is not None and other != self._relay:
                raise OtherRelayError
            if not wait_for_lock or self._stop.wait(0.3) or until():
                return
        try:
            with wiring.sending(self._settings, self._store, "embedded") as sending:
                loop.run(sending.kit, stop=self._stop, woken=self._wake.take, until=until)
        finally:
            self._lock.release()


class DispatcherThread:
    """A dispatcher in a thread of its own. What it raises is kept for whoever waits.

    Waiting goes by an event, not by Thread.join: a signal that interrupts a join marks the thread as ended although it
    still runs (CPython 3.11, bpo-45274), and the process would leave in the middle of a message.
    """

    def __init__(
        self, dispatcher: Dispatcher, until: Callable[[], bool], on_failure: Callable[[], None] = lambda: None
    ) -> None:
        self.failure: BaseException | None = None
        self._on_failure = on_failure
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(dispatcher, until), name="mailer-dispatcher", daemon=True).start()

    def _run(self, dispatcher: Dispatcher, until: Callable[[], bool]) -> None:
        try:
            dispatcher.run(until)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self.failure = error
        finally:
            self._done.set()
        if self.failure is not None:
            self._on_failure()

    def wait(self, within: float | None = None) -> bool:
        """True when it has ended."""
        return self._done.wait(within)


@contextmanager
def in_background(
    settings: Settings, store: Store, wake: LocalWake, on_failure: Callable[[], None] = lambda: None
) -> Iterator[Dispatcher]:
    """The dispatcher in a thread of its own while the block runs; raises afterwards what it raised.

    ``on_failure`` is called in that thread when it fails: pages that go on while nothing is sent would be a lie.
    """
    stop = threading.Event()
    dispatcher = Dispatcher(settings, store, wake, stop)
    thread = DispatcherThread(dispatcher, lambda: False, on_failure)
    try:
        yield dispatcher
    finally:
        stop.set()
        thread.wait()
    if thread.failure is not None:
        raise thread.failure
