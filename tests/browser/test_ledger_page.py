"""The first page and the ledger as Chromium shows them: phone and desk, light and dark, filled and empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mailer.model.delivery import DeliveryStatus
from mailer.store.engine import Store
from tests.browser.conftest import hand_over
from tests.browser.looking import DESK, LOW_CONTRAST, PHONE, Seen, width_of
from tests.web.console_server import Console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

pytestmark = pytest.mark.needs_browser

LONG = "很长的单位名称" * 12 + "x" * 300
S = DeliveryStatus


@pytest.fixture(params=[(PHONE, "dark"), (DESK, "light")], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, clerk: Console) -> Iterator[Page]:
    """A page of the clerk's, at one width in one scheme."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=clerk.origin)
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


def test_every_page_is_calm(page: Page, store: Store, tmp_path: Path):
    """Nothing runs out of the window, nothing is pale, nobody else is asked, the browser has no complaint."""
    seen = Seen(page)
    _look(page, ["/", "/mailings"], tmp_path / "empty")
    long = Row(unit=LONG, name=LONG, post=LONG, address=LONG, phone=LONG, status=S.IN_DOUBT, fault="network",
               reason="networkerror", extra={"reply_text": LONG, "host": LONG})  # fmt: skip
    first = make_mailing(store, [long], key="long", number=1, reason=LONG)
    sending = make_mailing(store, realistic(sending=True), key="sending")
    rehearsal = make_mailing(store, realistic(sending=False), key="rehearsal", number=127, rehearsal=True)
    page.goto(f"/mailings/{first}")
    delivery = page.locator(".c-who a").first.get_attribute("href") or ""
    bases = [f"/mailings/{number}" for number in (first, sending, rehearsal)]
    _look(
        page,
        ["/", "/mailings", *bases, delivery, f"{bases[1]}?q=zzz", f"{bases[1]}?need=person",
         *(f"{base}/{name}" for base in bases[:2] for name in ("not-reached", "units", "in-doubt"))],
        tmp_path / "filled",
    )  # fmt: skip
    assert seen.complaints == []
    assert seen.hosts == {"127.0.0.1"}


def _look(page: Page, paths: list[str], folder: Path) -> None:
    for path in paths:
        page.goto(path)
        expect(page.locator("[style], style, script:not([src])")).to_have_count(0)
        page.screenshot(path=folder / f"{path.strip('/').replace('/', '-') or 'home'}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width_of(page), path
        assert page.evaluate(LOW_CONTRAST) == [], path


def test_a_phone_gets_cards_and_a_desk_a_table(page: Page, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    page.goto(f"/mailings/{mailing}?live=no")
    boxes = {name: page.locator(f"td.c-{name}").first.bounding_box() for name in ("who", "state", "words", "time")}
    who, state, said, time = (boxes[name] for name in ("who", "state", "words", "time"))
    assert who
    assert state
    assert said
    assert time
    if width_of(page) == PHONE:
        assert who["y"] < said["y"] < time["y"]  # one below the other
        assert said["width"] > PHONE * 0.8
        assert state["x"] + state["width"] > PHONE * 0.8  # at the right edge, beside the person
    else:
        assert who["x"] < state["x"] < said["x"] < time["x"]  # columns
        expect(page.locator(".deliveries thead")).to_be_visible()


def test_on_paper_only_the_sheet_is_left(page: Page, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    page.goto(f"/mailings/{mailing}/not-reached")
    page.emulate_media(media="print", color_scheme="light")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.get_by_role("link", name="导出 Excel 台账")).to_be_hidden()
    expect(page.locator(".sheet-table thead")).to_be_visible()  # a table on paper, whatever the width
    expect(page.locator(".p-done").first).to_be_visible()


# --- what a clerk does ------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(browser: Browser, clerk: Console) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, base_url=clerk.origin)
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


@pytest.fixture
def without_script(browser: Browser, clerk: Console) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": DESK, "height": 900}, base_url=clerk.origin, java_script_enabled=False
    )
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


def test_the_way_of_a_clerk(desk: Page, store: Store):
    """From the first page to the ledger, to one state, to a person, to the file."""
    make_mailing(store, realistic(sending=True))
    desk.goto("/")
    desk.get_by_role("link", name="工作快报 第128期").click()
    expect(desk.locator(".figure.whole")).to_contain_text("149")
    desk.get_by_role("link", name="退回3").click()
    expect(desk.locator(".deliveries tbody tr")).to_have_count(3)
    expect(desk.locator(".chip[aria-current]")).to_have_text(["全部名单3", "退回3"])
    desk.get_by_role("searchbox", name="找人").fill("wyjd")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**?q=wyjd**")
    expect(desk.locator(".unit-line").first).to_have_text("望云街道")
    desk.locator(".c-who a").first.click()
    expect(desk.get_by_role("heading", name="经过")).to_be_visible()
    desk.go_back()
    desk.get_by_text("导出", exact=True).click()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Excel 台账").click()
    assert download.value.suggested_filename == "发送台账-第128期-批次1.xlsx"


def test_without_a_script_everything_is_there(without_script: Page, store: Store):
    """Refreshing, pausing, cancelling after a question, deciding a doubt: by plain forms and links."""
    waiting = {"status": S.QUEUED, "extra": {"due_at": RELEASED_AT}}
    doubt = {"status": S.IN_DOUBT, "reason": "networkerror", "fault": "network"}
    mailing = make_mailing(store, [Row(), Row(**waiting), Row(name="孙言", **doubt)])
    page = without_script
    page.goto(f"/mailings/{mailing}")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)
    page.goto(f"/mailings/{mailing}?live=no")  # so that no refresh comes between
    page.get_by_role("button", name="暂停").click()
    expect(page.locator(".said")).to_contain_text("已暂停")
    expect(page.locator(".mailing-state")).to_contain_text("已暂停")
    page.goto(f"/mailings/{mailing}?live=no")
    page.get_by_role("link", name="处理结果不明的 1 份").click()
    page.get_by_role("button", name="收到了，视为已发出").click()
    expect(page.locator(".said")).to_have_text("1 份已视为发出。")
    page.goto(f"/mailings/{mailing}?live=no")
    expect(page.get_by_role("button", name="确定取消")).to_be_hidden()  # it asks first
    page.get_by_text("取消发送", exact=True).click()
    page.get_by_role("button", name="确定取消").click()
    expect(page.locator(".said")).to_contain_text("已取消：1 份不再发出")


def test_the_keyboard_alone_is_enough(desk: Page, store: Store):
    """Tab reaches the way past the navigation, the export menu, the question of cancelling; Enter and Space do the rest."""
    mailing = make_mailing(store, [Row(), Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})])
    desk.goto(f"/mailings/{mailing}?live=no")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.textContent") == "跳到正文"

    def tab_to(text: str) -> None:
        for _ in range(60):
            desk.keyboard.press("Tab")
            if desk.evaluate("document.activeElement.textContent.trim()") == text:
                return
        raise AssertionError(f"the keyboard never comes to {text}")

    tab_to("导出")
    desk.keyboard.press("Space")
    expect(desk.get_by_role("link", name="JSON Lines")).to_be_visible()
    tab_to("取消发送")
    desk.keyboard.press("Enter")
    tab_to("确定取消")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".said")
    expect(desk.locator(".mailing-state")).to_contain_text("已取消")
