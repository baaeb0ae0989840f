"""A store, a reader of mailboxes on it, and a mailbox of one's own at a real Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from mailer.flow.poll_mailbox import Polled, Reader, poll_mailbox
from mailer.intake.imap_wire import MailboxAddress
from mailer.intake.mailbox import ImapMailbox
from mailer.model.retry import RetryPolicy
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from tests.support.builders import SHANGHAI, SIGNER
from tests.support.databases import make_sqlite_template, open_sqlite
from tests.support.servers.dovecot_server import PASSWORD, DovecotServer

_NUMBERS = count(1)  # Dovecot numbers mails of one second by the names of their files


@pytest.fixture(scope="session")
def _intake_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def store(_intake_template: Path, tmp_path: Path) -> Iterator[Store]:
    store = open_sqlite(_intake_template, tmp_path)
    yield store
    store.close()


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store, SIGNER, RetryPolicy(office_zone=SHANGHAI), SystemClock(), frozenset({"office@office.example"}))


@dataclass(frozen=True, slots=True)
class OwnMailbox:
    """A mailbox that only this test knows."""

    server: DovecotServer
    login: str

    def address(self, *, port: int = 0, password: str = PASSWORD) -> MailboxAddress:
        context = self.server.authority.client_context()
        return MailboxAddress("localhost", port or self.server.port, self.login, password, context)

    def deliver(self, raw: bytes, folder: str = "INBOX") -> None:
        self.server.deliver(self.login, raw, f"{next(_NUMBERS):010}.x", folder)

    def poll(self, reader: Reader) -> Polled:
        with ImapMailbox(self.address()) as mailbox:
            return poll_mailbox(reader, mailbox)

    def snapshot(self) -> dict[str, bytes]:
        return self.server.snapshot(self.login)


@pytest.fixture
def mailbox(dovecot: DovecotServer) -> OwnMailbox:
    return OwnMailbox(dovecot, dovecot.take())
