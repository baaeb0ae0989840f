"""Every way into the console, asked by every role, by the printed link and by nobody: closed unless the table opens it.

The guard and the list of ways are the real ones; the endpoints behind them only say that they were reached.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from mailer.flow.sessions import begin_session
from mailer.model.rights import RIGHTS, Right, Role
from mailer.settings import Settings
from mailer.store import accounts
from mailer.store.core import console_session
from mailer.store.engine import Store
from mailer.web.api.door import Door
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import all_ways, console_app, make_desk
from mailer.web.console.caller import Caller
from mailer.web.console.desk import NAVIGATION, Desk
from mailer.web.console.refusals import Refusals
from mailer.web.console.ways import Open, Way, route
from tests.web.console_server import PASSWORDS, make_account

#: Written out here once more: whoever opens a way without a right, or a right to reading alone, has to do it twice.
OPEN = {
    ("GET", "/healthz", Open.ANYBODY),
    ("GET", "/readyz", Open.ANYBODY),
    ("GET", "/metrics", Open.ANYBODY),
    ("GET", "/enter", Open.ANYBODY),
    ("GET", "/login", Open.ANYBODY),
    ("POST", "/login", Open.ANYBODY),
    ("GET", "/login/code", Open.ANYBODY),
    ("POST", "/login/code", Open.ANYBODY),
    ("POST", "/logout", Open.SIGNED_IN),
    ("GET", "/account", Open.ACCOUNT),
    ("POST", "/account/password", Open.ACCOUNT),
    ("POST", "/account/totp", Open.ACCOUNT),
    ("POST", "/account/totp/on", Open.ACCOUNT),
    ("POST", "/account/totp/off", Open.ACCOUNT),
    ("POST", "/account/recovery-codes", Open.ACCOUNT),
    ("POST", "/account/sessions/end", Open.ACCOUNT),
}
#: The right that the ways below a path ask for, first of all those that change something.
ADMINISTRATION = {
    "/accounts": Right.SECURITY,
    "/settings": Right.SYSTEM,
    "/doctor": Right.SYSTEM,
    "/audit": Right.AUDIT,
}
CHANGES = {"/mailings": {Right.SEND}, "/issues": {Right.EDIT, Right.APPROVE, Right.SEND}}
NEED_PASSWORD = re.compile(r"/(accounts|account/(password|totp|recovery-codes))(/|$)|/(sign|approve)$")

LINK, NOBODY = "link", "nobody"


@pytest.fixture
def desk(settings: Settings, store: Store) -> Desk:
    return make_desk(settings, store, OneTimeKeys(), PASSWORDS)


@pytest.fixture
def ways(desk: Desk) -> list[Way]:
    return all_ways(desk)


def ask(endpoint: Route, way: Way, session_id: str, fields: Iterable[tuple[str, str]] = ()) -> tuple[int, str]:
    """One request straight to the guarded route: (status, body)."""
    body = urlencode(list(fields)).encode()
    headers = [(b"host", b"127.0.0.1:80"), (b"cookie", f"console-80={session_id}".encode())]
    if way.method == "POST":
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
    scope = {
        "type": "http",
        "method": way.method,
        "path": re.sub(r"\{\w+\}", "1", way.path),
        "path_params": dict.fromkeys(re.findall(r"\{(\w+)\}", way.path), "1"),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def run() -> Response:
        guarded = endpoint.endpoint
        answer: Response = await guarded(Request(scope, receive))
        return answer

    answer = asyncio.run(run())
    return answer.status_code, bytes(answer.body).decode()


def reached(*_request: object) -> Response:
    return PlainTextResponse("reached")


def may(who: Role | str, way: Way) -> bool:
    if way.right is Open.ANYBODY:
        return True
    if who == NOBODY:
        return False
    if way.right is Open.SIGNED_IN:
        return True
    if isinstance(who, Role):
        return way.right is Open.ACCOUNT or way.right in RIGHTS[who]
    return way.right is Right.VIEW


@pytest.mark.parametrize("who", [*Role, LINK, NOBODY])
def test_every_way_is_closed_but_to_the_roles_of_its_right(
    desk: Desk, ways: list[Way], settings: Settings, store: Store, who: Role | str
):
    session_id = ""
    if isinstance(who, Role):
        name = make_account(settings, store, "某人", who)
        with store.read() as session:
            account = accounts.by_key(session, name)
        assert account is not None
        session_id = begin_session(desk.office, actor=f"account:{name}", source="", account_id=account.id)
    elif who == LINK:
        session_id = begin_session(desk.office, actor="cli:root", source="")
    token = csrf_of(store)
    refusals = Refusals(desk)
    wrong = []
    for way in ways:
        guarded = route(desk, replace(way, endpoint=reached), refusals)
        status, body = ask(guarded, way, session_id, [("csrf", token)])
        is_let_in = (status, body) == (200, "reached")
        if is_let_in is not may(who, way):
            wrong.append((way.method, way.path, status))
        elif not is_let_in:
            assert status in ({401} if who == NOBODY else {403, 303}), (way, status)
    assert wrong == []
    assert len(ways) > 30


def csrf_of(store: Store) -> str:
    with store.read() as session:
        return next(iter(session.execute(select(console_session.c.csrf)).scalars()), "")


def test_what_is_open_is_open_on_purpose(ways: list[Way]):
    assert {(way.method, way.path, way.right) for way in ways if isinstance(way.right, Open)} == OPEN


def test_whoever_may_only_see_can_change_nothing(ways: list[Way]):
    assert [way.path for way in ways if way.method == "POST" and way.right is Right.VIEW] == []
    assert {way.method for way in ways} == {"GET", "POST"}


def test_administration_and_sending_ask_for_their_own_rights(ways: list[Way]):
    for way in ways:
        root = "/" + way.path.split("/")[1]
        if root in ADMINISTRATION:
            assert way.right is ADMINISTRATION[root], way.path
        if way.method == "POST" and root in CHANGES:
            assert way.right in CHANGES[root], way.path
        if way.path.endswith("/approve"):
            assert way.right is Right.APPROVE
        if way.path.endswith("/release"):
            assert way.right is Right.SEND


def test_accounts_and_approval_ask_for_the_password_again(ways: list[Way]):
    for way in ways:
        if way.method == "POST":
            assert way.reauth is bool(NEED_PASSWORD.search(way.path)), way.path


def test_no_way_leads_around_the_guard(settings: Settings, store: Store):
    """Every route of the application is a way, the static files and the programs' own door apart."""
    app = console_app(settings, store, OneTimeKeys(), PASSWORDS)
    for each in app.routes:
        if isinstance(each, Mount):
            assert each.path in {"/static", "/static/lib"}
        elif each.path.startswith("/api/"):  # programs have a door of their own; what needs no key tells nothing
            assert isinstance(each.endpoint, Door) or each.path in {"/api/v1/openapi.json", "/api/{rest:path}"}
        else:
            assert isinstance(each, Route)
            assert each.endpoint.__qualname__ == "_Guard.answer"


def test_a_path_and_a_method_are_taken_once(ways: list[Way]):
    taken = [(way.method, way.path) for way in ways]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("role", Role)
def test_the_navigation_shows_what_can_be_opened(desk: Desk, ways: list[Way], role: Role):
    desk.rights.update({way.path: way.right for way in ways if way.method == "GET" and isinstance(way.right, Right)})
    caller = Caller("account:某人", "某人", frozenset({role}), RIGHTS[role], "t", has_account=True)
    shown = {entry.path for entry in desk.navigation(caller)}
    assert shown == {path for _, _, path in NAVIGATION if desk.rights.get(path) in RIGHTS[role]}
    assert shown
    assert desk.navigation(None) == []
