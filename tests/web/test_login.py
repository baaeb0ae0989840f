"""The login page and what surrounds it: cookies, where one lands, what is kept of a form, the password asked for again."""

from __future__ import annotations

import html as html_text
import re
from datetime import timedelta

import pyotp
import pytest
from lxml import html
from sqlalchemy import delete, update

from mailer import wiring
from mailer.flow import accounts as flow
from mailer.flow.log_in import PER_ACCOUNT
from mailer.flow.second_factor import secret_of
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store.core import console_session
from mailer.store.engine import Store
from mailer.web.console.kept import is_own_path, unpack
from tests.web.console_server import PASSWORD, Answer, Console, make_account
from tests.web.sample_ledger import Row, make_mailing

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture
def name(settings: Settings, store: Store) -> str:
    return make_account(settings, store, "何小满", Role.EDITOR, Role.SECURITY_ADMIN)


@pytest.fixture
def visitor(console: Console, name: str) -> Console:
    """Logged in."""
    visitor = Console(console.port, console.keys)
    assert visitor.log_in(name).status == 303
    return visitor


def let_pass(store: Store, **by: float) -> None:
    """Makes every session older, as if that time had gone by."""
    with store.begin() as session:
        for row in session.execute(console_session.select()).all():
            moved = {
                key: getattr(row, key) - timedelta(**by)
                for key in ("began_at", "seen_at", "sure_at")
                if getattr(row, key)
            }
            session.execute(update(console_session).where(console_session.c.digest == row.digest).values(**moved))


def hidden(answer: Answer) -> dict[str, str]:
    page = html.fromstring(answer.text)
    return {each.get("name"): each.get("value") for each in page.cssselect("input[type=hidden]")}


def words(answer: Answer) -> str:
    return " ".join(html.fromstring(answer.text).text_content().split())


# --- in and out ------------------------------------------------------------------------------------------------------


def test_a_page_that_asks_for_a_login_is_what_one_comes_to_after_it(console: Console, name: str, store: Store):
    make_mailing(store, [Row(name="沈可远")])
    refused = console.get("/mailings/1?need=all")
    assert refused.status == 401
    assert "沈可远" not in refused.text
    assert hidden(refused)["next"] == "/mailings/1?need=all"
    answer = console.post("/login", {"name": name, "password": PASSWORD, "next": "/mailings/1?need=all"})
    assert (answer.status, answer.headers["location"]) == (303, "/mailings/1?need=all")
    assert "沈可远" in console.get("/mailings/1?need=all").text


@pytest.mark.parametrize(
    "to",
    [
        "//elsewhere.example/",
        "https://elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "\\\\e",
        "",
        "/x\r\ny",
    ],
)
def test_a_login_leads_nowhere_else(console: Console, name: str, to: str):
    answer = console.post("/login", {"name": name, "password": PASSWORD, "next": to})
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(console: Console, name: str):
    answers = [console.post("/login", {"name": each, "password": "wrong"}) for each in (name, "无此人")]
    assert [answer.status for answer in answers] == [401, 401]
    bodies = {answer.text.replace(name, "").replace("无此人", "") for answer in answers}
    assert len(bodies) == 1
    assert "帐户名或密码不对" in bodies.pop()
    assert not any("console" in cookie for cookie in console.cookies)


def test_too_many_failures_are_told_with_a_time(console: Console, name: str):
    for _ in range(PER_ACCOUNT):
        console.post("/login", {"name": name, "password": "wrong"})
    answer = console.post("/login", {"name": name, "password": PASSWORD})
    assert answer.status == 429
    assert re.search(r"请在 \d+月\d+日 \d\d:\d\d 以后再试", answer.text)


def test_the_session_cookie_is_the_browsers_and_the_servers_alone(console: Console, name: str):
    answer = console.post("/login", {"name": name, "password": PASSWORD})
    cookies = [value for key, value in answer.all_headers if key == "set-cookie"]
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
    session_cookie = next(cookie for cookie in cookies if cookie.startswith("console-"))
    assert "Max-Age" not in session_cookie
    assert console.get("/account", host="localhost").status == 401  # other port in the name, other cookie


def test_logging_in_gives_a_new_id_and_ends_nothing_else(console: Console, visitor: Console, name: str):
    before = dict(visitor.cookies)
    other = Console(console.port, console.keys)
    other.log_in(name)
    assert other.cookies[f"console-{console.port}"] != before[f"console-{console.port}"]
    assert visitor.get("/account").status == other.get("/account").status == 200


