"""The database away, or its disk full, in the middle of the day: every way says so in plain words, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import all_ways, make_desk
from mailer.web.console.ways import Way
from tests.web.clerk_day import SMALL, take
from tests.web.console_server import PASSWORDS, Console

#: They are asked by programs, and answer programs.
FOR_MACHINES = {"/health", "/healthz", "/readyz", "/metrics"}
TRACES = ("Traceback", "sqlalchemy", "sqlite3", "OperationalError")


@pytest.fixture
def ways(settings: Settings, store: Store) -> list[Way]:
    found = all_ways(make_desk(settings, store, OneTimeKeys(), PASSWORDS))
    return [way for way in found if way.path not in FOR_MACHINES]


@contextmanager
def no_sessions(store: Store) -> Iterator[None]:
    """What every way asks first cannot be read, as when the database's server is gone."""
    with store.begin() as session:
        session.execute(text("ALTER TABLE console_session RENAME TO gone"))
    yield
    with store.begin() as session:
        session.execute(text("ALTER TABLE gone RENAME TO console_session"))


def path_of(way: Way) -> str:
    return re.sub(r"\{[^}]*\}", "1", way.path)


def test_every_way_says_that_the_database_is_away(clerk: Console, store: Store, ways: list[Way]):
    take(clerk)
    with no_sessions(store):
        for way in ways:
            answer = clerk.get(path_of(way)) if way.method == "GET" else clerk.post(path_of(way), {"text": SMALL})
            assert answer.status == 503, (way.method, way.path)
            assert "数据库没有答复" in answer.text, way.path
            assert ("按“后退”就能看到" in answer.text) is (way.method == "POST"), way.path
            assert [trace for trace in TRACES if trace in answer.text] == []
    assert "第12期" in clerk.get("/issues/1").text  # the same session goes on when it is back


def test_an_upload_that_a_full_disk_refuses_can_be_sent_again(clerk: Console, store: Store):
    """Nothing of it is kept in halves: the same file is taken whole when there is room again."""
    is_full = True

    @event.listens_for(store.engine, "checkout")
    def limit(connection: Any, *_rest: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if is_full else 1_000_000}")

    long = SMALL.replace("区里开会，部署工作。", "区里开会，部署工作。" * 20_000)
    refused = clerk.post("/issues", files=[("file", "长.md", long.encode())])
    assert refused.status == 503
    assert "腾出空间" in refused.text
    assert "还没有收录过" in clerk.get("/issues").text
    is_full = False
    taken = clerk.post("/issues", files=[("file", "长.md", long.encode())])
    assert taken.status == 303
    assert "第12期" in clerk.get(taken.headers["location"]).text
