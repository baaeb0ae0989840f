"""The real servers as fixtures, and what happens where one is missing: a printed skip, or a failure when CI is set.

Each server is started once per test process and handed to every test running and empty.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NoReturn, TypeVar

import pytest

from tests.support.servers.dovecot_server import DovecotServer
from tests.support.servers.postfix_server import PostfixServer
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.programs import ServerMissingError
from tests.support.servers.redis_server import RedisServer

Server = TypeVar("Server", RedisServer, PostgresServer, PostfixServer, DovecotServer)


def missing(reason: str) -> NoReturn:
    """Ends the test: skipped with the reason, or failed when CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"CI is set and {reason}", pytrace=False)
    pytest.skip(reason)


def _running(make: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    try:
        server = make()
    except ServerMissingError as error:
        missing(str(error))
    with server as running:
        yield running


@pytest.fixture(scope="session")
def _redis_of_session() -> Iterator[RedisServer]:
    yield from _running(RedisServer)


@pytest.fixture(scope="session")
def _postgres_of_session() -> Iterator[PostgresServer]:
    yield from _running(PostgresServer)


@pytest.fixture(scope="session")
def _postfix_of_session() -> Iterator[PostfixServer]:
    yield from _running(PostfixServer)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """A running Dovecot; every test gives itself a mailbox of its own with ``take``."""
    yield from _running(DovecotServer)


@pytest.fixture
def redis_server(_redis_of_session: RedisServer) -> RedisServer:
    """A running, empty Redis with AOF; a test may kill, freeze or flush it."""
    _redis_of_session.thaw()
    _redis_of_session.ensure_running()
    _redis_of_session.flush_all()
    return _redis_of_session


@pytest.fixture
def postgres_server(_postgres_of_session: PostgresServer) -> PostgresServer:
    """A running PostgreSQL; a test may stop or restart it."""
    _postgres_of_session.ensure_running()
    return _postgres_of_session


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of a database that only this test knows."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.ensure_running()
    postgres_server.drop_database(name)


@pytest.fixture
def postfix_relay(_postfix_of_session: PostfixServer) -> PostfixServer:
    """A running Postfix with an empty queue and empty mailboxes."""
    _postfix_of_session.ensure_running()
    _postfix_of_session.clear()
    return _postfix_of_session


_SERVER_OF_MARKER = {
    "needs_dovecot": "dovecot",
    "needs_browser": "browser",
    "needs_postfix": "postfix",
    "needs_postgres": "postgres",
    "needs_redis": "redis",
}


def pytest_configure() -> None:
    """Programs started by tests take Ctrl-C, also where this run itself was started in the background without it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under xdist the tests of one server run in one process, so that it is started once."""
    for item in items:
        server = next((server for marker, server in _SERVER_OF_MARKER.items() if item.get_closest_marker(marker)), None)
        if server is not None:
            item.add_marker(pytest.mark.xdist_group(server))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Above the closing line: what test.sh could not find on this machine, and the command that mends it."""
    packages = os.environ.get("MAILER_TESTS_MISSING", "").strip()
    if packages:
        terminalreporter.section("没有运行 / not run", yellow=True)
        terminalreporter.line(
            f"缺少以下程序，用到它们的测试已跳过 / the tests that need these were skipped: {packages}"
        )
        terminalreporter.line(
            f"补齐 / to run them too: sudo apt-get install -y --no-install-recommends {packages} && sh test.sh"
        )
