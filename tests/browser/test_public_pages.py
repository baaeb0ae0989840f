"""The recipients' pages as Chromium shows them on a phone: every path walked with and without JavaScript, every page sound."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from mailer import wiring
from mailer.flow.join_list import Applicant, apply_for
from mailer.model.links import Purpose
from mailer.model.masked import masked_address
from mailer.settings import Settings, load
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.web.public.app import all_ways, make_hall, public_app
from mailer.web.server import answering
from recipients.address import EmailAddress
from recipients.list_policy import ListPolicy
from tests.browser import axe
from tests.browser.looking import DESK, LOW_CONTRAST, PHONE, Seen
from tests.web.public_site import open_list, send_sample

pytestmark = pytest.mark.needs_browser

SHEN, ZHOU, ZHENG = "shen@qinglan.example", "zhoucl@qinglan.example", "zhengh@qinglan.example"
APPLICANTS = ("feng@nowhere.example", "wang@nowhere.example")
#: (way, its purpose if any): every page that a GET shows
PAGES = (
    ("/", None),
    ("/privacy", None),
    ("/nothing", None),
    ("/read/{token}", Purpose.READ),
    ("/sign/{token}", Purpose.SIGN),
    ("/settings/{token}", Purpose.SETTINGS),
    ("/leave/{token}", Purpose.LEAVE),
    ("/subscribe", None),
    ("/subscribe/{code}", None),
    ("/join/{token}", Purpose.JOIN),
)
NO_PAGES = {"/health", "/readyz", "/robots.txt", "/static/console.css", "/static/public.css", "/static/console.svg"}


@dataclass(frozen=True)
class House:
    settings: Settings
    store: Store
    origin: str
    sent: dict[str, int]

    def path(self, way: str, purpose: Purpose | None, address: str = ZHENG) -> str:
        numbers = {each: number for number, each in enumerate(APPLICANTS, 1)}
        subject = numbers.get(address, 1) if purpose is Purpose.JOIN else self.sent[address]
        token = wiring.links_of(self.settings).token(purpose, subject) if purpose else ""
        return way.format(token=token, code=quote("发"))


@pytest.fixture(scope="module")
def house(fresh_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An open list that asks for 签收, sent to the sample people."""
    folder = tmp_path_factory.mktemp("house") / "data"
    shutil.copytree(fresh_installation, folder)
    settings = replace(
        load({}, data_dir=str(folder)), base_url="https://news.office.example", reply_to="reply@office.example"
    )
    store = wiring.open_store(settings)
    open_list(store, ListPolicy(acknowledgement=True, joining="open"))
    sent = send_sample(settings, store)
    for address in APPLICANTS:
        who = Applicant("冯新", "", EmailAddress.parse(address), "192.0.2.0/24")
        apply_for(wiring.office_of(settings, store, LocalWake()), "发", who)
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(public_app(settings, store), listener):
        yield House(settings, store, f"http://127.0.0.1:{listener.getsockname()[1]}", sent)
    store.close()


# the pages have no script, so that one of the two walks is enough for every day
@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.long, id="with JavaScript"), pytest.param(False, id="without")]
)
def phone(request: pytest.FixtureRequest, browser: Browser, house: House) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": PHONE, "height": 800}, base_url=house.origin, java_script_enabled=request.param
    )
    yield context.new_page()
    context.close()


def address_for(request: pytest.FixtureRequest) -> str:
    """Each of the two walks acts for somebody else."""
    return SHEN if "without" in request.node.name else ZHOU


