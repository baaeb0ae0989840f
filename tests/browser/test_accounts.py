"""Login, accounts, audit and settings as Chromium shows them: by keyboard, without scripts, on phone and desk, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store.core import console_session
from mailer.store.engine import Store
from tests.browser import axe
from tests.browser.conftest import hand_over
from tests.web.console_server import PASSWORD, Console, make_account

pytestmark = pytest.mark.needs_browser

LONG = "很长的姓名" * 6


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone without scripts: everything has to work there."""
    context = browser.new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False)
    yield context
    context.close()


def log_in(page: Page, console: Console, name: str, to: str = "/account") -> None:
    page.goto(console.origin + to)
    page.get_by_label("帐户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1440, "light")])
def test_every_page_is_sound(
    browser: Browser,
    console: Console,
    signed_in: Callable[..., Console],
    settings: Settings,
    store: Store,
    tmp_path: Path,
    width: int,
    scheme: Literal["light", "dark"],
):
    """No serious finding of axe, nothing beyond the window's edge, no complaint in the browser's own console."""
    make_account(settings, store, LONG, Role.EDITOR, Role.APPROVER, Role.LISTS_ADMIN, Role.SYSTEM_ADMIN)
    visitors = {
        "": Console(console.port, console.keys),
        "guard": signed_in(Role.SECURITY_ADMIN, name="周慎"),
        "system": signed_in(Role.EDITOR, Role.SYSTEM_ADMIN, name="何小满"),
        "auditor": signed_in(Role.AUDITOR, name="李察"),
    }
    pages = [
        ("", "/login"),
        ("guard", "/account"),
        ("guard", "/accounts"),
        ("guard", "/accounts/1"),
        ("system", "/settings"),
        ("auditor", "/audit"),
    ]
    said: list[str] = []
    for who, visitor in visitors.items():
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        hand_over(context, visitor)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        for path in [path for of, path in pages if of == who]:
            page.goto(console.origin + path)
            page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-')}.png", full_page=True)
            assert axe.findings(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        context.close()
    assert said == []


def test_an_account_is_made_and_used_by_keyboard_alone(
    browser: Browser, console: Console, settings: Settings, store: Store
):
    guard = make_account(settings, store, "周慎", Role.SECURITY_ADMIN)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{console.origin}/accounts")
    page.locator("input:focus").wait_for()  # the cursor stands in the first field
    page.keyboard.type(guard)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("姓名").wait_for()  # the login stood at this very address
    assert page.locator("a.skip").evaluate("each => getComputedStyle(each).left").startswith("-")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_label("姓名").focus()
    page.keyboard.type("何小满")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    password = page.locator(".big-code").inner_text()
    context.clear_cookies()
    page.goto(f"{console.origin}/login")
    page.locator("input:focus").wait_for()
    page.keyboard.type("何小满")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{console.origin}/")
    expect(page.locator(".me")).to_have_attribute("title", "编辑")
    context.close()


def test_what_was_typed_survives_an_expired_session(
    context: BrowserContext, console: Console, settings: Settings, store: Store
):
    guard = make_account(settings, store, "周慎", Role.SECURITY_ADMIN)
    page = context.new_page()
    log_in(page, console, guard, "/accounts")
    page.get_by_label("姓名").fill("何小满")
    page.get_by_label("名单管理").check()
    with store.begin() as session:
        found = session.execute(console_session.select()).one()
        session.execute(update(console_session).values(seen_at=found.seen_at - timedelta(minutes=31)))
    page.get_by_role("button", name="建立").click()
    expect(page.locator("main")).to_contain_text("您刚才填写的内容还在")
    page.get_by_label("帐户名").fill(guard)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_text("刚才填写的内容").click()
    expect(page.locator("pre").first).to_contain_text("何小满")
    page.get_by_role("button", name="再次提交").click()
    expect(page.locator("h1")).to_contain_text("已建立帐户")


def test_a_harmful_act_opens_asks_and_is_done_without_scripts(
    context: BrowserContext, console: Console, settings: Settings, store: Store
):
    guard = make_account(settings, store, "周慎", Role.SECURITY_ADMIN)
    make_account(settings, store, "何小满", Role.EDITOR)
    page = context.new_page()
    log_in(page, console, guard, "/accounts")
    page.get_by_role("link", name="何小满").click()
    page.get_by_text("停用帐户").wait_for()
    expect(page.get_by_role("button", name="停用")).to_be_hidden()
    page.get_by_text("停用帐户").click()
    page.get_by_role("button", name="停用").click()
    expect(page.locator("[role=status]")).to_have_text("何小满 已停用，登录都已退出。")
    page.reload()
    expect(page.locator("[role=status]")).to_have_count(0)
    page.get_by_role("button", name="退出").click()
    assert urlsplit(page.url).path == "/login"
