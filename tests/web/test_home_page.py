"""首页: the issue in work, what waits for a person, the last mailings, how everything is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailer.flow import intake_trouble, relay_trouble
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind as E
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store import returns, writes
from mailer.store.engine import Store
from tests.support.builders import keep_issue
from tests.support.issues import sample_issue
from tests.web.console_server import Console, make_account, running_console
from tests.web.ledger_reading import page_of, words
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus
DOUBT = {"status": S.IN_DOUBT, "reason": "networkerror", "fault": "network"}


def part(console: Console, name: str) -> str:
    return words(page_of(console, "/").cssselect(f"section[aria-labelledby={name}]")[0])


def take_in(store: Store, number: int) -> None:
    keep_issue(store, replace(sample_issue(), title="工作快报", number=number), now=RELEASED_AT)


def test_an_empty_house(clerk: Console):
    assert "没有正在办的期刊" in part(clerk, "in-work")
    assert part(clerk, "needs") == "等人处理 没有。有要办的事，这里会说是什么、打给谁。"
    assert "还没有发送过" in part(clerk, "last")


def test_the_issue_in_work_and_its_next_step(clerk: Console, store: Store):
    make_mailing(store, [Row()], number=127, steps=(E.FROZEN, E.APPROVED, E.RELEASED, E.CLOSED))
    assert "没有正在办的期刊" in part(clerk, "in-work")
    mailing = make_mailing(store, [Row()], key="b", number=128, steps=(E.FROZEN, E.APPROVED, E.RELEASED, E.PAUSED))
    assert part(clerk, "in-work") == "正在办的一期 工作快报 第128期 已暂停 看台账"
    assert page_of(clerk, "/").cssselect(".home .button")[0].get("href") == f"/mailings/{mailing}"
    take_in(store, 129)
    assert part(clerk, "in-work").startswith("正在办的一期 工作快报 第129期 已收稿，还没有准备发送")


def test_what_waits_for_a_person_leads_to_where_it_is_done(clerk: Console, store: Store):
    mailing = make_mailing(store, [Row(**DOUBT)], number=127)
    with store.begin() as session:
        for n in range(3):
            writes.open_task(session, kind="verify_by_phone", title="电话核实", dedupe_key=f"v{n}", now=RELEASED_AT)
        writes.open_task(session, kind="sum_disagrees", title="对不上", dedupe_key="s", now=RELEASED_AT)
        mail, _ = returns.keep(
            session, sha256="x", envelope_rcpt="b@x.example", sender="", raw=b"", received_at=RELEASED_AT
        )
        returns.settle(session, mail, state="unmatched", kind="bounce", note="")
    page = page_of(clerk, "/")
    needs = {words(each.cssselect("a")[0]): each.cssselect("a")[0].get("href") for each in page.cssselect(".needs li")}
    assert needs == {
        "电话核实": "/tasks?kind=verify_by_phone",
        "台账对不上": "/tasks?kind=sum_disagrees",
        "退信对不上是哪一封": "/returns",
    }
    assert [words(each.cssselect("b")[0]) for each in page.cssselect(".needs li")] == ["3 件", "1 件", "1 件"]
    bells = {words(each.cssselect("b")[0]): each.cssselect("a")[-1].get("href") for each in page.cssselect(".alarm")}
    assert bells == {"有 1 封结果不明": f"/mailings/{mailing}/in-doubt"}


def test_the_last_mailings_with_their_sums(clerk: Console, store: Store):
    for n in range(6):
        make_mailing(store, realistic(sending=False), key=str(n), number=120 + n)
    page = page_of(clerk, "/")
    titles = [words(each) for each in page.cssselect(".mailing h2")]
    assert titles == ["工作快报 第125期", "工作快报 第124期", "工作快报 第123期", "工作快报 第122期"]
    assert "149 份 = 已交出 137 + 对方确认送达 3" in words(page.cssselect(".sum-line")[0])


def test_health_in_one_line_each(settings: Settings, store: Store):
    real = replace(
        settings,
        relay_url="smtps://smtp.qinglan.example:465",
        relay_user="u",
        intake_url="imaps://imap.qinglan.example",
    )
    with running_console(real, store) as console:
        console.log_in(make_account(real, store, "小何", Role.EDITOR))

        def health() -> list[str]:
            return [words(line) for line in page_of(console, "/").cssselect(".health-line")]

        assert health()[0] == "发信服务器 正常 smtp.qinglan.example:465，没有发现问题"
        assert health()[2] == "发送程序 留意 没有在运行：排队的邮件要等它启动"
        assert health()[3] == "收退信 正常 邮箱还没有读过"
        now = datetime.now(UTC)
        with store.begin() as session:
            writes.set_fact(session, relay_trouble.FACT, "登录被拒绝")
            writes.set_fact(session, intake_trouble.FACT, (now - timedelta(hours=1)).isoformat())
            writes.register_worker(
                session, id="w", host="h", boot_id="b", pid=1, role="embedded", journal="j", relay="r",
                started_at=now, seen_at=now,
            )  # fmt: skip
        assert health()[0] == "发信服务器 有问题 登录被拒绝"
        assert health()[1].startswith("数据库 正常 SQLite，正常")
        assert health()[2].startswith("发送程序 正常 1 个在运行")
        assert health()[3].endswith("起读不了邮箱")


def test_only_what_the_caller_may_open_is_a_link(signed_in: Callable[..., Console], store: Store):
    take_in(store, 129)
    auditor = signed_in(Role.AUDITOR)
    page = page_of(auditor, "/")
    links = {each.get("href") for each in page.cssselect("main a")}
    for link in links:
        assert auditor.get(link).status in {200, 404}, link