def test_somebody_reads_signs_hands_over_leaves_and_comes_back(
    phone: Page, house: House, request: pytest.FixtureRequest
):
    who = address_for(request)
    phone.goto(house.path("/read/{token}", Purpose.READ, who))
    expect(phone.get_by_role("heading", level=1)).to_contain_text("工作快报")
    phone.get_by_role("link", name="经验交流").click()
    expect(phone.locator("#s2")).to_be_in_viewport()

    phone.goto(house.path("/sign/{token}", Purpose.SIGN, who))
    expect(phone.get_by_text("这个链接属于")).to_be_visible()
    phone.get_by_role("button", name="签收本期").click()
    expect(phone.get_by_role("status")).to_contain_text("已签收")

    phone.goto(house.path("/settings/{token}", Purpose.SETTINGS, who))
    phone.get_by_text("我已调岗，请改发给接任人").click()
    phone.get_by_label("接任人姓名").fill("冯新任")
    phone.get_by_label("接任人邮箱").fill("feng@nowhere.example")
    phone.get_by_role("button", name="请编发单位改").click()
    expect(phone.get_by_role("heading", name="已收到您的要求")).to_be_visible()
    phone.get_by_role("link", name="回到我的设置").click()
    expect(phone.get_by_text("移交接任人：冯新任")).to_be_visible()

    phone.get_by_role("link", name="退订").click()
    phone.get_by_role("button", name="退订").click()
    expect(phone.get_by_role("status")).to_have_text("已退订。")
    phone.get_by_role("button", name="按错了，恢复接收").click()
    expect(phone.get_by_role("status")).to_contain_text("已恢复")

    phone.goto(house.path("/settings/{token}", Purpose.SETTINGS, who))
    phone.get_by_text("暂停接收一段时间").click()
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    phone.get_by_label("停到哪一天").fill(str(day))
    phone.get_by_role("button", name="暂停").click()
    expect(phone.get_by_role("heading", name="已办好")).to_be_visible()


def test_somebody_asks_for_a_list_and_confirms(phone: Page, house: House, request: pytest.FixtureRequest):
    phone.goto(house.path("/subscribe", None))
    phone.get_by_role("link", name="发各单位").click()
    expect(phone.get_by_role("button", name="申请加入")).to_be_visible()
    expect(phone.get_by_label("请留空")).not_to_be_in_viewport()
    who = APPLICANTS[address_for(request) == SHEN]
    phone.goto(house.path("/join/{token}", Purpose.JOIN, who))
    expect(phone.get_by_text(masked_address(who))).to_be_visible()
    phone.get_by_role("button", name="确认加入").click()
    expect(phone.get_by_role("heading", name="已加入")).to_be_visible()


def test_what_was_typed_wrong_stands_there_with_the_remedy(phone: Page, house: House):
    phone.goto(house.path("/settings/{token}", Purpose.SETTINGS))
    phone.get_by_text("人没变，换一个邮箱").click()
    phone.get_by_label("新邮箱").fill(ZHENG)
    phone.get_by_role("button", name="请编发单位换").click()
    expect(phone.get_by_role("alert")).to_contain_text("这就是现在的邮箱")
    expect(phone.get_by_label("新邮箱")).to_have_value(ZHENG)


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "look",
    [(PHONE, "dark"), pytest.param((PHONE, "light"), marks=LONG), pytest.param((DESK, "light"), marks=LONG)],
    ids=lambda look: f"{look[0]}-{look[1]}",
)
def test_every_page_is_sound(browser: Browser, house: House, look: tuple[int, str], tmp_path: Path):
    width, scheme = look
    context = browser.new_context(
        viewport={"width": width, "height": 900}, base_url=house.origin,
        color_scheme="dark" if scheme == "dark" else "light",
    )  # fmt: skip
    page = context.new_page()
    for way, purpose in PAGES:
        seen = Seen(page)
        answer = page.goto(house.path(way, purpose))
        assert answer is not None
        page.screenshot(path=tmp_path / f"{way.strip('/').replace('/', '-') or 'front'}.png", full_page=True)
        if answer.status == 200:
            assert seen.complaints == [], way
        assert seen.hosts == {"127.0.0.1"}, way
        assert page.evaluate("document.documentElement.scrollWidth") <= width, way
        assert page.evaluate(LOW_CONTRAST) == [], way
        if purpose is not Purpose.READ:  # the mail's own page is looked at with the mails
            assert axe.findings(page) == [], way
    context.close()


def test_no_page_is_left_out(house: House):
    pages = {way.path for way in all_ways(make_hall(house.settings, house.store)) if way.method == "GET"}
    assert pages - NO_PAGES == {path for path, _ in PAGES} - {"/nothing"}
