"""核签、发送: every mode, every wrong turn, two people and two tabs; nothing is done twice and nothing by accident."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailer.model.rights import ApprovalMode, Role
from mailer.settings import Settings, load
from mailer.store import core, queries
from mailer.store.engine import Store
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.web.clerk_day import (
    SMALL,
    approved,
    choose,
    fill_lists,
    hidden,
    prepare,
    release,
    sign,
    status,
    sweep_at,
    take,
)
from tests.web.console_server import Console, make_account, running_console

JPEG = b"\xff\xd8\xff\xe0 a photograph"


@pytest.fixture
def ready(clerk: Console, store: Store) -> int:
    """An issue on the shelf and a district on the lists."""
    fill_lists(store)
    return take(clerk)


def page_of(visitor: Console, issue_id: int = 1) -> str:
    return visitor.get(f"/issues/{issue_id}/sending").text


def said(visitor: Console) -> str:
    found = re.search(r'class="said"[^>]*>([^<]*)', page_of(visitor))
    return found[1] if found else ""


def wrong(text: str) -> str:
    found = re.search(r'class="problems" role="alert"><p><b>([^<]*)', text)
    return found[1] if found else ""


# --- preparing ------------------------------------------------------------------------------------------------------


def test_files_that_the_relay_would_not_take_are_told_before_anything_is_prepared(
    settings: Settings, store: Store, tmp_path: Path
):
    fill_lists(store)
    name = make_account(settings, store, "何小满", Role.EDITOR)
    with FaultServer(tmp_path / "relay.jsonl", Scenario(max_size=1_000_000)) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        found = load(
            {"MAILER_DATA_DIR": str(settings.data_dir), "MAILER_RELAY_URL": url, "MAILER_FROM": "a@office.example"}
        )
        with running_console(found, store) as console:
            console.log_in(name)
            issue = take(console)
            console.post(f"/issues/{issue}/files", files=[("file", "表.xlsx", bytes(900_000))])
            assert (
                wrong(prepare(console, issue).text)
                == "连附件约 1.4 MB，发信服务器一封最多收 1.0 MB：请压缩或去掉附件。"
            )
            console.post(f"/issues/{issue}/files/1/remove")
            console.post(f"/issues/{issue}/files", files=[("file", "小表.xlsx", bytes(200_000))])
            assert prepare(console, issue).status == 303
        assert relay.log.messages() == []


def test_without_people_or_with_stops_there_is_nothing_to_prepare(clerk: Console, store: Store):
    take(clerk)
    assert "名单上还没有可发的邮箱" in page_of(clerk)
    fill_lists(store)
    assert 'action="/issues/1/prepare"' in page_of(clerk)
    take(clerk, "机密★1年\n\n" + SMALL.replace("第12期", "第13期"))
    assert 'action="/issues/2/prepare"' not in page_of(clerk, 2)
    assert "处必须处理" in page_of(clerk, 2)
    answer = clerk.post("/issues/2/prepare", [("revision", "2"), ("list", "发"), ("seen", "yes")])
    assert (answer.status, "必须处理" in wrong(answer.text)) == (409, True)


def test_warnings_are_seen_and_lists_chosen_first(clerk: Console, ready: int):
    revision = hidden(page_of(clerk), "revision")
    answer = clerk.post(f"/issues/{ready}/prepare", [("revision", revision), ("list", "发")])
    assert "预检有" in wrong(answer.text)
    assert "还没有选名单" in wrong(clerk.post(f"/issues/{ready}/prepare", {"revision": revision, "seen": "yes"}).text)
    other = [("revision", revision), ("list", "无"), ("seen", "yes")]
    assert "没有“无”这个名单" in wrong(clerk.post(f"/issues/{ready}/prepare", other).text)
    clerk.post(f"/issues/{ready}/correct", {"revision": "1", "set.office": "改过"})
    late = [("revision", revision), ("list", "发"), ("seen", "yes")]
    assert "又有了新的一稿" in wrong(clerk.post(f"/issues/{ready}/prepare", late).text)


def test_many_at_once_make_one_mailing(clerk: Console, ready: int, store: Store, signed_in: Callable[..., Console]):
    """Two people, three tabs each, the same second."""
    revision = hidden(page_of(clerk), "revision")
    fields = [("revision", revision), ("list", "报"), ("list", "发"), ("seen", "yes")]
    visitors = [clerk, signed_in(Role.EDITOR, name="老秦")] * 3
    together(visitors, lambda visitor: visitor.post(f"/issues/{ready}/prepare", fields).status)
    with store.read() as session:
        rows = queries.mailings(session)
    assert len(rows) == 1
    assert rows[0].status == "prepared"


def together(visitors: list[Console], act: Callable[[Console], object]) -> None:
    threads = [threading.Thread(target=act, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- 核签 -----------------------------------------------------------------------------------------------------------


def test_on_paper_who_and_when_are_entered_and_the_sheet_is_kept(clerk: Console, ready: int, store: Store):
    prepare(clerk, ready)
    page = page_of(clerk)
    assert "线下核签登记" in page
    fields = {
        "mailing": "1", "binding": hidden(page, "binding"), "seen": "yes", "signer": "程远", "signed_on": "2020-01-02",
        "note": "同意",
    }  # fmt: skip
    answer = clerk.post(f"/issues/{ready}/sign", fields, files=[("photo", "单.jpg", JPEG)])
    assert answer.status == 303
    page = page_of(clerk)
    assert "程远" in page
    assert "2020-01-02" in page
    sheet = clerk.get(f"/issues/{ready}/sheet/1")
    assert (sheet.body, sheet.headers["content-type"]) == (JPEG, "image/jpeg")
    assert status(store, 1) == "approved"


WRONG_ENTRIES: list[tuple[dict[str, str], str]] = [
    ({"signer": ""}, "是谁核签"),
    ({"signed_on": "昨天"}, "哪一天"),
    ({"signed_on": "2999-01-01"}, "今天之后"),
    ({"seen": ""}, "看过内容和收件人"),
    ({"binding": "other"}, "内容或名单变了"),
]


def test_an_entry_that_is_not_whole_is_not_taken(clerk: Console, ready: int, store: Store):
    prepare(clerk, ready)
    for changed, words in WRONG_ENTRIES:
        answer = sign(clerk, ready, **changed)
        assert (answer.status, words in wrong(answer.text)) == (409, True), changed
    fields = {"mailing": "1", "binding": hidden(page_of(clerk), "binding"), "seen": "yes"}
    fields |= {"signer": "程远", "signed_on": "2020-01-02"}
    answer = clerk.post(f"/issues/{ready}/sign", fields, files=[("photo", "a.html", b"<script>")])
    assert "JPG 或 PNG" in wrong(answer.text)
    assert clerk.get(f"/issues/{ready}/sheet/1").status == 404
    assert status(store, 1) == "prepared"


def test_in_the_system_another_account_approves(
    clerk: Console, ready: int, store: Store, signed_in: Callable[..., Console]
):
    choose(store, ApprovalMode.SYSTEM)
    prepare(clerk, ready)
    page = page_of(clerk)
    assert f'action="/issues/{ready}/sign"' not in page
    assert "另一位有“核签”角色的同事" in page
    given = {"mailing": "1", "binding": "x", "seen": "yes"}
    assert "另一个帐户" in wrong(clerk.post(f"/issues/{ready}/sign", given).text)
    assert clerk.post(f"/issues/{ready}/approve", given).status == 403  # no 核签 role
    both = signed_in(Role.EDITOR, Role.APPROVER, name="又编又签")
    approver = signed_in(Role.APPROVER, name="程主任")
    page = page_of(approver)
    assert f'action="/issues/{ready}/approve"' in page
    assert f'action="/issues/{ready}/release"' not in page
    assert sign(approver, ready).status == 303
    assert status(store, 1) == "approved"
    assert "程主任" in page_of(both)
    assert "按下之后等 60 秒" in page_of(both)
    assert release(approver, ready, 1).status == 403
    assert approver.post(f"/issues/{ready}/prepare", {"revision": "1"}).status == 403


def test_nobody_approves_their_own_work_by_a_second_role(ready: int, store: Store, signed_in: Callable[..., Console]):
    choose(store, ApprovalMode.SYSTEM)
    both = signed_in(Role.EDITOR, Role.APPROVER, name="又编又签")
    prepare(both, ready)
    answer = both.post(
        f"/issues/{ready}/approve", {"mailing": "1", "binding": "", "seen": "yes"}
    )  # the page offers no such form
    assert answer.status == 409
    assert status(store, 1) == "prepared"


def test_alone_one_confirms(clerk: Console, ready: int, store: Store):
    choose(store, ApprovalMode.ONE)
    prepare(clerk, ready)
    assert "谁核签的" not in page_of(clerk)
    assert sign(clerk, ready).status == 303
    assert "approve" not in page_of(clerk)
    assert status(store, 1) == "approved"


def test_the_difference_from_the_last_is_shown(clerk: Console, ready: int, store: Store):
    mailing_id = approved(clerk, ready)
    clerk.post(f"/issues/{ready}/give-up", {"mailing": str(mailing_id)})
    clerk.post(f"/issues/{ready}/correct", {"revision": "1", "set.office": "改过的办公室"})
    prepare(clerk, ready)
    page = page_of(clerk)
    assert "内容与上次核签的不同" in page
    assert "<ins><bdi>改过的办公室" in page
    assert "<del><bdi>白鹭区委办公室" in page


# --- 发送 -----------------------------------------------------------------------------------------------------------


def test_released_held_taken_back_and_released_again(clerk: Console, ready: int, store: Store):
    mailing_id = approved(clerk, ready)
    assert "发完。" in page_of(clerk)
    assert release(clerk, ready, mailing_id).status == 303
    page = page_of(clerk)
    assert "撤销发送" in page
    assert "data-seconds" in page
    assert clerk.post(f"/issues/{ready}/take-back", {"mailing": str(mailing_id)}).status == 303
    assert (said(clerk), status(store, mailing_id)) == ("已撤销，一封也没有发出。", "approved")
    release(clerk, ready, mailing_id)
    sweep_at(store, mailing_id, seconds=-1)
    assert status(store, mailing_id) == "scheduled"
    sweep_at(store, mailing_id)
    assert status(store, mailing_id) == "sending"
    clerk.post(f"/issues/{ready}/take-back", {"mailing": str(mailing_id)})
    assert "来不及撤销" in said(clerk)
    assert f"/mailings/{mailing_id}" in page_of(clerk)


def test_one_that_missed_its_moment_says_so_and_what_to_do(clerk: Console, ready: int, store: Store):
    mailing_id = approved(clerk, ready)
    release(clerk, ready, mailing_id)
    sweep_at(store, mailing_id, hours=2)
    page = page_of(clerk)
    assert status(store, mailing_id) == "held"
    for words in ("停下了，一封也没有发出", "30 分钟", "取消这一批"):
        assert words in page


def test_pressed_by_many_it_goes_once(clerk: Console, ready: int, store: Store, signed_in: Callable[..., Console]):
    mailing_id = approved(clerk, ready)
    together(
        [clerk, signed_in(Role.EDITOR, name="老秦")] * 3, lambda visitor: release(visitor, ready, mailing_id).status
    )
    with store.read() as session:
        asked = session.execute(core.audit.select().where(core.audit.c.action == "mailing.scheduled")).all()
    assert len(asked) == 1
    for _ in range(2):
        sweep_at(store, mailing_id)
    with store.read() as session:
        total = queries.ledger_sum(session, mailing_id)
    assert total.adds_up
    release(clerk, ready, mailing_id)
    assert said(clerk) == "这一批已经放行过了，只发一次。"


def test_set_for_a_time_and_cancelled(clerk: Console, ready: int, store: Store, settings: Settings):
    mailing_id = approved(clerk, ready)
    other = take(clerk, SMALL.replace("第12期", "第13期"))
    for act in ("release", "take-back", "give-up", "sign"):  # a mailing of another issue
        fields = {"mailing": str(mailing_id), "seen": "yes", "signer": "a", "signed_on": "2020-01-01"}
        assert clerk.post(f"/issues/{other}/{act}", fields).status == 404
    for at, words in (("", "看不懂"), ("2020-01-01T08:00", "已经过去"), ("2999-01-01T08:00", "最多提前")):
        assert words in wrong(release(clerk, ready, mailing_id, when="later", at=at).text)
    tomorrow = datetime.now(settings.timezone) + timedelta(days=1)
    assert release(clerk, ready, mailing_id, when="later", at=f"{tomorrow:%Y-%m-%dT08:00}").status == 303
    page = page_of(clerk)
    assert f"{tomorrow.month}月{tomorrow.day}日 08:00" in page
    assert "取消定时" in page
    clerk.post(f"/issues/{ready}/take-back", {"mailing": str(mailing_id)})
    assert status(store, mailing_id) == "approved"


def test_not_before_its_approval_and_not_an_old_draft(clerk: Console, ready: int, store: Store):
    prepare(clerk, ready)
    assert "还没有核签" in wrong(release(clerk, ready, 1).text)
    sign(clerk, ready)
    clerk.post(f"/issues/{ready}/correct", {"revision": "1", "set.office": "改过"})
    assert "现在改稿不会改到那一批" in clerk.get(f"/issues/{ready}").text
    assert "按第 1 稿备的" in page_of(clerk)
    assert "又改了稿" in wrong(release(clerk, ready, 1).text)
    clerk.post(f"/issues/{ready}/give-up", {"mailing": "1"})
    assert status(store, 1) == "cancelled"
    clerk.post(f"/issues/{ready}/give-up", {"mailing": "1"})
    assert "不在等待" in said(clerk)


# --- 试发 -----------------------------------------------------------------------------------------------------------


def test_a_proof_is_sent_once_however_often_it_is_posted(clerk: Console, ready: int, store: Store):
    fields = {"nonce": hidden(page_of(clerk), "nonce"), "addresses": "me@office.example, boss@office.example"}
    for _ in range(2):
        assert clerk.post(f"/issues/{ready}/try", fields).status == 303
    with store.read() as session:
        [mailing] = queries.mailings(session)
    assert (mailing.kind, mailing.recipients, mailing.rehearsal) == ("test", 2, True)
    assert "演练试发" in said(clerk)
    answer = clerk.post(f"/issues/{ready}/try", {"nonce": "0" * 16, "addresses": "不是邮箱"})
    assert answer.status == 409
    assert 'value="不是邮箱"' in answer.text
    assert "太旧" in wrong(clerk.post(f"/issues/{ready}/try", {"nonce": "x", "addresses": "a@b.example"}).text)
