"""``make pictures``: draws the manual's pictures anew, from an evening of the sample office on a real ``mailer serve``.

    python -m tests.browser.pictures [FOLDER]        (docs/pictures)

No test: what it shows is tested elsewhere. The clock of the pictures is put to the evening by the zone alone.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from mailer import resources
from tests.browser.served import PATIENCE, served

_DESK, _PHONE = {"width": 1120, "height": 760}, {"width": 375, "height": 740}
_EVENING = 18  # o'clock, when an issue goes out


def evening_zone(now: datetime) -> str:
    """The zone in which it is evening now; POSIX counts them the other way round."""
    ahead = (_EVENING - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


class Album:
    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self._folder = page, folder

    def draw(self, name: str, *, phone: bool = False, tall: int = 0) -> None:
        """The window as it stands; ``tall``: its height in pixels."""
        size = dict(_PHONE if phone else _DESK)
        size["height"] = tall or size["height"]
        self.page.set_viewport_size({"width": size["width"], "height": size["height"]})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.screenshot(path=self._folder / f"{name}.png", animations="disabled", caret="hide")
        self.page.set_viewport_size({"width": _DESK["width"], "height": _DESK["height"]})

    def draw_part(self, name: str, part: Locator, *, tall: int) -> None:
        """One part of the page, made as tall as that."""
        part.evaluate("(one, tall) => { one.style.height = `${tall}px`; }", tall)
        part.screenshot(path=self._folder / f"{name}.png", animations="disabled")


def lists(album: Album) -> None:
    page = album.page
    page.goto("/imports")
    page.get_by_label("名单文件").set_input_files(str(resources.sample("roster.csv")))
    page.get_by_role("button", name="上传并查看").click()
    album.draw("import-read", tall=900)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="下一步：看变动").click()
    expect(page.get_by_role("heading", name="看变动")).to_be_visible()
    album.draw("import-difference")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("导入完成")
    page.goto("/lists")
    album.draw("lists", tall=620)
    page.goto("/lists/发")
    page.get_by_label("邮件里请收件人签收").check()
    page.locator("form", has=page.get_by_label("邮件里请收件人签收")).get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/lists/发")
    album.draw("list", tall=1380)
    page.goto("/people?q=shenkeyuan")
    page.get_by_role("link", name="沈可远").first.click()
    album.draw("person", tall=800)


def issue(album: Album) -> None:
    page = album.page
    page.goto("/issues")
    page.get_by_label("把做好的一期拖到这里").set_input_files(str(resources.sample("issue.md")))
    album.draw("take", tall=560)
    page.get_by_role("button", name="读一读").click()
    album.draw("issue", tall=1000)
    page.get_by_role("link", name="下一步：预览").click()
    expect(page.frame_locator("iframe.mail-frame").get_by_text("本期要目")).to_be_visible()
    album.draw("preview", tall=1000)
    album.draw_part("mail-phone", page.locator("iframe.mail-frame"), tall=1000)
    page.get_by_role("link", name="下一步：看收件人").click()
    page.get_by_role("link", name="下一步：核签、发送").click()
    page.get_by_label("都看过了，照发").check()
    page.get_by_role("button", name="准备发送").click()
    page.get_by_label("谁核签的").fill("程远")
    page.get_by_label("纸上核签的就是这些内容和收件人").check()
    album.draw("sign", tall=1240)
    page.get_by_role("button", name="登记核签").click()
    page.get_by_role("button", name="演练发送").click()
    expect(page.get_by_role("button", name="撤销发送")).to_be_visible()
    album.draw("take-back", tall=680)


def ledger(album: Album) -> None:
    """Drawn when what had to come back has come, and only the late retries are open."""
    page = album.page
    page.goto("/mailings/1")
    expect(page.locator(".mailing-state")).to_contain_text("仍在重试", timeout=3 * PATIENCE)
    expect(page.locator(".person")).to_have_count(12, timeout=PATIENCE)
    page.reload()
    album.draw("ledger", tall=1330)
    album.draw("ledger-phone", phone=True, tall=900)
    page.goto("/mailings/1/not-reached")
    album.draw("not-reached", tall=820)
    page.goto("/mailings/1/in-doubt")
    album.draw("in-doubt", tall=540)
    page.goto("/tasks")
    album.draw("tasks", tall=820)
    page.goto("/returns")
    album.draw("returns", tall=560)
    page.goto("/")
    album.draw("home", tall=720)


def afterwards(album: Album) -> None:
    """Two signatures entered by hand; a correction that only has to be ordered."""
    page = album.page
    for name in ("沈可远", "袁可澄"):
        page.goto("/mailings/1/signatures")
        page.get_by_role("link", name=name).click()
        page.get_by_role("button", name="登记签收").click()
        expect(page.get_by_role("status")).to_be_visible()
    page.goto("/mailings/1/signatures")
    album.draw("signatures", tall=760)
    page.goto("/issues/1")
    page.locator("#i1 details summary").click()
    page.locator("#i1 textarea").first.press("End")
    page.locator("#i1 textarea").first.press_sequentially("（更正）")
    page.locator("#i1").get_by_role("button", name="保存为新的一稿").click()
    page.goto("/issues/1/follow-up")
    page.get_by_label("更正说明").fill("第一条的参会单位有误，以本稿为准。")
    album.draw("correction", tall=980)


def draw(browser: Browser, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    zone = evening_zone(datetime.now(UTC))
    with tempfile.TemporaryDirectory() as house:
        settings = {"MAILER_TIMEZONE": zone, "MAILER_HOLD": "20s"}
        with served(Path(house) / "data", settings) as office:
            page = browser.new_context(base_url=office.origin, locale="zh-CN").new_page()
            page.set_default_timeout(PATIENCE)
            page.goto("/login")
            page.get_by_label("帐户名").fill("admin")
            page.get_by_label("密码").fill(office.password)
            page.get_by_role("button", name="登录").click()
            page.get_by_role("heading", name="正在办的一期").wait_for()
            album = Album(page, folder)
            for part in (lists, issue, ledger, afterwards):
                part(album)


def main(folder: Path) -> None:
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN"],
            env={"LANGUAGE": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"},
        )
        draw(browser, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "docs/pictures"))
