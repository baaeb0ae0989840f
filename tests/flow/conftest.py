"""``store``: a migrated SQLite file; ``either``: the same test on PostgreSQL as well. A clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer import resources
from mailer.content.facts import Sender
from mailer.content.render import environment
from mailer.flow.office import Office
from mailer.flow.send_kit import SendKit
from mailer.flow.tell_colleagues import Desk
from mailer.model.rights import Role
from mailer.store.accounts import Account
from mailer.store.engine import Store
from mailer.store.journal import JournalHome
from mailer.transport.relay import RelayAddress, SmtpRelay
from mailer.transport.sandbox import SandboxServer
from mailer.transport.smtp import Timeouts
from tests.flow.logging_in import make
from tests.support.builders import SHANGHAI, Clock, Wake, make_kit, make_office, make_worker
from tests.support.databases import empty, make_postgres, make_sqlite_template, open_sqlite
from tests.support.servers.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def _flow_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def _flow_postgres(_postgres_of_session: PostgresServer) -> Iterator[Store]:
    store = make_postgres(_postgres_of_session)
    yield store
    store.close()


@pytest.fixture
def store(_flow_template: Path, tmp_path: Path) -> Iterator[Store]:
    store = open_sqlite(_flow_template, tmp_path)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def either(request: pytest.FixtureRequest) -> Store:
    """The store on both databases, one after the other."""
    if request.param == "sqlite":
        found: Store = request.getfixturevalue("store")
        return found
    found = request.getfixturevalue("_flow_postgres")
    empty(found)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wake() -> Wake:
    return Wake()


@pytest.fixture
def office(store: Store, clock: Clock, wake: Wake) -> Office:
    return make_office(store, clock, wake)


@pytest.fixture
def worker(store: Store, tmp_path: Path) -> Iterator[Callable[..., JournalHome]]:
    """Makes workers whose folders lie side by side; their locks are let go at the end."""
    homes: list[JournalHome] = []

    def make(name: str, **changed: Any) -> JournalHome:
        homes.append(make_worker(store, tmp_path / "journal", name, **changed))
        return homes[-1]

    yield make
    for home in homes:
        home.close()


@pytest.fixture
def kit(store: Store, clock: Clock, worker: Callable[..., JournalHome]) -> SendKit:
    """The kit of worker ``me``."""
    return make_kit(store, worker("me"), clock)


@pytest.fixture
def relay() -> Iterator[SandboxServer]:
    relay = SandboxServer(None, None)
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture
def desk(office: Office, relay: SandboxServer) -> Desk:
    def way_out() -> SmtpRelay:
        return SmtpRelay(
            RelayAddress("127.0.0.1", relay.port), connections=1, messages_per_connection=10, timeouts=Timeouts(),
            helo_name="[127.0.0.1]", now=office.clock.now, pipelined=False, one_at_a_time=True,
        )  # fmt: skip

    return Desk(
        store=office.store, clock=office.clock, zone=SHANGHAI, templates=environment(resources.templates()), relay=way_out,
        sender=Sender("某办公室", "office@office.example", "office@office.example"), to=("clerk@office.example",),
        message_domain="office.example", null_sender=True, note=lambda event, **facts: None,
    )  # fmt: skip


@pytest.fixture
def director(office: Office) -> Account:
    """An account that approves."""
    return make(office, "主任", Role.APPROVER)
