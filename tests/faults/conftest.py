"""A relay that misbehaves, an office that sends through it, and the closing of accounts that goes into the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.accounts import Accounts, compare
from tests.flow.conftest import _flow_postgres, _flow_template, clock, either, store, worker  # noqa: F401 - fixtures
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.redis_server import RedisServer

DOMAINS = 5
MANY = 300  # recipients of the long cases
CONNECTIONS = 4
#: A relay that leaves time for a fault in mid-mailing however busy the machine is; afterwards the test makes it quick.
SLOW = Scenario(latency=0.5)
#: Real waits made short: what is tried again is tried within the test.
QUICK_RETRIES = {"RETRY_FIRST": "300ms", "RETRY_MAX": "1s"}


@pytest.fixture(autouse=True)
def _rows(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Names the rows of the matrix in the result file, from which the table is written."""
    for marker in request.node.iter_markers("fault"):
        for row in marker.args:
            record_property("row", row)


def addresses(count: int) -> list[str]:
    return [f"r{number}@d{number % DOMAINS}.example" for number in range(count)]


@pytest.fixture(scope="session")
def _initialised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Installation]:
    """Installations with so many people on 发, made once and copied."""
    made: dict[int, Installation] = {}

    def get(count: int) -> Installation:
        if count not in made:
            made[count] = Installation(tmp_path_factory.mktemp(f"office-{count}"))
            made[count].init()
            made[count].import_addresses(addresses(count))
        return made[count]

    return get


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[FaultServer]:
    """Outlives the senders that are killed: they are other processes."""
    with FaultServer(tmp_path / "relay.jsonl", Scenario()) as running:
        yield running


@pytest.fixture
def make_office(
    tmp_path: Path, relay: FaultServer, _initialised: Callable[[int], Installation]
) -> Iterator[Callable[..., Installation]]:
    """Makes the office of the test: ``make_office(300, LEASE="20s")``, settings without their prefix."""
    made: list[Installation] = []

    def make(count: int, **settings: object) -> Installation:
        usual = {"RELAY_URL": f"smtp://127.0.0.1:{relay.port}", "FROM": "澄江区创建办 <office@bureau.example>"}
        usual |= {"RELAY_CONNECTIONS": str(CONNECTIONS)} | QUICK_RETRIES
        made.append(Installation(tmp_path, **(usual | settings)))
        made[-1].copy_data(_initialised(count))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture(scope="session")
def _production(
    tmp_path_factory: pytest.TempPathFactory, _postgres_of_session: PostgresServer
) -> Callable[[int], tuple[Installation, str]]:
    """The same with a PostgreSQL database, made once and copied."""
    made: dict[int, tuple[Installation, str]] = {}

    def get(count: int) -> tuple[Installation, str]:
        if count not in made:
            name = _postgres_of_session.create_database()
            url = _postgres_of_session.url(name)
            first = Installation(tmp_path_factory.mktemp(f"production-{count}"), DATABASE_URL=url)
            first.init()
            first.import_addresses(addresses(count))
            made[count] = first, name
        return made[count]

    return get


@pytest.fixture
def make_production(
    tmp_path: Path,
    relay: FaultServer,
    redis_server: RedisServer,
    postgres_server: PostgresServer,
    _production: Callable[[int], tuple[Installation, str]],
) -> Iterator[Callable[..., Installation]]:
    """The office that grew: PostgreSQL and Redis; its workers are started by the test."""
    made: list[Installation] = []
    databases: list[str] = []

    def make(count: int, **settings: object) -> Installation:
        first, template = _production(count)
        databases.append(postgres_server.create_database(template))
        usual = {"RELAY_URL": f"smtp://127.0.0.1:{relay.port}", "FROM": "澄江区创建办 <office@bureau.example>"}
        usual |= {"DATABASE_URL": postgres_server.url(databases[-1]), "BROKER_URL": redis_server.url, "LEASE": "20s"}
        usual |= {"RELAY_CONNECTIONS": str(CONNECTIONS)} | QUICK_RETRIES
        made.append(Installation(tmp_path, **(usual | settings)))
        made[-1].copy_data(first)
        return made[-1]

    yield make
    postgres_server.ensure_running()
    for office in made:
        office.close()
    for database in databases:
        postgres_server.drop_database(database)


@pytest.fixture
def close_accounts(
    relay: FaultServer, record_property: Callable[[str, object], None]
) -> Callable[..., tuple[Accounts, list[dict[str, Any]]]]:
    """``close_accounts(office, hit=n)``: the fault struck n times, nothing is lost, misrecorded or twice without excuse."""

    def close(
        office: Installation, *, hit: int, repeats: bool = False, mailing: int | str = 1
    ) -> tuple[Accounts, list[dict[str, Any]]]:
        assert hit > 0, "the fault did not strike, so the run proves nothing"
        report = office.report(mailing)
        accounts = compare(relay.log, report, repeats=repeats)
        _enter(record_property, accounts, hit)
        assert accounts.lost == (), accounts
        assert accounts.misrecorded == (), accounts
        assert accounts.duplicates <= accounts.excusable, accounts
        return accounts, report

    return close


def _enter(record_property: Callable[[str, object], None], accounts: Accounts, hit: int) -> None:
    figures: Sequence[tuple[str, object]] = (
        ("hit", hit),
        ("recipients", accounts.recipients),
        ("lost", len(accounts.lost)),
        ("misrecorded", len(accounts.misrecorded)),
        ("duplicates", accounts.duplicates),
        ("excusable", accounts.excusable),
        ("in_doubt", accounts.statuses["in_doubt"]),
    )
    for name, value in figures:
        record_property(name, value)
