"""更正、撤回 and 签收 by the console's own forms: from the evening's mistake to the telephone list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer.model.acknowledgement import Terms
from mailer.model.rights import ApprovalMode, Role
from mailer.store import acknowledgements, core
from mailer.store.engine import Store
from tests.web.clerk_day import FEW, approved, choose, fill_lists, hidden, release, status, sweep_at, take
from tests.web.console_server import Answer, Console
from tests.web.ledger_reading import page_of, words
from tests.web.sample_ledger import Row, make_mailing


@pytest.fixture
def out(clerk: Console, store: Store) -> int:
    """An issue on its way: Xia has it, the others wait."""
    fill_lists(store, FEW)
    issue = take(clerk)
    mailing = approved(clerk, issue)
    release(clerk, issue, mailing)
    sweep_at(store, mailing)
    accepted(store, mailing, "xia@bailu.example")
    return mailing


def accepted(store: Store, mailing: int, *wanted: str) -> None:
    with store.begin() as session:
        session.execute(
            update(core.delivery)
            .where(core.delivery.c.mailing_id == mailing, core.delivery.c.address.in_(wanted))
            .values(status="accepted")
        )


def addresses(store: Store, mailing: int | None) -> set[str]:
    with store.read() as session:
        rows = session.execute(select(core.delivery.c.address).where(core.delivery.c.mailing_id == mailing)).scalars()
        return {address for address in rows if address}


def revise(clerk: Console) -> str:
    """A second revision by hand; the page that corrects."""
    assert clerk.post("/issues/1/correct", {"revision": "1", "set.office": "白鹭区委办"}).status == 303
    return clerk.get("/issues/1/follow-up").text


def order(visitor: Console, page: str, **changed: str) -> Answer:
    fields = {
        "kind": "correction", "revision": hidden(page, "revision"), "note": "编发单位写错了", "seen": "yes",
        "signer": "程远", "signed_on": "2020-03-09",
    }  # fmt: skip
    return visitor.post("/issues/1/follow-up/sign", fields | changed)


def follow_up(store: Store) -> Any:
    with store.read() as session:
        return session.execute(select(core.follow_up)).one()


def test_the_evening_mistake_is_corrected_with_one_button(clerk: Console, store: Store, out: int) -> None:
    assert "发出去的就是最新一稿" in clerk.get("/issues/1/follow-up").text
    page = revise(clerk)
    assert "停下其余的，发更正" in page
    assert order(clerk, page).status == 303
    row = follow_up(store)
    assert (row.state, row.signer, status(store, out)) == ("released", "程远", "cancelled")
    assert addresses(store, row.holders_mailing_id) == {"xia@bailu.example"}
    assert addresses(store, row.rest_mailing_id) == {
        "dai@bailu.example", "zhang@bailu.example", "li@bailu.example"
    }  # fmt: skip
    shown = page_of(clerk, "/issues/1/follow-up")
    assert words(shown.cssselect(".common-sum")[0]) == "5 个收件人 = 更正后的正在发 4 + 哪一稿都没收到 1"
    assert "已更正为第 2 稿" in clerk.get(f"/mailings/{out}").text
    again = order(clerk, page)
    assert (again.status, follow_up(store).id) == (303, row.id)


def test_what_is_missing_is_said_and_nothing_stops(clerk: Console, store: Store, out: int) -> None:
    page = revise(clerk)
    for changed, sentence in (
        ({"note": " "}, "更正要写明原因"),
        ({"signer": ""}, "谁核签的"),
        ({"signed_on": "昨天"}, "哪一天核签的"),
        ({"revision": "1"}, "又有了新的一稿"),
        ({"seen": ""}, "处请核对"),
    ):
        answer = order(clerk, page, **changed)
        assert (answer.status, sentence in answer.text) == (409, True), sentence
    assert status(store, out) == "sending"


def test_another_account_answers_for_it_where_the_house_wants_that(
    clerk: Console, signed_in: Callable[..., Console], store: Store, out: int
) -> None:
    choose(store, ApprovalMode.SYSTEM)
    page = revise(clerk)
    assert order(clerk, page).status == 303
    assert follow_up(store).state == "prepared"
    director = signed_in(Role.APPROVER)
    single = {"mailing": str(follow_up(store).holders_mailing_id), "binding": "x", "seen": "yes"}
    assert director.post("/issues/1/approve", single).status == 404, "it is answered for as a whole"
    shown = director.get("/issues/1/follow-up").text
    assert 'action="/issues/1/follow-up/approve"' in shown
    assert 'action="/issues/1/follow-up/approve"' not in clerk.get("/issues/1/follow-up").text
    fields = {"binding": hidden(shown, "binding")}
    assert "请先看过" in director.post("/issues/1/follow-up/approve", fields).text
    assert director.post("/issues/1/follow-up/approve", fields | {"seen": "yes"}).status == 303
    assert follow_up(store).state == "released"


def test_what_was_prepared_is_given_up(clerk: Console, store: Store, out: int) -> None:
    choose(store, ApprovalMode.SYSTEM)
    order(clerk, revise(clerk))
    assert clerk.post("/issues/1/follow-up/give-up", {}).status == 303
    assert follow_up(store).state == "given_up"
    assert "停下其余的，发更正" in clerk.get("/issues/1/follow-up").text


def test_a_recall_tells_who_has_it_and_says_whom_to_call(clerk: Console, store: Store, out: int) -> None:
    page = clerk.get("/issues/1/follow-up").text
    assert order(clerk, page, kind="recall", note="文件尚未定稿").status == 303
    row = follow_up(store)
    assert (row.kind, addresses(store, row.holders_mailing_id)) == ("recall", {"xia@bailu.example"})
    with store.begin() as session:
        session.execute(
            update(core.delivery).where(core.delivery.c.mailing_id == row.holders_mailing_id).values(status="bounced")
        )
    assert "夏若松" in words(page_of(clerk, "/issues/1/follow-up").cssselect(".to-call")[0])
    assert "这一期已撤回" in clerk.get(f"/mailings/{out}").text


# --- 签收 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(store: Store) -> int:
    """A mailing whose 发 asks for a signature."""
    rows = [
        Row(),
        Row(name="欧阳立", address="ouyang@qinglan.example", unit="竹溪街道"),
        Row("报", address="qi@x.example"),
    ]
    mailing = make_mailing(store, rows)
    with store.begin() as session:
        acknowledgements.keep_terms(session, mailing, [Terms("发", reminders=1, gap_days=1)])
    return mailing


def delivery(store: Store, address: str) -> Any:
    with store.read() as session:
        return session.execute(select(core.delivery).where(core.delivery.c.address == address)).one()


def test_the_sheet_stands_by_unit_and_the_office_enters_what_it_was_told(
    clerk: Console, store: Store, asked: int
) -> None:
    sheet = f"/mailings/{asked}/signatures"
    assert [words(each) for each in page_of(clerk, sheet).cssselect(".sign-unit h3")] == ["望云街道", "竹溪街道"]
    one = delivery(store, "shen@qinglan.example").id
    path = f"/mailings/{asked}/deliveries/{one}"
    assert "登记签收" in clerk.get(path).text
    clerk.post(f"{path}/acknowledge", {"who": "", "channel": "电话"})
    assert delivery(store, "shen@qinglan.example").acknowledged_at is None
    clerk.post(f"{path}/acknowledge", {"who": "沈可远", "channel": "电话", "note": "下午三点"})
    shown = page_of(clerk, sheet)
    assert words(shown.cssselect(".common-sum")[0]) == "2 个岗位 = 已签收 1 + 未签收 1"
    assert "电话（沈可远），小何登记" in words(shown.cssselect(".sign-lines")[0])
    assert [words(each) for each in page_of(clerk, f"{sheet}?only=unsigned").cssselect(".sign-unit h3")] == ["竹溪街道"]
    assert "下午三点" in clerk.get(path).text
    clerk.post(f"{path}/take-back", {"note": "听错了"})
    assert delivery(store, "shen@qinglan.example").acknowledged_at is None
    assert "听错了" in clerk.get(path).text
    assert "签收表" in clerk.get(f"/mailings/{asked}").text


def test_a_list_that_asks_nothing_has_no_sheet(clerk: Console, store: Store) -> None:
    mailing = make_mailing(store, [Row()])
    assert "没有要求签收" in clerk.get(f"/mailings/{mailing}/signatures").text
    assert "签收表" not in clerk.get(f"/mailings/{mailing}").text


def test_a_reminder_that_may_not_be_sent_says_why(clerk: Console, store: Store, asked: int) -> None:
    """The mailing is a real one, and nothing is set up here but the built-in relay."""
    answer = clerk.post(f"/mailings/{asked}/remind", {})
    assert answer.status == 303
    assert "没有催办：演练的批次" in clerk.get(answer.headers["location"]).text
    with store.read() as session:
        assert session.execute(select(core.mailing.c.id)).scalars().all() == [asked]
