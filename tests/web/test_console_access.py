"""Who gets in, under which name the console answers, and what every answer carries."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from tests.web.console_server import Console
from tests.web.sample_ledger import Row, make_mailing

PAGES = ["/", "/mailings/1", "/mailings/1/report.csv", "/mailings/1/report.xlsx"]


@pytest.fixture
def mailing(store: Store) -> int:
    return make_mailing(store, [Row(name="沈可远")])


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_every_page_says_to_use_the_printed_link(console: Console, mailing: int, path: str):
    for cookies in ({}, {f"console-{console.port}": "guessed"}):
        answer = Console(console.port, console.keys, cookies).get(path)
        assert answer.status == 401
        assert "mailer serve" in answer.text
        assert "沈可远" not in answer.text


def test_a_link_lets_one_browser_in_and_no_second(console: Console, mailing: int):
    key = console.keys.issue("/mailings/1")
    answer = console.get(f"/enter?key={key}")
    assert (answer.status, answer.headers["location"]) == (303, "/mailings/1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert console.get("/mailings/1").status == 200
    other = Console(console.port, console.keys)
    assert other.get(f"/enter?key={key}").status == 401
    assert other.cookies == {}
    assert other.get("/").status == 401
    # the one it has let in may click it again
    assert console.get(f"/enter?key={key}").status == 303


@pytest.mark.parametrize("query", ["", "?key=", "?key=wrong", "?key=%E9%92%A5", "?key=%ED%A0%80", "?key=" + "x" * 5000])
def test_a_wrong_key_opens_nothing(console: Console, query: str):
    console.keys.issue()
    answer = console.get(f"/enter{query}")
    assert answer.status == 401
    assert "set-cookie" not in answer.headers


def test_a_link_cannot_be_bent_to_lead_elsewhere(console: Console):
    answer = console.get(f"/enter?key={console.keys.issue()}&to=//elsewhere.example/&next=//elsewhere.example/")
    assert answer.headers["location"] == "/"


def test_looking_whether_a_link_is_good_does_not_use_it_up(console: Console):
    key = console.keys.issue()
    assert "set-cookie" not in console.get(f"/enter?key={key}", method="HEAD").headers
    assert console.get(f"/enter?key={key}").status == 303


def test_every_use_of_a_key_is_told():
    told: list[str] = []
    keys = OneTimeKeys(on_use=lambda: told.append("used"))
    key = keys.issue("/a")
    assert (keys.redeem("wrong"), told) == (None, [])
    assert (keys.redeem(key), told) == ("/a", ["used"])
    assert (keys.redeem(key), told) == (None, ["used"])


def test_keys_that_nobody_used_do_not_pile_up():
    keys = OneTimeKeys()
    issued = [keys.issue() for _ in range(17)]
    assert keys.redeem(issued[0]) is None
    assert keys.redeem(issued[1]) == "/"


@pytest.mark.parametrize("host", ["localhost", "LocalHost:{port}", "127.0.0.1", "127.9.9.9:1", "[::1]:{port}", "[::1]"])
def test_loopback_names_are_answered(console: Console, host: str):
    assert console.get("/healthz", host=host.format(port=console.port)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:{port}",
        "localhost.rebound.example",
        "localhost.",
        "127.0.0.1.rebound.example",
        "127.0.0.1@rebound.example",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "127.0.0.1:port",
        "127.0.0.1:999999",
        "::1",
        "",
    ],
)
def test_any_other_name_is_not(console: Console, mailing: int, host: str):
    """A page elsewhere may point its own name at 127.0.0.1; its browser then sends that name."""
    console.enter()
    for path in ("/login", "/mailings/1", "/static/console.css", f"/enter?key={console.keys.issue()}"):
        answer = console.get(path, host=host.format(port=console.port))
        assert answer.status in {400, 421}
        assert "沈可远" not in answer.text


def test_every_answer_carries_the_security_headers(console: Console, mailing: int):
    stranger = console.get("/")
    console.enter()
    answers = [
        stranger,
        console.get("/"),
        console.get("/mailings/1"),
        console.get("/mailings/1/report.csv"),
        console.get("/mailings/7"),
        console.get("/mailings/1", method="POST"),
        console.get("/healthz"),
        console.get("/login", host="rebound.example"),
        console.get(f"/enter?key={console.keys.issue()}"),
        console.get("/static/console.css"),
        console.get("/static/nothing.css"),
    ]
    assert [answer.status for answer in answers] == [401, 200, 200, 200, 404, 405, 200, 421, 303, 200, 404]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] in {"no-store", "no-cache"}
    assert answers[2].headers["cache-control"] == answers[3].headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_but_reading_is_possible(console: Console, mailing: int, method: str):
    console.enter()
    for path in ("/", "/mailings/1", "/mailings/1/report.csv"):
        assert console.get(path, method=method).status == 405


def test_a_page_that_cannot_be_made_keeps_its_headers_and_says_so(console: Console, mailing: int, store: Store):
    console.enter()
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA ignore_check_constraints=ON"))
        connection.execute(text("UPDATE mailing SET kind = 'unheard of'"))
        connection.commit()
        connection.execute(text("PRAGMA ignore_check_constraints=OFF"))
    answer = console.get("/mailings/1")
    assert answer.status == 500
    assert "没有显示出来" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_full_disk_is_said_and_shuts_nobody_out_who_looks(clerk: Console, store: Store):
    """What was typed is not said to be lost: it is still in the browser."""
    limited: list[int] = []

    @event.listens_for(store.engine, "checkout")
    def limit(connection: Any, *_rest: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        limited.append(connection.execute(f"PRAGMA max_page_count={pages}").fetchone()[0])

    answers = (clerk.post("/account/sessions/end") for _ in range(100))
    answer = next(answer for answer in answers if answer.status != 303)  # when the last page of the file is used up
    assert limited
    assert answer.status == 503
    assert "刚才这一步没有记下来" in answer.text
    assert "腾出空间" in answer.text
    assert clerk.get("/account").status == 200


def test_without_its_database_it_says_so(console: Console, mailing: int, store: Store):
    console.enter()
    assert console.get("/readyz").body == b'{"status":"ok"}'
    with store.begin() as session:
        session.execute(text("ALTER TABLE mailing RENAME TO mailing_gone"))
        session.execute(text("ALTER TABLE alembic_version RENAME TO version_gone"))
    assert console.get("/readyz").status == 503
    assert console.get("/metrics").status == 503
    assert console.get("/healthz").status == 200
    answer = console.get("/mailings/1")
    assert answer.status == 503
    assert "数据库没有答复" in answer.text
