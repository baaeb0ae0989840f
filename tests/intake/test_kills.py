"""F55: the intake process killed at any moment takes each mail once, by LMTP and from the mailbox at the same time."""

from __future__ import annotations

import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailer.flow.take_in_report import apply_waiting
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import Signer
from mailer.store.core import returned
from mailer.store.engine import Store, sqlite_url
from mailer.transport.clock import SystemClock
from tests.intake.conftest import OwnMailbox
from tests.intake.test_lmtp import Client
from tests.support import returned_mail
from tests.support.builders import SHANGHAI
from tests.support.installation import PROGRAM, Installation
from tests.support.servers.dovecot_server import PASSWORD
from tests.support.servers.programs import Program, free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.needs_dovecot

KILLS = 5


class Killable:
    """``mailer intake`` of one installation, started again after each death."""

    def __init__(self, office: Installation, port: int) -> None:
        self._office, self._port, self._started = office, port, 0
        self._program: Program | None = None

    def start(self) -> Client:
        log = self._office.folder / f"intake-{self._started}.log"
        self._started += 1
        pairs = [f"{key}={value}" for key, value in self._office._environment.items()]
        self._program = Program(
            ["env", "-i", *pairs, *PROGRAM, "intake"], log, self._listens, folder=self._office.folder
        )
        return Client(self._port)

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as probe:
                return probe.recv(4) == b"220 "
        except OSError:
            return False

    def kill(self) -> None:
        assert self._program is not None
        self._program.kill()

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop(signal.SIGTERM)


@pytest.fixture
def office(tmp_path: Path, mailbox: OwnMailbox) -> Installation:
    office = Installation(
        tmp_path,
        LMTP_LISTEN=f"127.0.0.1:{free_port()}",
        INTAKE_URL=mailbox.server.url,
        INTAKE_USER=mailbox.login,
        INTAKE_PASSWORD=PASSWORD,
        INTAKE_CA=mailbox.server.authority.file,
    )
    office.init()
    return office


@pytest.fixture
def intake(office: Installation) -> Iterator[Killable]:
    intake = Killable(office, int(office._environment["MAILER_LMTP_LISTEN"].rpartition(":")[2]))
    yield intake
    intake.stop()


def notes(store: Store) -> Counter[bytes]:
    with store.read() as session:
        return Counter(row.raw for row in session.execute(select(returned.c.raw)))


def test_killed_at_random_it_takes_each_mail_once(office: Installation, intake: Killable, mailbox: OwnMailbox):
    chance = random.Random(55)
    by_mailbox = [returned_mail.hard(note=f"mailbox {number}") for number in range(120)]
    by_lmtp = [returned_mail.hard(note=f"lmtp {number}") for number in range(120)]
    for raw in by_mailbox:
        mailbox.deliver(raw)
    deaths = sorted(chance.sample(range(10, 110), KILLS))
    client = intake.start()
    for number, raw in enumerate(by_lmtp):
        acknowledged = False
        while not acknowledged:
            if deaths and number >= deaths[0]:
                # handed over to its last octet, and dead before or behind the answer
                client.send(b"MAIL FROM:<>\r\nRCPT TO:<x@bounce.example>\r\nDATA\r\n" + raw + b".\r\n")
                time.sleep(chance.uniform(0, 0.01))
                intake.kill()
                client.close()
                deaths.pop(0)
                client = intake.start()
                continue
            acknowledged = client.mail(raw + b".\r\n", "x@bounce.example") == ["250 2.0.0 stored"]
    client.close()
    assert not deaths
    store = Store(sqlite_url(office.data_dir))
    try:
        wanted = Counter(dict.fromkeys((*by_mailbox, *by_lmtp), 1))
        wait_until(lambda: len(notes(store)) == len(wanted), 30, "every mail of the mailbox")
        assert notes(store) == wanted
        clock, secret = SystemClock(), (office.data_dir / "secret.key").read_bytes()
        apply_waiting(store, signer=Signer((secret,)), retry=RetryPolicy(office_zone=SHANGHAI), now=clock.now())
        with store.read() as session:
            states = dict(session.execute(select(returned.c.state, func.count()).group_by(returned.c.state)).all())
        assert states == {"unmatched": len(wanted)}
    finally:
        store.close()
