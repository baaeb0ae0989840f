"""Relays for the tests in this folder, all stopped at the end of a test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fault_smtp.scenario import Fault, Scenario
from tests.support.fault_smtp.server import FaultServer


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., FaultServer]]:
    servers: list[FaultServer] = []

    def make(
        *faults: Fault, tls: ssl.SSLContext | None = None, implicit_tls: bool = False, **manners: object
    ) -> FaultServer:
        scenario = Scenario(faults=faults, **manners)  # type: ignore[arg-type]  # a test names what it wants
        log = tmp_path / f"{len(servers)}.jsonl"
        servers.append(FaultServer(log, scenario, tls_context=tls, implicit_tls=implicit_tls))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
