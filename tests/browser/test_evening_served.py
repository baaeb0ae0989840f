"""The whole evening with nothing but the keyboard, on a real ``mailer serve``: from an empty house to a closed ledger."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from recipients.spreadsheet import write_xlsx
from tests.browser import axe
from tests.browser.looking import DESK, Seen
from tests.browser.served import PATIENCE, choose_file, follow, press, served, walk_to, write
from tests.web.clerk_day import SMALL

pytestmark = pytest.mark.needs_browser

SETTINGS = {"MAILER_HOLD": "0s", "MAILER_RETRY_FIRST": "1s", "MAILER_RETRY_MAX": "1s"}
HEADER = ("分组", "单位", "姓名", "人员类别", "邮箱", "电话")
FAMILY = "赵钱孙李周吴郑王冯陈褚卫"


def roster(people: int) -> list[tuple[str, ...]]:
    """One leader, then information officers; some have no mailbox, one loses the answer, one comes back later."""
    names = {3: "unknown", 5: "lose", 7: "late"}
    rows: list[tuple[str, ...]] = [("领导", "白鹭区委", "夏若松", "领导", "xia@bailu.example", "000-1")]
    for n in range(1, people):
        who = FAMILY[n % len(FAMILY)] + FAMILY[n // 7 % len(FAMILY)]
        rows.append(
            ("镇街", f"第{n // 3}镇", who, "信息员", f"{names.get(n, 'r')}{n}@d{n % 11}.example", f"000-{n:04}")
        )
    return rows


def figure(page: Page, label: str) -> Locator:
    return page.locator(".figure", has_text=label).locator("dd")


def bring_in_the_lists(page: Page, file: Path, people: int) -> None:
    follow(page, "导入人员名单")
    choose_file(page, "名单文件", file)
    follow(page, "上传并查看")
    expect(page.locator("main")).to_contain_text(f"{people} 人", timeout=PATIENCE)
    follow(page, "下一步")
    expect(page.get_by_role("heading", name="核对单位")).to_be_visible(timeout=PATIENCE)
    follow(page, "下一步：看变动")
    expect(page.get_by_role("heading", name="看变动")).to_be_visible(timeout=PATIENCE)
    button = page.get_by_role("button", name="导入", exact=True)
    while not button.evaluate("one => one === document.activeElement"):
        walk_to(page, "导入")  # the navigation has an entry that begins like the button
    with page.expect_navigation(timeout=PATIENCE):
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("导入完成", timeout=PATIENCE)


def bring_in_the_issue(page: Page, file: Path) -> None:
    """Taken in, put right in one place, prepared and signed for."""
    follow(page, "期刊", by_navigation=True)
    choose_file(page, "把做好的一期拖到这里", file)
    follow(page, "读一读，收录")
    expect(page.get_by_role("status")).to_contain_text("已收录第12期", timeout=PATIENCE)
    walk_to(page, "第 11 行")
    press(page, "改")
    walk_to(page, "第 1 条的标题")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("区里开了会")
    follow(page, "保存为新的一稿")
    expect(page.get_by_role("status")).to_contain_text("另存为新的一稿", timeout=PATIENCE)
    follow(page, "下一步：预览")
    follow(page, "下一步：看收件人")
    follow(page, "下一步：核签、发送")
    press(page, "预检的", "Space")
    follow(page, "准备发送")
    expect(page.get_by_role("status")).to_contain_text("已备好", timeout=PATIENCE)
    write(page, "谁核签的", "程远")
    press(page, "纸上核签的就是这些", "Space")
    follow(page, "登记核签")


@pytest.mark.timeout(600)  # a ceiling against hanging; every wait has its own
@pytest.mark.parametrize("people", [30, pytest.param(3_000, marks=pytest.mark.long)])
def test_from_an_empty_house_to_a_closed_ledger(browser: Browser, tmp_path: Path, people: int):
    """The files are read in the server's own processes; the ledger keeps up with what is sent and what comes back."""
    lists, issue = tmp_path / "名单.xlsx", tmp_path / "第12期.md"
    lists.write_bytes(write_xlsx([("名单", [HEADER, *roster(people)])]))
    issue.write_text(SMALL.replace("这一段不知道放在哪里\n\n", ""), "utf-8")
    with served(tmp_path / "data", SETTINGS) as house:
        context = browser.new_context(viewport={"width": DESK, "height": 900}, base_url=house.origin)
        page = context.new_page()
        page.on("filechooser", lambda _: None)  # the dialogue stays with us for the whole evening, not for one file
        page.goto("/")
        write(page, "帐户名", "admin")
        write(page, "密码", house.password)
        follow(page, "登录")
        seen = Seen(page)
        expect(page.get_by_role("heading", name="正在办的一期")).to_be_visible(timeout=PATIENCE)
        bring_in_the_lists(page, lists, people)
        bring_in_the_issue(page, issue)
        follow(page, f"演练发送 {people} 份")
        expect(page.get_by_role("link", name="批次 1 的台账")).to_be_visible(timeout=PATIENCE)
        follow(page, "批次 1 的台账")

        # it fills while it is watched; what comes back later moves from one figure to the other
        expect(page.locator("#live-note")).to_have_text("实时更新中。", timeout=PATIENCE)
        page.evaluate("window.before = true")
        expect(figure(page, "已发出")).to_have_text(str(people - 3), timeout=PATIENCE)
        expect(figure(page, "退回")).to_have_text("2", timeout=PATIENCE)
        expect(figure(page, "结果不明")).to_have_text("1", timeout=PATIENCE)
        assert page.evaluate("window.before") is True
        follow(page, "处理结果不明的 1 份")
        follow(page, "收到了，视为已发出")
        page.goto("/mailings/1")
        expect(figure(page, "已发出")).to_have_text(str(people - 2), timeout=PATIENCE)
        expect(page.locator(".mailing-state")).to_have_text("已结束", timeout=PATIENCE)
        assert axe.findings(page) == []
        assert seen.complaints == []
        context.close()
