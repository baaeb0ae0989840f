"""The pages of accounts: one's own, and everybody's for the security administrator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyotp
import pytest
from lxml import html

from mailer import wiring
from mailer.flow import accounts as flow
from mailer.flow.office import Office
from mailer.flow.second_factor import secret_of
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store import audit
from mailer.store.accounts import Account
from mailer.store.audit import Wanted
from mailer.store.engine import Store
from tests.web.console_server import PASSWORD, Console, make_account

NEW = "a longer password of mine"


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    return wiring.office_of(settings, store)


@pytest.fixture
def guard(signed_in: Callable[..., Console]) -> Console:
    return signed_in(Role.SECURITY_ADMIN, name="周慎")


@pytest.fixture
def clerk_id(settings: Settings, store: Store, office: Office) -> int:
    return flow.find_account(office, make_account(settings, store, "何小满", Role.EDITOR)).id


def now(office: Office, name: str = "何小满") -> Account:
    return flow.find_account(office, name)


def last(store: Store, n: int = 1) -> list[Any]:
    with store.read() as session:
        return [(row.actor, row.action, row.source) for row in audit.records(session, Wanted(), before=None, limit=n)]


def password_on(page: str) -> str:
    return str(html.fromstring(page).cssselect(".big-code")[0].text)


def test_a_new_account_gets_a_password_that_is_shown_once(console: Console, guard: Console, store: Store):
    answer = guard.post("/accounts", [("name", "何小满"), ("role", "editor"), ("role", "lists")])
    assert answer.status == 200
    assert last(store) == [("account:周慎", "account.added", "127.0.0.1")]
    visitor = Console(console.port, console.keys)
    assert visitor.log_in("何小满", password_on(answer.text)).status == 303
    page = visitor.get("/account").text
    assert "编辑、名单管理" in page
    assert "请在下面换成自己的" in page
    assert password_on(answer.text) not in guard.get("/accounts").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("name", "周慎"), ("role", "editor")], "已有叫"),
        ([("name", " "), ("role", "editor")], "帐户名要有"),
        ([("name", "乙")], "至少要有一个角色"),
        ([("name", "乙"), ("role", "nothing of ours")], "至少要有一个角色"),
        ([("name", "乙"), ("role", "audit"), ("role", "security")], "不能由同一个人担任"),
    ],
)
def test_what_cannot_be_is_said_and_the_form_kept(guard: Console, fields: list[tuple[str, str]], said: str):
    answer = guard.post("/accounts", fields)
    page = html.fromstring(answer.text)
    assert answer.status == 422
    assert said in page.cssselect("[role=alert]")[0].text_content()
    assert page.get_element_by_id("f-name").get("value") == fields[0][1].strip()
    kept = [each.get("value") for each in page.cssselect("input[name=role][checked]")]
    assert set(kept) == {value for _, value in fields[1:]} & set(Role)


def test_roles_password_factor_sessions_and_the_account_itself(
    console: Console, guard: Console, clerk_id: int, office: Office, store: Store
):
    def visitor() -> Console:
        visitor = Console(console.port, console.keys)
        visitor.log_in("何小满")
        return visitor

    clerk = visitor()
    path = f"/accounts/{clerk_id}"
    assert "现在在 1 处登录着" in guard.get(path).text
    assert guard.post(f"{path}/roles", {"role": "audit"}).headers["location"] == path
    assert "角色已换" in guard.get(path).text
    assert now(office).roles == {"audit"}
    assert clerk.get("/account").status == 401

    clerk = visitor()
    assert guard.post(f"{path}/sessions").status == 303
    assert clerk.get("/account").status == 401

    salt = flow.offer_totp(office, now(office))
    code = pyotp.TOTP(secret_of(office, salt)).at(office.clock.now())
    assert flow.prove_totp(office, now(office), code, actor="account:何小满", keep_session="")
    assert "关掉动态码" in guard.get(path).text
    assert guard.post(f"{path}/totp").status == 303
    assert not now(office).has_totp

    given = password_on(guard.post(f"{path}/password").text)
    assert Console(console.port, console.keys).log_in("何小满").status == 401
    clerk = Console(console.port, console.keys)
    assert clerk.log_in("何小满", given).status == 303

    assert guard.post(f"{path}/disable").status == 303
    assert clerk.get("/account").status == 401
    assert Console(console.port, console.keys).log_in("何小满", given).status == 401
    assert guard.post(f"{path}/enable").status == 303
    assert Console(console.port, console.keys).log_in("何小满", given).status == 303


def test_nobody_disables_himself(guard: Console, office: Office):
    answer = guard.post(f"/accounts/{now(office, '周慎').id}/disable")
    assert answer.status == 422
    assert now(office, "周慎").is_enabled


@pytest.mark.parametrize("number", ["0", "99", "abc", "-1", "٣", "9" * 30])
def test_an_account_that_is_not_there(guard: Console, number: str):
    assert guard.get(f"/accounts/{quote(number)}").status == 404
    assert guard.post(f"/accounts/{quote(number)}/disable").status == 404


# --- one's own -------------------------------------------------------------------------------------------------------


def test_changing_ones_own_password(console: Console, clerk: Console, store: Store):
    elsewhere = Console(console.port, console.keys)
    elsewhere.log_in("小何")
    for fields, said in (
        ({"password": NEW, "password_repeat": NEW + "x"}, "两次输入的不一样"),
        ({"password": "short", "password_repeat": "short"}, "至少 10 个字符"),
        ({}, "至少 10 个字符"),
    ):
        answer = clerk.post("/account/password", fields)
        assert answer.status == 422
        assert said in answer.text
    assert elsewhere.get("/account").status == 200
    assert clerk.post("/account/password", {"password": NEW, "password_repeat": NEW}).status == 303
    assert "密码已换" in clerk.get("/account").text
    assert elsewhere.get("/account").status == 401
    assert Console(console.port, console.keys).log_in("小何", NEW).status == 303
    assert Console(console.port, console.keys).log_in("小何", PASSWORD).status == 401
    assert ("account:小何", "account.password_changed", "127.0.0.1") in last(store, 4)


def test_a_second_factor_from_the_picture_to_the_login(console: Console, clerk: Console, office: Office):
    page = html.fromstring(clerk.post("/account/totp").text)
    picture = page.cssselect("img")[0]
    assert picture.get("src").startswith("data:image/svg+xml")
    secret = "".join(page.cssselect("code")[0].text.split())
    assert page.cssselect("a[href^='otpauth://totp/']")
    assert clerk.post("/account/totp/on", {"code": "12"}).status == 422
    answer = clerk.post("/account/totp/on", {"code": pyotp.TOTP(secret).at(office.clock.now())})
    codes = [str(each.text) for each in html.fromstring(answer.text).cssselect(".codes li")]
    assert len(set(codes)) == 10
    assert "恢复码还剩 10 个" in clerk.get("/account").text

    visitor = Console(console.port, console.keys)
    assert visitor.log_in("小何").status == 200
    assert visitor.post("/login/code", {"code": codes[0]}, csrf="").status == 303
    assert "恢复码还剩 9 个" in visitor.get("/account").text

    renewed = html.fromstring(clerk.post("/account/recovery-codes").text)
    assert not {str(each.text) for each in renewed.cssselect(".codes li")} & set(codes)
    other = Console(console.port, console.keys)
    other.log_in("小何")
    assert other.post("/login/code", {"code": codes[1]}, csrf="").status == 401
    assert clerk.post("/account/totp/off").status == 303
    assert visitor.get("/account").status == 401
    assert Console(console.port, console.keys).log_in("小何").status == 303


def test_a_factor_that_is_on_is_not_replaced_without_being_switched_off(clerk: Console, office: Office):
    page = html.fromstring(clerk.post("/account/totp").text)
    secret = "".join(page.cssselect("code")[0].text.split())
    clerk.post("/account/totp/on", {"code": pyotp.TOTP(secret).at(office.clock.now())})
    salt = now(office, "小何").totp_salt
    assert clerk.post("/account/totp").status == 303
    assert clerk.post("/account/totp/on", {"code": "123456"}).status == 303
    assert (now(office, "小何").totp_salt, now(office, "小何").has_totp) == (salt, True)


def test_where_one_is_logged_in_and_out_of_everywhere_else(console: Console, clerk: Console):
    elsewhere = Console(console.port, console.keys)
    elsewhere.log_in("小何")
    assert len(html.fromstring(clerk.get("/account").text).cssselect(".rows li")) == 2
    assert clerk.post("/account/sessions/end").status == 303
    assert "已退出其他 1 处登录" in clerk.get("/account").text
    assert elsewhere.get("/account").status == 401


def test_a_session_id_stands_in_no_page_and_no_record(clerk: Console, guard: Console, store: Store):
    ids = [value for each in (clerk, guard) for name, value in each.cookies.items() if name.startswith("console")]
    for path in ("/account", "/accounts", "/accounts/1"):
        page = guard.get(path).text + clerk.get(path).text
        assert not any(value in page for value in ids)
        assert not re.search(r"[0-9a-f]{64}", page)
    with store.read() as session:
        told = str([tuple(row) for row in audit.records(session, Wanted(), before=None, limit=50)])
    assert not any(value in told for value in ids)
