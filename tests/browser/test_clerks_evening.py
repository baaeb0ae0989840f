"""The clerk's evening in Chromium: from the finished file to its release, with scripts on a desk and without on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from mailer.store.engine import Store
from tests.browser import axe
from tests.browser.conftest import hand_over
from tests.web.clerk_day import FEW, SMALL, fill_lists, status, sweep_at, take
from tests.web.console_server import Console

pytestmark = pytest.mark.needs_browser

DESK, PHONE = 1440, 375


class Evening:
    """One browser of the clerk, and what was wrong with any page it was shown."""

    def __init__(self, page: Page, width: int, folder: Path, *, scripts: bool) -> None:
        self.page, self._width, self._folder, self._scripts = page, width, folder, scripts
        self.wrong: list[str] = []
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda asked: None if "://127.0.0.1:" in asked.url else self.wrong.append(asked.url))

    def look(self, name: str) -> None:
        """Nothing runs out of the window, and nothing stops a reader of screens or weak eyes."""
        self.page.screenshot(path=self._folder / f"{name}.png", full_page=True)
        if self.page.evaluate("document.documentElement.scrollWidth") > self._width:
            self.wrong.append(f"{name}: wider than the window")
        if self._scripts:  # without, axe itself does not run
            self.wrong += [f"{name}: {each}" for each in axe.findings(self.page)]


@pytest.fixture(
    params=[(DESK, "light", True), (PHONE, "dark", False)], ids=["desk with scripts", "phone without scripts"]
)
def evening(request: pytest.FixtureRequest, browser: Browser, clerk: Console, tmp_path: Path) -> Iterator[Evening]:
    width, scheme, scripts = request.param
    chosen: Literal["light", "dark"] = scheme
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=chosen, java_script_enabled=scripts
    )
    hand_over(context, clerk)
    yield Evening(context.new_page(), width, tmp_path, scripts=scripts)
    context.close()


def test_from_the_file_to_the_preview(evening: Evening, clerk: Console, tmp_path: Path):
    page = evening.page
    page.goto(f"{clerk.origin}/issues")
    evening.look("empty-shelf")
    file = tmp_path / "快报第12期.md"
    file.write_text(SMALL, "utf-8")
    page.get_by_label("把做好的一期拖到这里").set_input_files(file)
    page.get_by_role("button", name="读一读").click()
    page.get_by_text("已收录第12期").wait_for()

    # something is put right in its place, beside the line it came from
    page.locator("#i1 .jump").click()
    assert "#L" in page.url
    page.locator("#i1 details summary").click()
    page.locator("#i1").get_by_label("第 1 条的标题").fill("区里开了会")
    page.locator("#i1").get_by_role("button", name="保存为新的一稿").click()
    page.get_by_text("已改正，另存为新的一稿").wait_for()
    expect(page.locator("#i1 .item-head b")).to_have_text("区里开了会")
    page.get_by_label("加附件").set_input_files(file)
    page.get_by_role("button", name="附上").click()
    page.get_by_text("已附上：快报第12期.md").wait_for()
    evening.look("issue")

    # the mail in its frame, which can do nothing and shows what was put right
    page.get_by_role("link", name="下一步：预览").click()
    page.frame_locator("iframe.mail-frame").get_by_role("heading", name="区里开了会").wait_for()
    evening.look("preview")
    page.get_by_role("link", name="深色").click()
    mail = page.frame_locator("iframe.mail-frame.dark").locator("body")
    assert mail.evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(18, 18, 18)"
    assert evening.wrong == []


def test_from_the_lists_to_the_release(evening: Evening, clerk: Console, store: Store):
    page = evening.page
    take(clerk)
    page.goto(f"{clerk.origin}/issues/1/recipients")
    page.get_by_text("名单上还没有人").wait_for()
    fill_lists(store, FEW)
    page.reload()
    page.get_by_text("份，覆盖").wait_for()
    evening.look("recipients")

    # prepared, signed for, released, taken back, released
    page.get_by_role("link", name="下一步：核签、发送").click()
    page.get_by_label("都看过了，照发").check()
    page.get_by_role("button", name="准备发送").click()
    page.get_by_label("谁核签的").fill("程远")
    page.get_by_label("纸上核签的就是这些内容和收件人").check()
    evening.look("sign")
    page.get_by_role("button", name="登记核签").click()
    page.get_by_text("已核签，可以发送了").wait_for()
    evening.look("release")
    page.get_by_role("button", name="演练发送").click()
    page.get_by_role("button", name="撤销发送").wait_for()
    evening.look("held-back")
    page.get_by_role("button", name="撤销发送").click()
    page.get_by_text("已撤销，一封也没有发出").wait_for()
    page.get_by_role("button", name="演练发送").click()
    page.get_by_role("button", name="撤销发送").wait_for()
    sweep_at(store, 1)
    page.goto(f"{clerk.origin}/issues/1/sending")
    page.get_by_role("link", name="批次 1 的台账").wait_for()
    assert status(store, 1) == "sending"
    assert evening.wrong == []


def test_problems_stand_out_and_lead_to_their_lines(evening: Evening, clerk: Console):
    page = evening.page
    clerk.post(
        "/issues", {"text": "机密★1年\n\n" + SMALL.replace("白鹭区委办公室", "白鹭区委办公室\n\n（此处加盖骑缝章）")}
    )
    page.goto(f"{clerk.origin}/issues/1")
    evening.look("problems")
    expect(page.locator(".source-lines li.unread")).to_contain_text("（此处加盖骑缝章）")
    page.locator("#check summary", has_text="确实要照发").first.click()
    page.get_by_label("理由").first.fill("样张，不涉密")
    page.get_by_role("button", name="放行这一处").first.click()
    page.get_by_text("理由：样张，不涉密").wait_for()
    page.get_by_role("button", name="不用这段").click()
    expect(page.locator("#unread")).to_have_count(0)
    assert evening.wrong == []
