"""The evening's mistake on a phone: corrected with one button, a signature taken by telephone; with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from mailer.model.acknowledgement import Terms
from mailer.store import acknowledgements, core
from mailer.store.engine import Store
from tests.browser.conftest import hand_over
from tests.browser.looking import PHONE
from tests.web.clerk_day import FEW, approved, fill_lists, release, sweep_at, take
from tests.web.console_server import Console

pytestmark = pytest.mark.needs_browser


@pytest.fixture(params=[True, False], ids=["javascript", "without"])
def phone(request: pytest.FixtureRequest, browser: Browser, clerk: Console) -> Iterator[Page]:
    context = browser.new_context(
        base_url=clerk.origin, viewport={"width": PHONE, "height": 800}, java_script_enabled=request.param
    )
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


def fits(page: Page) -> None:
    box = page.locator("html").bounding_box()
    assert box is not None
    assert box["width"] <= PHONE


def test_corrected_signed_for_by_telephone_and_taken_back(phone: Page, clerk: Console, store: Store) -> None:
    fill_lists(store, FEW)
    issue = take(clerk)
    mailing = approved(clerk, issue)
    release(clerk, issue, mailing)
    sweep_at(store, mailing)
    with store.begin() as session:
        acknowledgements.keep_terms(session, mailing, [Terms("发", within_days=3, reminders=1)])
        session.execute(
            update(core.delivery).where(core.delivery.c.address == "li@bailu.example").values(status="accepted")
        )
    clerk.post(f"/issues/{issue}/correct", {"revision": "1", "set.office": "白鹭区委办"})

    phone.goto(f"/mailings/{mailing}")
    phone.get_by_role("link", name="更正、撤回").click()
    fits(phone)
    phone.get_by_label("更正说明").fill("编发单位写错了")
    phone.get_by_label("谁核签的").first.fill("程远")
    phone.get_by_label(re.compile("提醒都看过了")).check()
    phone.get_by_role("button", name="停下其余的，发更正").click()
    expect(phone.get_by_role("heading", name=re.compile("更正：已放行"))).to_be_visible()
    expect(phone.locator(".common-sum")).to_contain_text("5 个收件人 = 更正后的正在发 4 + 哪一稿都没收到 1")
    fits(phone)

    phone.goto(f"/mailings/{mailing}/signatures")
    fits(phone)
    phone.get_by_role("link", name="李四").click()
    phone.get_by_label("谁说的").fill("李四本人")
    phone.get_by_role("button", name="登记签收").click()
    expect(phone.locator("#sign")).to_contain_text("签收（人工登记：电话，李四本人）")
    phone.get_by_text("撤销签收", exact=True).first.click()
    phone.get_by_label("原因").fill("听错了")
    phone.get_by_role("button", name="撤销签收").click()
    expect(phone.locator("#sign")).to_contain_text("听错了")
    fits(phone)
    with store.read() as session:
        signed = session.execute(select(core.delivery.c.id).where(core.delivery.c.acknowledged_at.is_not(None))).all()
    assert signed == []
