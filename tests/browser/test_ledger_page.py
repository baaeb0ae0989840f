"""The ledger as Chromium shows it: phone and desk, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from mailer.store.engine import Store
from tests.web.console_server import Console
from tests.web.sample_ledger import Row, make_mailing, realistic

pytestmark = pytest.mark.needs_browser

PHONE, DESK = 375, 1200
LONG = "很长的单位名称" * 12 + "x" * 300

# WCAG 2.1, 1.4.3: every text against the first opaque ground behind it
LOW_CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length && (colour.length < 4 || colour[3] === 1)) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length || element.closest('svg')) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim().slice(0, 20), ratio]);
  }
  return found;
}"""


class Seen:
    """What the browser complained about and whom it asked."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str | None] = set()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).hostname)


@pytest.fixture(params=[(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def width_of(page: Page) -> int:
    size = page.viewport_size
    assert size is not None
    return size["width"]


def enter(page: Page, console: Console, to: str) -> None:
    page.goto(f"{console.origin}/enter?key={console.keys.issue(to)}")
    assert urlsplit(page.url).path == to


def test_every_page_is_calm(page: Page, console: Console, store: Store, tmp_path: Path):
    """Nothing runs out of the window, nothing is pale, nobody else is asked, the console stays empty."""
    make_mailing(store, [Row(unit=LONG, name=LONG, post=LONG, address=LONG)], key="long", number=1, reason=LONG)
    sending = make_mailing(store, realistic(sending=True), key="sending")
    rehearsal = make_mailing(store, realistic(sending=False), key="rehearsal", number=127, rehearsal=True)
    seen = Seen(page)
    for path in ("/", "/mailings/1", f"/mailings/{sending}", f"/mailings/{rehearsal}"):
        enter(page, console, path)
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-') or 'home'}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width_of(page)
        assert page.evaluate(LOW_CONTRAST) == []
    assert seen.complaints == []
    assert seen.hosts == {"127.0.0.1"}


def test_a_phone_gets_cards_and_a_desk_a_table(page: Page, console: Console, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    enter(page, console, f"/mailings/{mailing}")
    unit, state = page.locator("td.c-unit").first.bounding_box(), page.locator("td.c-state").first.bounding_box()
    said, name = page.locator("td.c-words").first.bounding_box(), page.locator("td.c-name").first.bounding_box()
    assert unit
    assert state
    assert said
    assert name
    if width_of(page) == PHONE:
        assert unit["y"] < name["y"] < said["y"]  # one below the other
        assert said["width"] > PHONE * 0.8
        assert state["x"] + state["width"] > PHONE * 0.8  # at the right edge, beside the unit
    else:
        assert unit["x"] < name["x"] < state["x"] < said["x"]  # columns
        assert page.locator(".duties thead").is_visible()


def test_the_way_of_a_clerk(page: Page, console: Console, store: Store):
    """From the list to the ledger, to one state, to the file; by the keyboard's focus and the links alone."""
    make_mailing(store, realistic(sending=True))
    enter(page, console, "/")
    page.get_by_role("link", name="工作快报 第128期").click()
    assert "149" in page.locator(".figure.whole").inner_text()
    page.get_by_role("link", name="退回3").click()
    assert page.locator(".duties tbody tr").count() == 3
    assert page.locator(".chip[aria-current]").all_inner_texts() == ["全部名单3", "退回3"]
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel 台账").click()
    assert download.value.suggested_filename == "发送台账-第128期-批次1.xlsx"


def test_colours_follow_the_scheme_without_a_style_in_the_page(page: Page, console: Console, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    enter(page, console, f"/mailings/{mailing}")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 28)" if dark else "rgb(246, 247, 249)")
    assert page.locator("[style], style, script").count() == 0
