"""The relay as threads of this process: the listener, one thread per session, and a scenario that may change at any time.

Blocking sockets and threads on purpose: a hang, a reset or a reply in drops is then one line in ``wire``.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.fault_smtp.books import BookWriter, RelayLog
from tests.support.fault_smtp.scenario import At, Fault, FaultPicker, Scenario
from tests.support.fault_smtp.session import Session
from tests.support.fault_smtp.wire import EndedError, Wire

_RECEIVE_BUFFER = 262_144  # octets


class FaultServer:
    """Listens on 127.0.0.1:``port`` from ``start`` to ``stop``; 0 takes a free port. The books go to ``log_path``."""

    def __init__(
        self,
        log_path: Path,
        scenario: Scenario | None = None,
        *,
        port: int = 0,
        tls_context: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.scenario = scenario or Scenario()
        self.books = BookWriter(log_path)
        self.log = RelayLog(log_path)
        self.port = port
        self.tls_context = tls_context
        self._implicit_tls = implicit_tls
        self._picker = FaultPicker(self.scenario)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._numbers = itertools.count(1)
        self._begun: deque[float] = deque()  # when the messages within the rate window began
        self._wires: set[Wire] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def start(self) -> None:
        if self.scenario.down != "refuse":
            self._listen()
        self.books.write("listening", port=self.port)

    def change(self, scenario: Scenario) -> None:
        """Holds from the next command on, in open sessions too; every count of faults begins anew."""
        with self._lock:
            self.scenario, self._picker = scenario, FaultPicker(scenario)
        if scenario.down == "refuse":
            self._stop_listening()
        elif self._listener is None:
            self._listen()
        if scenario.down:
            self._reset_all()
        self.books.write("scenario", down=scenario.down)

    def stop(self) -> None:
        """Ends every session, wherever it hangs."""
        self._stopping.set()
        self._stop_listening()
        self._reset_all()
        for thread in self._threads:
            thread.join(10)
        self.books.close()

    def pick(self, at: At, recipients: tuple[str, ...]) -> Fault | None:
        with self._lock:
            return self._picker.pick(at, recipients, time.monotonic())

    def has_room_for_message(self) -> bool:
        """Counts one message against the rate, unless the rate is used up."""
        scenario = self.scenario
        if scenario.rate is None:
            return True
        with self._lock:
            now = time.monotonic()
            while self._begun and now - self._begun[0] >= scenario.rate_window:
                self._begun.popleft()
            if len(self._begun) >= scenario.rate:
                return False
            self._begun.append(now)
            return True

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        # sessions inherit it; without a limit the kernel takes a body of many megabytes before this relay reads any of it
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._run(self._accept_from, listener)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()

    def _run(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # any callable of these
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept_from(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = Wire(connection, self._stopping)
            if self.scenario.down or self._stopping.is_set():
                self.books.write("turned_away")
                wire.reset()
                continue
            with self._lock:
                self._wires.add(wire)
                limit = self.scenario.max_connections
                busy = limit is not None and len(self._wires) > limit
            self._run(self._serve, next(self._numbers), wire, busy)

    def _serve(self, number: int, wire: Wire, busy: bool) -> None:
        self.books.write("connect", session=number)
        ended = "server: stopped"
        try:
            Session(number, wire, self).run(busy=busy, implicit_tls=self._implicit_tls)
        except EndedError as error:
            ended = str(error)
        except OSError as error:  # our own close() from another thread
            ended = f"server: {error}"
        finally:
            with self._lock:
                self._wires.discard(wire)
            wire.close()
            self.books.write("close", session=number, by=ended)

    def _reset_all(self) -> None:
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            wire.break_off()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
