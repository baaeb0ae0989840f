"""The relay as a program of its own, so that its books outlive whatever is killed beside it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import Certificate
from tests.support.fault_smtp.books import RelayLog
from tests.support.fault_smtp.scenario import Scenario
from tests.support.servers.programs import Program, free_port
from tests.support.waiting import wait_until

_ROOT = Path(__file__).resolve().parents[3]


class FaultProgram:
    """Books, scenario and output lie in ``folder``; the port stays the same through kills and starts."""

    def __init__(
        self, folder: Path, scenario: Scenario | None = None, *, certificate: Certificate | None = None
    ) -> None:
        self._folder, self._certificate = folder, certificate
        self._scenario_file = folder / "scenario.json"
        self._write(scenario or Scenario())
        self.port = free_port()
        self.log = RelayLog(folder / "relay.jsonl")
        self._program: Program | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "tests.support.fault_smtp", "--port", str(self.port)]
        words += ["--log", str(self.log.path), "--scenario", str(self._scenario_file)]
        if self._certificate is not None:
            words += ["--certificate", str(self._certificate.certificate), "--key", str(self._certificate.key)]
        earlier = self.log.count("listening")
        self._program = Program(
            words, self._folder / "relay.out", lambda: self.log.count("listening") > earlier, folder=_ROOT
        )

    def change(self, scenario: Scenario) -> None:
        """Returns when the new scenario holds."""
        earlier = self.log.count("scenario")
        self._write(scenario)
        if self._program is not None:
            self._program.send(signal.SIGHUP)
        wait_until(lambda: self.log.count("scenario") > earlier, what="the relay's new scenario")

    def _write(self, scenario: Scenario) -> None:
        self._scenario_file.write_text(scenario.to_json(), encoding="utf-8")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """kill -9."""
        if self._program is not None:
            self._program.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