def test_logging_out_ends_it_for_a_copied_cookie_too(console: Console, visitor: Console):
    thief = Console(console.port, console.keys, dict(visitor.cookies))
    assert thief.get("/account").status == 200
    assert visitor.post("/logout").headers["location"] == "/login"
    assert thief.get("/account").status == 401


@pytest.mark.parametrize("path", ["/logout", "/mailings/1/pause"])
def test_nothing_is_done_without_the_sessions_own_token(console: Console, visitor: Console, name: str, path: str):
    other = Console(console.port, console.keys)
    other.log_in(name)
    for token in ("", "x", other.csrf, visitor.csrf + "x", "密"):
        assert visitor.post(path, {}, csrf=token).status == 403
    assert visitor.get("/account").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_is_not_taken_whatever_it_knows(
    console: Console, visitor: Console, name: str, headers: dict[str, str]
):
    assert visitor.post("/logout", **headers).status == 403
    assert visitor.get("/account").status == 200
    answer = console.post("/login", {"name": name, "password": PASSWORD}, **headers)
    assert answer.status == 403
    assert console.cookies == {}


def test_other_media_than_forms_are_refused(visitor: Console):
    """JSON as text/plain passes a browser's preflight (CVE-2021-32677)."""
    for media in ("text/plain", "application/json", "multipart/form-data", ""):
        answer = visitor.get("/logout", method="POST", body=f'{{"csrf":"{visitor.csrf}"}}'.encode(), content_type=media)
        assert answer.status == 415
    assert visitor.get("/account").status == 200


def test_the_link_may_look_and_do_nothing(console: Console, store: Store):
    make_mailing(store, [Row()])
    console.enter("/mailings/1")
    token = re.search(r'name="csrf" value="([^"]+)"', console.get("/").text)
    assert token
    for path in ("/mailings/1/pause", "/account/password", "/accounts"):
        answer = console.post(path, {}, csrf=token[1])
        assert answer.status == 403
        assert "凭链接进来只能看" in answer.text
    assert console.get("/account").status == 403
    assert "凭链接查看" in console.get("/").text
    assert console.post("/logout", csrf=token[1]).status == 303
    assert console.get("/").status == 401


def test_htmx_is_told_to_load_the_whole_page(console: Console):
    assert console.get("/mailings", hx_request="true").headers["hx-refresh"] == "true"


def test_a_console_without_accounts_says_how_to_come_in(console: Console):
    page = console.get("/").text
    assert "mailer accounts add" in page
    assert 'name="password"' not in page


def test_names_are_text_on_the_login_page(console: Console, name: str):
    answer = console.post("/login", {"name": HOSTILE, "password": HOSTILE, "next": HOSTILE, "kept": HOSTILE})
    assert answer.status == 401
    assert html.fromstring(answer.text).cssselect("script, img, [onerror]") == []
    assert PASSWORD not in answer.text


# --- the second factor -----------------------------------------------------------------------------------------------


def test_with_a_second_factor_half_a_login_opens_nothing(console: Console, name: str, settings: Settings, store: Store):
    office = wiring.office_of(settings, store)
    account = flow.find_account(office, name)
    salt = flow.offer_totp(office, account)
    now = office.clock.now()
    code = pyotp.TOTP(secret_of(office, salt))
    account = flow.find_account(office, name)
    assert flow.prove_totp(office, account, code.at(now - timedelta(seconds=30)), actor="a", keep_session="")
    answer = console.post("/login", {"name": name, "password": PASSWORD, "next": "/account"})
    assert answer.status == 200
    assert "输入动态码" in answer.text
    for path in ("/", "/account", "/mailings"):
        assert console.get(path).status == 401
    assert console.post("/login/code", {"code": "nothing"}).status == 401
    answer = console.post("/login/code", {"code": code.at(office.clock.now()), "next": hidden(answer)["next"]})
    assert (answer.status, answer.headers["location"]) == (303, "/account")
    assert console.get("/account").status == 200
    stranger = Console(console.port, console.keys)
    assert stranger.get("/login/code").headers["location"] == "/login"
    assert stranger.post("/login/code", {"code": code.at(office.clock.now())}).status == 401


# --- an expired session in the middle of a form ----------------------------------------------------------------------


