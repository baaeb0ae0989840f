"""The reshuffle as a clerk does it: dirty spreadsheets, renamed units, a difference, made and taken back; and how its pages look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from mailer import wiring
from mailer.flow.office import Office
from mailer.settings import Settings
from mailer.store.engine import Store
from recipients import directory
from recipients.spreadsheet import write_xlsx
from tests.browser import axe
from tests.browser.conftest import hand_over
from tests.browser.looking import LOW_CONTRAST, Seen
from tests.web.console_server import Console
from tests.web.sample_directory import HEADER, make_things_to_do, take_over

pytestmark = pytest.mark.needs_browser

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "contacts"
LONG = "很长的名称" * 20 + "x" * 90
DIRTY = (
    ("2026年机构调整人员名单（报区委办）",),
    HEADER,
    ("领导", "区政府", "王 二", "区领导", "副区长", "000-1", "邮箱：wang@qinglan.example", "", ""),
    ("镇街", "松陵街道", "郑好", "信息员", "", "000-9", "zhengh2＠qinglan。example", "", ""),
    ("镇街", "", "孙言", "主要领导", "", "000-8", "sun#qinglan", "", ""),
    ("委办局", "区科协", "曾意", "信息员", "", "000-3", "zengy@qinglan.example；ZENGY@qinglan.example", "", ""),
)


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    return wiring.office_of(settings, store)


@pytest.fixture(params=[(375, "light", False), (1440, "dark", True)], ids=["phone-light-no-script", "desk-dark"])
def page(request: pytest.FixtureRequest, browser: Browser, clerk: Console) -> Iterator[Page]:
    width, scheme, has_script = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=has_script, locale="zh-CN"
    )
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


@pytest.fixture(params=[(375, "dark"), (1440, "light")], ids=str)
def look(request: pytest.FixtureRequest, browser: Browser, clerk: Console) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    hand_over(context, clerk)
    yield context.new_page()
    context.close()


def test_the_reshuffle(page: Page, clerk: Console, store: Store, office: Office, tmp_path: Path):
    take_over(store, office)
    file = tmp_path / "调整.xlsx"
    file.write_bytes(write_xlsx([("名单", DIRTY)]))
    page.goto(f"{clerk.origin}/lists")
    page.get_by_role("link", name="导入导出").click()
    page.get_by_label("名单文件").set_input_files(file)
    page.get_by_role("button", name="上传并查看").click()
    expect(page.locator("main")).to_contain_text("4 人")
    assert (
        page.locator(".rows tbody tr").filter(has_text="没有导入").locator("td").first.inner_text()
        == "调整.xlsx 名单 第 5 行"
    )
    page.get_by_text("这些单位以表为准").click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("group", name="松陵街道").get_by_text("由“松陵镇”更名而来").click()
    page.get_by_role("button", name="下一步：看变动").click()
    page.locator(".difference .who-line").nth(1).wait_for()
    assert [one.inner_text() for one in page.locator(".difference .who-line").all()][:2] == [
        "区政府 区领导 李一鸣",
        "松陵街道 主管领导 吴满",
    ]
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("打勾")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("第 2 次导入完成：新增 2 人")
    page.get_by_role("link", name="撤销").click()
    page.get_by_role("button", name="撤销第 2 次导入").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销第 2 次导入")
    with store.read() as session:
        assert "松陵镇" in directory.known_names(session).values()


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus of contact lists is not here")
def test_lists_as_offices_send_them(look: Page, clerk: Console, store: Store, office: Office):
    """Every list of the corpus at once: read, with its problems named by row; imported, exported and imported again."""
    files = sorted(path for path in CORPUS.iterdir() if path.suffix in {".xlsx", ".csv"})
    look.goto(f"{clerk.origin}/imports")
    look.get_by_label("名单文件").set_input_files(files)
    look.get_by_role("button", name="上传并查看").click()
    expect(look.get_by_text(f"{len(files)} 个文件").first).to_be_visible()
    assert look.locator(".rows tbody tr").filter(has_text="没有导入").count() > 0
    look.get_by_role("button", name="下一步").click()
    units, apply = (look.get_by_role("button", name=name, exact=True) for name in ("下一步：看变动", "导入"))
    units.or_(apply).first.wait_for()
    if units.count():
        units.click()
    look.get_by_role("button", name="导入", exact=True).click()
    expect(look.get_by_role("status")).to_contain_text("次导入完成")
    with look.expect_download() as download:
        look.get_by_role("button", name="导出 Excel").click()
    look.get_by_label("名单文件").set_input_files(download.value.path())
    look.get_by_role("button", name="上传并查看").click()
    look.get_by_role("button", name="下一步").click()
    expect(look.get_by_text("和现有名单完全一样")).to_be_visible()


def world(store: Store, office: Office) -> None:
    """An office with everything in it, names far too long among them."""
    take_over(store, office)
    far = (LONG[:60], LONG, LONG[:110], LONG[:110], LONG, LONG, f"{'a' * 60}@{'b' * 60}.example", "", LONG)
    take_over(store, office, [far])
    make_things_to_do(store, office)


def look_at(page: Page, clerk: Console, paths: Sequence[str]) -> None:
    """Nothing runs out of the window, nothing is pale, nothing stands in anybody's way, nobody else is asked."""
    seen, size = Seen(page), page.viewport_size
    assert size
    faults: list[str] = []
    for path in paths:
        answer = page.goto(clerk.origin + path)
        assert answer
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert page.evaluate(LOW_CONTRAST) == [], path
        if size["width"] > 1000:  # the same elements on a phone: once is enough
            faults += [f"{path} {each}" for each in axe.findings(page)]
    assert faults == []
    assert seen.complaints == []
    assert seen.hosts == {"127.0.0.1"}


def test_the_pages_of_lists_are_calm(look: Page, clerk: Console, store: Store, office: Office):
    world(store, office)
    with store.read() as session:
        (found,) = directory.find(session, "曾意", office.clock.now())
    look_at(look, clerk, (
        "/lists", "/lists/" + quote("发"), "/lists/who", "/units?ended=yes", "/units/1", "/units/1/merge",
        "/units/1/close?on=", "/people?q=x", f"/people/{found.id}", f"/people/{found.id}/edit", "/people/new",
    ))  # fmt: skip


def test_the_pages_of_imports_and_things_to_do_are_calm(look: Page, clerk: Console, store: Store, office: Office):
    world(store, office)
    rows = [HEADER, *(row for row in DIRTY[2:]), ("", LONG[:120], LONG[:90], "信息员", "", "", "坏的" + LONG, "", "")]
    drafts = []
    for name in (LONG, "x"):
        file = ("files", f"{name}.xlsx", write_xlsx([("名单", rows)]))
        drafts.append(clerk.post("/imports", files=[file]).headers["location"])
        clerk.post(drafts[-1], {"scope": "full", "on": ""})
    clerk.post(f"{drafts[1]}/units", {f"unit-{n}": "new" for n in range(5)})
    look_at(look, clerk, (
        "/imports", drafts[0], f"{drafts[0]}/units", f"{drafts[1]}/difference", "/imports/undo", "/suppressions?past=yes",
        "/requests", "/returns", "/returns/1", "/tasks",
    ))  # fmt: skip
