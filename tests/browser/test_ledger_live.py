"""A ledger that fills while it is looked at: by a real mailing, by a return, over a restart of the server, after the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from mailer import wiring
from mailer.flow.approve_mailing import approve
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store import ledger_rows
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.workers.embedded import in_background
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry
from tests.browser.conftest import hand_over
from tests.browser.looking import DESK, Seen
from tests.support.builders import make_order
from tests.web.console_server import Console, make_account, running_console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

pytestmark = pytest.mark.needs_browser

S = DeliveryStatus
PATIENCE = 60_000  # ms; an expectation ends as soon as it is met
COPIES = 300


@pytest.fixture
def page(browser: Browser, clerk: Console) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, base_url=clerk.origin)
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


def move(store: Store, mailing: int, before: DeliveryStatus, after: DeliveryStatus, **values: object) -> None:
    with store.begin() as session:
        row = session.execute(
            select(delivery.c.id, delivery.c.list_code, delivery.c.status)
            .where(delivery.c.mailing_id == mailing, delivery.c.status == str(before))
            .limit(1)
        ).one()
        ledger_rows.move_rows(session, mailing, [row], after, dict(values))


def figure(page: Page, label: str) -> object:
    return page.locator(".figure", has_text=label).locator("dd")


def test_a_mailing_fills_its_ledger_while_it_is_watched(page: Page, settings: Settings, store: Store):
    """Through the built-in relay, to its end, without a reload; the lines follow."""
    office = wiring.office_of(settings, store, LocalWake())
    entries = tuple(
        Entry("发", 3, EmailAddress.parse(f"{'unknown' if n % 50 == 7 else 'r'}{n}@d{n % 9}.example"), f"收件{n}",
              f"第{n}单位", "信息员", None, "")
        for n in range(COPIES)
    )  # fmt: skip
    mailing, _ = prepare_mailing(office, make_order(store, Audience(entries), rehearsal=True), "cli:test")
    approve(office, mailing, "cli:test")
    release(office, mailing, "cli:test")
    seen = Seen(page)
    page.goto(f"/mailings/{mailing}")
    expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
    page.evaluate("window.before = true")
    with in_background(settings, store, LocalWake()):
        expect(page.locator(".mailing-state")).to_have_text("已结束", timeout=PATIENCE)
        expect(figure(page, "已发出")).to_have_text(str(COPIES * 49 // 50), timeout=PATIENCE)
        expect(figure(page, "退回")).to_have_text(str(COPIES // 50), timeout=PATIENCE)
        expect(page.locator(".deliveries .s-queued")).to_have_count(0, timeout=PATIENCE)
        expect(page.locator(".person")).to_have_count(COPIES // 50, timeout=PATIENCE)
    assert page.evaluate("window.before") is True  # it is the page it was
    assert seen.complaints == []


def test_a_return_arrives_while_somebody_types(page: Page, store: Store):
    mailing = make_mailing(store, [Row(), Row(name="孙言")])
    page.goto(f"/mailings/{mailing}")
    expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
    box = page.get_by_role("searchbox", name="找人")
    box.click()
    box.press_sequentially("sun")
    move(store, mailing, S.ACCEPTED, S.BOUNCED, reason="userunknown", fault="recipient", bounced_by="return")
    expect(figure(page, "退回")).to_have_text("1", timeout=PATIENCE)
    assert box.input_value() == "sun"  # what is typed stays
    assert page.evaluate("document.activeElement.id") == "q"
    box.blur()
    expect(page.locator(".person")).to_have_count(1, timeout=PATIENCE)  # and then the lines come along
    assert box.input_value() == "sun"


def test_it_survives_a_restart_of_the_server(browser: Browser, settings: Settings, store: Store):
    mailing = make_mailing(store, [Row(), Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})])
    with running_console(settings, store) as console:
        console.log_in(make_account(settings, store, "小何", Role.EDITOR))
        context = browser.new_context(base_url=console.origin)
        hand_over(context, console)
        page = context.new_page()
        page.goto(f"/mailings/{mailing}")
        expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
    expect(page.locator("#live-note")).to_have_text("和服务器的连接断了，正在重新连接。", timeout=PATIENCE)
    move(store, mailing, S.QUEUED, S.ACCEPTED, accepted_at=RELEASED_AT)
    with running_console(settings, store, console.port):
        expect(figure(page, "已发出")).to_have_text("2", timeout=PATIENCE)
        expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
        context.close()


def test_when_the_session_is_over_the_page_says_so(page: Page, clerk: Console, store: Store):
    mailing = make_mailing(store, [Row()])
    page.goto(f"/mailings/{mailing}")
    expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
    clerk.post("/logout")
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    assert page.locator(".deliveries").count() == 0
