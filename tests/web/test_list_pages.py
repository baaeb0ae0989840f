"""Lists, units, people, suppressions and requests as pages: what they say, what a form does, what is written down."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import quote

import openpyxl
import pytest
from lxml import html
from sqlalchemy import select

from mailer import wiring
from mailer.flow.office import Office
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store.core import audit
from mailer.store.engine import Store
from recipients import directory
from recipients.directory.unit_book import unit_book
from tests.web.console_server import Answer, Console
from tests.web.sample_directory import holder_id, make_things_to_do, take_over

FA = "/lists/" + quote("发")


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    office = wiring.office_of(settings, store)
    take_over(store, office)
    return office


def page(answer: Answer) -> html.HtmlElement:
    assert answer.status == 200, answer.text
    return html.fromstring(answer.text)


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def said(visitor: Console, answer: Answer) -> str:
    assert answer.status == 303, answer.text
    return words(page(visitor.get(answer.headers["location"])).cssselect(".said")[0])


def wrong(answer: Answer) -> str:
    assert answer.status == 422
    return words(html.fromstring(answer.text).cssselect("[role=alert]")[0])


def unit_id(store: Store, office: Office, name: str) -> int:
    with store.read() as session:
        return next(one.id for one in unit_book(session, office.clock.now(), also_ended=True) if one.name == name)


def records(store: Store, prefix: str) -> list[tuple[str, str]]:
    with store.read() as session:
        rows = session.execute(select(audit).order_by(audit.c.id)).all()
    return [(row.action, row.actor) for row in rows if row.action.startswith(prefix)]


def test_an_empty_house_says_what_to_do_first(clerk: Console):
    assert "导入一份人员名单" in clerk.get("/units").text
    assert "还没有导入过" in clerk.get("/imports").text
    assert "没有要办的事" in clerk.get("/tasks").text
    assert "还没有退信" in clerk.get("/returns").text
    assert "名单上还没有人" in clerk.get(FA).text
    assert "没有。名单上的邮箱都照常发送" in clerk.get("/suppressions").text


def test_lists_say_who_gets_it_and_who_does_not(clerk: Console, office: Office):
    lists = [words(one) for one in page(clerk.get("/lists")).cssselect(".list")]
    assert lists[0].startswith("报 报送领导 1 份 ，覆盖 1 个岗位")
    assert lists[2].startswith("发 发各单位 5 份 ，覆盖 5 个岗位 另有 1 个岗位不发邮件：只收纸质 1")
    assert "冯程" in words(page(clerk.get("/lists")).cssselect("[aria-labelledby=unplaced]")[0])
    found = page(clerk.get(f"{FA}?q=zhengh")).cssselect(".rows tbody tr")
    assert [words(row).split()[:3] for row in found] == [["松陵镇", "郑好", "信息员"]]
    assert "“领导”以外各单位" in words(found[0])
    assert clerk.get("/lists/" + quote("无")).status == 404


def test_who_would_get_it_at_a_date_also_as_a_file(clerk: Console, office: Office, store: Store):
    who = page(clerk.get("/lists/who?list=" + quote("报") + "&list=" + quote("发")))
    assert "6 份" in words(who).replace(" ，", "，")
    assert "吴满" in words(who)
    past = page(clerk.get("/lists/who?at=2020-01-01"))
    assert "这一天这些名单上没有人" in words(past)
    data = clerk.get("/lists/who.xlsx?list=" + quote("发"))
    rows = list(openpyxl.load_workbook(io.BytesIO(data.body)).active.values)
    assert len(rows) == 7
    assert rows[-1][1:4] == ("区科协", "信息员", "曾意")
    assert [actor for _, actor in records(store, "audience.exported")] == ["account:小何"]
    assert "看不懂" in wrong(clerk.get("/lists/who?at=" + quote("昨天")))


def test_a_rule_and_a_single_person_by_forms(clerk: Console, office: Office, store: Store):
    song = "/lists/" + quote("送")
    answer = clerk.post(f"{song}/rules", {"sign": "plus", "group": "镇街", "roles": "信息员，主管领导"})
    assert said(clerk, answer).startswith("已加上规则")
    assert "3 个岗位" in words(page(clerk.get(song)).cssselect("#members")[0])
    assert "规则是空的" in wrong(clerk.post(f"{song}/rules", {"sign": "plus"}))
    found = holder_id(store, office, "郑好")
    assert (
        said(clerk, clerk.post(f"{song}/singles/{found}", {"act": "minus", "back": "person"})) == "已从“送”单独排除。"
    )
    assert "2 个岗位" in words(page(clerk.get(song)).cssselect("#members")[0])
    clerk.post(f"{song}/words", {"name": "送有关单位", "phrase": "各有关单位"})
    answer = clerk.post(f"{song}/policy", {"duty": "no", "in_doubt": "resend", "acknowledgement": "yes"})
    assert said(clerk, answer) == "“送”的办法已保存，从下一次发送起算。"
    assert "收件人可以自行退订 · 印在刊上： 各有关单位" in words(page(clerk.get("/lists")))
    (rule,) = page(clerk.get(song)).cssselect("form[action*='/rules/']")
    assert said(clerk, clerk.post(rule.get("action"))) == "规则已删去，名单随即按剩下的规则算。"
    assert [action for action, _ in records(store, "list.") if "viewed" not in action] == [
        "list.rule_added", "list.member_excluded", "list.reworded", "list.policy_set", "list.rule_removed",
    ]  # fmt: skip


def test_a_person_is_found_by_pinyin_changed_and_replaced(clerk: Console, office: Office, store: Store):
    found = page(clerk.get("/people?q=zhx")).cssselect(".rows tbody tr")
    assert found == []
    (row,) = page(clerk.get("/people?q=skl")).cssselect(".rows tbody tr") or page(clerk.get("/people?q=sky")).cssselect(
        ".rows tbody tr"
    )
    assert words(row).startswith("沈可远 望云街道 信息员 000-6000116")
    path = row.cssselect("a")[0].get("href")
    fields = {"name": "沈可远", "phone": "000-9", "emails": "shen2＠qinglan.example", "on": ""}
    answer = clerk.post(f"{path}/edit", fields)
    assert said(clerk, answer) == "望云街道信息员沈可远已保存。"
    now = page(clerk.get(answer.headers["location"]))
    assert "shen2@qinglan.example" in words(now)
    assert "已离任" in words(page(clerk.get(path)))
    new = answer.headers["location"]
    assert "“电话”超过 200 个字" in wrong(clerk.post(f"{new}/edit", fields | {"phone": "1" * 201}))
    kept = clerk.post(f"{new}/edit", fields | {"emails": "坏邮箱", "title": "科长"})
    assert "邮箱“坏邮箱”" in wrong(kept)
    assert html.fromstring(kept.text).cssselect("input[name=title]")[0].get("value") == "科长"
    assert "已经过去" in wrong(clerk.post(f"{new}/hand-over", {"name": "钱多", "on": "2020-01-01"}))
    answer = clerk.post(f"{new}/hand-over", {"name": "钱多", "emails": "qian@qinglan.example"})
    assert said(clerk, answer) == "望云街道信息员由沈可远换为钱多。"
    assert said(clerk, clerk.post(f"{answer.headers['location']}/leave", {})) == "望云街道信息员钱多已登记离任。"
    unit = words(page(clerk.get(f"/units/{unit_id(store, office, '望云街道')}")))
    assert "信息员 空缺 补上人 以前的人 钱多" in unit
    assert [action for action, _ in records(store, "person.") if "viewed" not in action] == [
        "person.changed", "person.handed_over", "person.left",
    ]  # fmt: skip


def test_a_new_person_in_a_unit(clerk: Console, office: Office):
    fields = {
        "unit": "松陵镇",
        "role": "主要领导",
        "name": "钱多",
        "emails": "qian@qinglan.example",
        "essential": "yes",
    }
    answer = clerk.post("/people/new", fields)
    assert said(clerk, answer) == "已新增松陵镇主要领导钱多。"
    assert "必达" in words(page(clerk.get(answer.headers["location"])))
    assert "已经有钱多" in wrong(clerk.post("/people/new", fields))
    assert "没有填" in wrong(clerk.post("/people/new", {"unit": "", "name": "x"}))
    assert "至少要填一样" in wrong(clerk.post("/people/new", {"unit": "松陵镇", "role": "信息员"}))


def test_a_reshuffle_of_one_unit_shows_first_and_then_does(clerk: Console, office: Office, store: Store):
    unit = f"/units/{unit_id(store, office, '松陵镇')}"
    shown = words(page(clerk.get(f"{unit}/merge?other=" + quote("望云街道") + "&on=")))
    assert "2 个人转入“ 望云街道 ”" in shown
    assert "松陵镇" in words(page(clerk.get("/units")))
    assert "没有另一个叫" in wrong(clerk.get(f"{unit}/merge?other=" + quote("无此局")))
    assert "要合并请用" in wrong(clerk.get(f"{unit}/rename?other=" + quote("望云街道")))
    assert (
        said(clerk, clerk.post(f"{unit}/rename", {"other": "松陵街道", "on": ""}))
        == "“松陵镇”已更名为“松陵街道”；旧名仍然认得。"
    )
    assert "原名 松陵镇" in words(page(clerk.get("/units?q=songling")))
    assert said(clerk, clerk.post(f"{unit}/alias", {"alias": "松陵"})) == "以后表里写“松陵”也认得。"
    assert said(clerk, clerk.post(f"{unit}/order", {"before": "区政府"})) == "已排到“区政府”之前。"
    assert words(page(clerk.get("/units")).cssselect(".rows tbody tr")[0]).startswith("松陵街道")
    assert said(clerk, clerk.post(f"{unit}/merge", {"other": "望云街道"})) == "“松陵街道”已并入“望云街道”，转入 2 人。"
    assert "已经撤并" in wrong(clerk.post(f"{unit}/close", {}))
    assert "并入" not in words(page(clerk.get("/units")).cssselect(".rows")[0])
    assert "并入 望云街道" in words(page(clerk.get("/units?ended=yes")))
    assert said(clerk, clerk.post("/units", {"name": "新 设 局", "group": "委办局"})) == "已新增“新设局”。"
    assert clerk.get(f"{unit}/explode").status == 404
    assert len([one for one in records(store, "unit.") if "viewed" not in one[0]]) == 5


def test_suppressions_are_entered_and_lifted_with_a_reason(clerk: Console, office: Office, store: Store):
    assert "写得不对" in wrong(clerk.post("/suppressions", {"address": "x", "reason": "office", "because": "y"}))
    fields = {"address": "shen@qinglan.example", "scope": "", "reason": "office", "because": "", "until": ""}
    kept = clerk.post("/suppressions", fields)
    assert "“依据”没有填" in wrong(kept)
    assert 'value="shen@qinglan.example"' in kept.text
    assert "今天以后" in wrong(clerk.post("/suppressions", fields | {"because": "x", "until": "2020-01-01"}))
    answer = clerk.post("/suppressions", fields | {"because": "本人电话"})
    assert said(clerk, answer) == "已停发 shen@qinglan.example。"
    assert "已停发" in words(page(clerk.get(f"/people/{holder_id(store, office, '沈可远')}")))
    (form,) = page(clerk.get("/suppressions")).cssselect("form[action$='/lift']")
    assert "“解除的理由”没有填" in wrong(clerk.post(form.get("action"), {"because": " "}))
    assert said(clerk, clerk.post(form.get("action"), {"because": "已恢复"})).startswith("已解除停发")
    assert "shen@qinglan.example" not in clerk.get("/suppressions").text
    assert "解除： 已恢复" in words(page(clerk.get("/suppressions?past=yes")))


def test_requests_are_entered_and_answered(clerk: Console, office: Office):
    wish = {"kind": "new_address", "address": "shen@qinglan.example", "value": "", "scope": ""}
    assert "更换邮箱要写明新邮箱" in wrong(clerk.post("/requests", wish))
    assert "暂停要写明" in wrong(clerk.post("/requests", wish | {"kind": "pause"}))
    assert said(clerk, clerk.post("/requests", wish | {"value": "shen3@qinglan.example"})) == "已登记，等办公室决定。"
    waiting = page(clerk.get("/requests")).cssselect(".requests li")
    assert "望云街道 信息员 沈可远" in words(waiting[0])
    action = waiting[0].cssselect("form")[0].get("action")
    assert "没有填" in wrong(clerk.post(action, {"decision": "refuse", "words": ""}))
    assert said(clerk, clerk.post(action, {"decision": "grant"})).startswith("已同意并办理")
    assert said(clerk, clerk.post(action, {"decision": "grant"})) == "这个要求已经答复。"
    assert "沈可远" in words(page(clerk.get("/people?q=shen3")))


def test_without_the_right_one_looks_and_changes_nothing(
    signed_in: Callable[..., Console], office: Office, store: Store
):
    reader = signed_in(Role.APPROVER)
    make_things_to_do(store, office)
    found = holder_id(store, office, "郑好")
    for path in ("/lists", FA, "/units", "/people?q=z", f"/people/{found}", "/imports", "/suppressions", "/requests",
                 "/returns", "/returns/1", "/tasks"):  # fmt: skip
        forms = [form for form in page(reader.get(path)).cssselect("main form") if form.get("method") == "post"]
        assert forms == [], path
    assert reader.get("/people/new").status == 403
    for path in ("/units", f"{FA}/rules", f"/people/{found}/leave", "/suppressions", "/requests", "/imports/undo",
                 "/returns/1/dismiss", "/tasks/1/done"):  # fmt: skip
        assert reader.post(path, {"name": "x"}).status == 403, path


def test_looking_at_people_is_written_down_once(clerk: Console, office: Office, store: Store):
    found = holder_id(store, office, "郑好")
    for _ in range(2):
        clerk.get(f"/people/{found}")
        clerk.get(FA)
        clerk.get("/people?q=zh")
    assert [action for action, _ in records(store, "")][-3:] == ["person.viewed", "list.viewed", "recipients.searched"]


def test_the_list_of_a_past_day_reads_as_it_was(clerk: Console, office: Office, store: Store):
    with store.begin() as session:
        directory.close(session, "松陵镇", office.clock.now(), None, directory.Notes())
    assert "郑好" not in clerk.get(FA).text
    assert page(clerk.get(f"{FA}?at=2020-01-01")).cssselect(".rows") == []


def test_a_person_who_is_not_there_leaves_the_way_on(clerk: Console):
    """The page that says so keeps the navigation; one that no way leads to knows nobody and offers the first page."""
    answer = clerk.get("/people/999999")
    assert answer.status == 404
    assert 'href="/lists"' in answer.text
    assert 'href="/lists"' not in clerk.get("/nowhere").text
