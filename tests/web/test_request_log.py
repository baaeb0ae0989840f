"""The log of the console: one line a request with the id that everything it sets off carries; no token, nobody's name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import pytest

from mailer import log
from mailer.store.engine import Store
from tests.web.console_server import PASSWORD, Console
from tests.web.sample_ledger import Row, make_mailing


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was logged since the last look, as a machine reads it."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure(json=True, quiet=False)

    def look() -> list[dict[str, object]]:
        told = [json.loads(line) for line in written.getvalue().splitlines()]
        written.seek(0)
        written.truncate()
        return told

    yield look
    monkeypatch.undo()
    log.configure(json=False, quiet=True)


def test_a_request_is_one_line_with_its_id(console: Console, store: Store, lines):
    make_mailing(store, [Row()])
    console.enter()
    lines()
    answer = console.get("/mailings/1?q=shen@qinglan.example", x_request_id="from-the-proxy-1")
    assert answer.headers["x-request-id"] == "from-the-proxy-1"
    (line,) = lines()
    assert {key: line[key] for key in ("event", "method", "way", "status", "request_id")} == {
        "event": "request", "method": "GET", "way": "/mailings/1", "status": 200, "request_id": "from-the-proxy-1",
    }  # fmt: skip
    assert isinstance(line["ms"], int)


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'a"b\\c{}-12345', "有一个很长的名字"])
def test_an_id_that_is_unfit_is_not_taken_over(given: str):
    assert log.new_request_id(given) != given
    assert len(log.new_request_id(given)) == 16


def test_neither_keys_nor_passwords_nor_people_are_in_it(console: Console, store: Store, lines):
    make_mailing(store, [Row()])
    key = console.keys.issue()
    console.get(f"/enter?key={key}")
    console.post("/login", {"name": "沈可远", "password": PASSWORD}, csrf="")
    console.get("/mailings/1?q=shen@qinglan.example")
    console.get("/nowhere/shen@qinglan.example")
    console.get("/mailings/shen@qinglan.example")
    told = json.dumps(lines(), ensure_ascii=False)
    assert told.count('"request"') == 5
    for secret in (key, PASSWORD, "沈可远", "shen", "qinglan", *console.cookies.values()):
        assert secret not in told


def test_a_log_that_is_closed_fails_no_page(console: Console, lines):
    gone = io.StringIO()
    gone.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", gone)
        log.configure(json=True, quiet=False)
    assert console.get("/login").status == 200


def test_what_machines_ask_all_the_time_is_not_logged(console: Console, lines):
    for path in ("/healthz", "/readyz", "/metrics", "/static/console.css"):
        assert console.get(path).status == 200
    assert lines() == []