def test_what_was_typed_survives_an_expired_session(console: Console, visitor: Console, name: str, store: Store):
    let_pass(store, minutes=31)
    answer = visitor.post(
        "/accounts",
        [("name", HOSTILE), ("role", "editor"), ("role", "approver"), ("again_password", "secret one")],
        referer=f"{console.origin}/accounts",
    )
    assert answer.status == 401
    assert "内容还在" in answer.text
    assert "secret one" not in html_text.unescape(answer.text)
    answer = visitor.post("/login", {"name": name, "password": PASSWORD, **hidden(answer)}, csrf="")
    assert answer.status == 200
    form = html.fromstring(answer.text).cssselect("form[action='/accounts']")[0]
    fields = [(each.get("name"), each.get("value")) for each in form.cssselect("input")]
    assert fields[1:] == [("name", HOSTILE), ("role", "editor"), ("role", "approver")]
    assert html.fromstring(answer.text).cssselect("script, img") == []
    answer = visitor.post("/accounts", fields[1:], csrf=fields[0][1])
    assert answer.status == 422  # carried out now, by a hand of one's own: the name is no name
    assert "帐户名" in answer.text


def test_a_file_is_not_said_to_be_kept(console: Console, visitor: Console, name: str, store: Store):
    """Where nobody knows any more whose the session was."""
    with store.begin() as session:
        session.execute(delete(console_session))
    answer = visitor.post(
        "/accounts", {"name": "乙"}, files=[("file", "x.bin", b"x" * 500_000)], referer=f"{console.origin}/accounts?a=1"
    )
    assert answer.status == 401
    assert "重新选择" in answer.text
    answer = visitor.post("/login", {"name": name, "password": PASSWORD, **hidden(answer)}, csrf="")
    assert "浏览器不会把选过的文件再交一次" in answer.text
    page = html.fromstring(answer.text)
    assert page.cssselect("a.button")[0].get("href") == "/accounts?a=1"
    assert "乙" in page.cssselect("pre")[0].text_content()


def test_a_form_of_before_the_last_login_is_offered_again(visitor: Console, name: str):
    old = visitor.csrf
    visitor.log_in(name)
    answer = visitor.post("/accounts", {"name": "乙", "role": "editor"}, csrf=old)
    assert answer.status == 403
    assert hidden(answer) == {"csrf": visitor.csrf, "name": "乙", "role": "editor"}


def test_a_form_of_another_site_is_not_kept(console: Console, name: str):
    answer = console.post("/accounts", {"name": "planted"}, sec_fetch_site="cross-site")
    assert answer.status == 403
    assert "planted" not in answer.text


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", "null", '["/a", "", [["a"]], false]', '["//elsewhere.example", "", [], true]',
     '["/a", "//e", [["n", "v"]], false]', '["/a", "", [["n", "\\ud800"]], false]', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_kept_form_is_none(text: str):
    assert unpack(text) is None


def test_a_password_is_not_carried_through_the_page_between(visitor: Console, store: Store):
    let_pass(store, minutes=31)
    answer = visitor.post(
        "/account/password", {"password": "my new one", "password_repeat": "my new one", "other": "kept"}
    )
    assert "kept" in hidden(answer)["kept"]
    assert "my new one" not in html_text.unescape(answer.text)


@pytest.mark.parametrize("path", ["/", "/a?b=c#d", "/名单"])
def test_paths_of_ours(path: str):
    assert is_own_path(path)


# --- the password again ----------------------------------------------------------------------------------------------


def test_an_act_that_asks_for_the_password_takes_it_in_the_form_or_on_a_page_between(visitor: Console, store: Store):
    let_pass(store, minutes=11)
    assert 'name="again_password"' in visitor.get("/accounts").text
    answer = visitor.post("/accounts", {"name": "乙", "role": "editor"})
    assert answer.status == 403
    assert "确认是您本人" in answer.text
    assert hidden(answer) == {"csrf": visitor.csrf, "name": "乙", "role": "editor"}
    assert visitor.post("/accounts", {**hidden(answer), "again_password": "wrong"}).status == 403
    answer = visitor.post("/accounts", {**hidden(answer), "again_password": PASSWORD})
    assert answer.status == 200
    assert "已建立帐户" in answer.text
    assert 'name="again_password"' not in visitor.get("/accounts").text
    assert visitor.post("/accounts", {"name": "丙", "role": "editor"}).status == 200


def test_the_page_that_follows_the_password_does_not_ask_for_it_once_more(visitor: Console, store: Store):
    let_pass(store, minutes=11)
    answer = visitor.post("/account/totp", {"again_password": PASSWORD})
    assert "六位数字" in answer.text
    assert 'name="again_password"' not in answer.text


def test_somebody_at_an_open_screen_cannot_try_passwords_for_ever(visitor: Console, store: Store):
    let_pass(store, minutes=11)
    for _ in range(PER_ACCOUNT):
        assert "密码不对" in visitor.post("/accounts", {"name": "乙", "again_password": "wrong"}).text
    answer = visitor.post("/accounts", {"name": "乙", "role": "editor", "again_password": PASSWORD})
    assert answer.status == 403
    assert "试错的次数太多" in answer.text
