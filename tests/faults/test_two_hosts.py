"""Two machines send one mailing; one is lost in the middle of it, with its journal, and comes back."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mailer.flow.leases import WINDOW
from tests.conftest import missing
from tests.faults.conftest import CONNECTIONS, MANY, SLOW
from tests.faults.inside import opened
from tests.faults.test_databases import status
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.hosts import Host
from tests.support.installation import PROGRAM, Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.programs import Program, ServerMissingError
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_redis, pytest.mark.needs_postgres, pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]


class Machine:
    """A host with the office's settings as they read from there, and at most one worker."""

    def __init__(self, host: Host, office: Installation, disk: Path) -> None:
        self.host, self._office, self.disk = host, office, disk
        self._started = 0
        self.worker: Program | None = None

    def start(self) -> Program:
        seen = {key: value.replace("127.0.0.1", self.host.gateway) for key, value in self._office.environment.items()}
        seen["MAILER_RELAY_CA"] = f"plain:{self.host.gateway}"
        pairs = [f"{key}={value}" for key, value in seen.items()]
        log = self._office.folder / f"{self.host.name}-{self._started}.log"
        known = len(self.journals())
        self._started += 1
        command = self.host.command("env", "-i", *pairs, *PROGRAM, "worker")
        self.worker = Program(command, log, lambda: True, folder=self._office.folder)
        wait_until(lambda: len(self.journals()) > known, 60, f"a worker on {self.host.name}")
        return self.worker

    def journals(self) -> list[Path]:
        return [path for path in (self.disk / "journal").glob("*") if not path.name.startswith(".")]


@pytest.fixture
def machines(
    tmp_path: Path,
    relay: FaultServer,
    make_production: Make,
    redis_server: RedisServer,
    postgres_server: PostgresServer,
) -> Iterator[tuple[Installation, Machine, Machine]]:
    relay.change(SLOW)
    office = make_production(MANY)
    ports = (relay.port, redis_server.port, postgres_server.port)
    with ExitStack() as stack:
        made = []
        for name in ("host-a", "host-b"):
            disk = tmp_path / name
            shutil.copytree(office.data_dir, disk)
            try:
                host = stack.enter_context(Host(name, disk, office.data_dir, ports))
            except ServerMissingError as error:
                missing(str(error))
            made.append(Machine(host, office, disk))
        yield office, made[0], made[1]
        for machine in made:
            if machine.worker is not None:
                machine.worker.kill()


@pytest.mark.fault("F15")
def test_a_machine_that_is_lost_with_its_journal_and_comes_back(
    machines: tuple[Installation, Machine, Machine], relay: FaultServer, close_accounts: Close
) -> None:
    office, lost, other = machines
    victim = lost.start()
    office.release()
    relay.log.wait_until(30, 60)  # the lost one works alone, so that it holds what will be missing
    other.start()
    lost.host.pull_the_cable()  # nobody hears it die: no connection of its is ended
    victim.kill()
    relay.change(Scenario())
    assert len(relay.log.kept()) < MANY
    with opened(office) as inside:
        wait_until(lambda: status(inside) == "closed", 150, "the other machine to end the mailing")
    before = Counter(row["status"] for row in office.report())
    assert set(before) == {"accepted", "in_doubt"}
    assert 0 < before["in_doubt"] <= 2 * WINDOW, "the windows granted to the lost machine, at most two"
    assert lost.journals(), "its journal lies on its disk"
    lost.host.plug_in()
    lost.start()
    wait_until(lambda: len(lost.journals()) == 1, 60, "the machine to read what it had left behind")
    with opened(office) as inside:
        wait_until(lambda: status(inside) == "closed", 90, "the mailing to be over again")
    accounts, _ = close_accounts(office, hit=before["in_doubt"])
    assert accounts.statuses["in_doubt"] <= CONNECTIONS, "only what was on the wire is still unknown"
    assert accounts.statuses["accepted"] == MANY - accounts.statuses["in_doubt"]
