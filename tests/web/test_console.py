"""What the console's pages say: the numbers, the people, the filters, the files; on a real SQLite store."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise
from urllib.parse import quote

import openpyxl
import pytest
from lxml import html
from sqlalchemy import select, text

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import queries
from mailer.store.engine import Store
from mailer.store.queries import Sum
from mailer.store.tables import AuditRecord
from mailer.web.console.ledger_page import ORDER, state_words
from tests.web.console_server import Console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def page_of(console: Console, path: str) -> html.HtmlElement:
    answer = console.get(path)
    assert answer.status == 200
    return html.fromstring(answer.text)


def words(element: html.HtmlElement) -> str:
    """All text, each element's apart."""
    return " ".join(" ".join(element.itertext()).split())


def accounts(page: html.HtmlElement) -> dict[str, tuple[int, dict[str, int]]]:
    """The sums as they are printed: name -> (total, {label: n})."""
    found = {}
    for each in page.cssselect(".account"):
        name, line = words(each.cssselect("dt")[0]), words(each.cssselect("dd")[0])
        total, _, parts = line.partition("份 =")
        labelled = (re.fullmatch(r"(.+?) (\d+)", part.strip()) for part in parts.split("+"))
        found[name] = int(total), {match[1]: int(match[2]) for match in labelled if match}
    return found


def table(page: html.HtmlElement) -> list[list[str]]:
    return [[words(cell) for cell in row.cssselect("td")] for row in page.cssselect(".duties tbody tr")]


def chips(page: html.HtmlElement) -> dict[str, int]:
    return {
        match[1]: int(match[2])
        for chip in page.cssselect(".chip")
        if (match := re.fullmatch(r"(.+?) ?(\d+)", words(chip)))
    }


def test_the_numbers_are_those_of_the_ledger_sum(console: Console, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    with store.read() as session:
        wanted = queries.ledger_sum(session, mailing)

    def labelled(counts: dict[DeliveryStatus, int]) -> dict[str, int]:
        return {status.label: n for status, n in counts.items() if n}

    assert accounts(page) == {
        "合计": (wanted.recipients, labelled(wanted.counts)),
        "报": (14, labelled(wanted.by_list["报"])),
        "发": (135, labelled(wanted.by_list["发"])),
    }
    for total, parts in accounts(page).values():
        assert total == sum(parts.values())
    figures = [words(each) for each in page.cssselect(".figure")]
    assert figures == ["共 149 份，覆盖 151 个岗位", "已发出 118", "还在发 24", "退回 3", "结果不明 1", "不发 3"]
    assert page.cssselect("[role=alert]") == []
    assert chips(page_of(console, f"/mailings/{mailing}"))["全部"] == 151


def test_the_bar_is_the_sum_again(console: Console, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    console.enter()
    rects = page_of(console, f"/mailings/{mailing}").cssselect("svg.big rect")[1:]
    pieces = [(float(rect.get("x")[:-1]), float(rect.get("width")[:-1])) for rect in rects]
    assert sum(width for _, width in pieces) == pytest.approx(100, abs=0.01)
    for (x, width), (following, _) in pairwise(pieces):
        assert following == pytest.approx(x + width, abs=0.01)


def test_every_status_has_its_place_in_the_sum():
    assert sorted(ORDER) == sorted(DeliveryStatus)


def test_a_sum_that_does_not_come_out_is_said_aloud(console: Console, store: Store):
    mailing = make_mailing(store, [Row(), Row(address="b@qinglan.example")])
    with store.begin() as session:
        session.execute(text("UPDATE mailing SET recipients = 3"))
    console.enter()
    for path in ("/", f"/mailings/{mailing}"):
        assert "对不上：登记的是 3 份，加起来是 2 份" in words(page_of(console, path).cssselect("[role=alert]")[0])


def test_who_was_not_reached_why_and_what_to_do(console: Console, store: Store):
    mailing = make_mailing(
        store,
        [
            Row(unit="甲镇", name="郑好", status=S.BOUNCED, reason="userunknown", fault="recipient", phone="000-1"),
            Row("报", unit="乙办", name="周礼", status=S.WITHHELD, reason="paper", address="", phone=""),
            Row(unit="丙局", name="孙言", status=S.IN_DOUBT, reason="networkerror", fault="network"),
            Row(unit="丁局", name="李想", status=S.DEFERRED, reason="greylisted", fault="network",
                extra={"due_at": RELEASED_AT}),
            Row(unit="丙局", name="钱多", status=S.ACCEPTED),
        ],
    )  # fmt: skip
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    people = [words(each) for each in page.cssselect(".person")]
    in_doubt = "正文发完后没有等到答复，对方可能已收到。 先打电话问收到没有，再决定补发或视为已发"
    assert people == [
        "乙办 周礼 信息员 不发 只收纸质。 送纸质件 名单上没有电话 没有邮箱 报",
        "甲镇 郑好 信息员 退回 对方说没有这个邮箱。 电话核实后改地址 000-1 shen@qinglan.example 发",
        f"丙局 孙言 信息员 结果不明 {in_doubt} 000-6000116 shen@qinglan.example 发",
    ]
    # 丁局 is still being tried, 丙局 has one who was reached
    assert words(page.cssselect(".card > .note")[0]) == "整个单位无人收到： 乙办、甲镇"


def test_nobody_missing_is_said_without_claiming_more(console: Console, store: Store):
    done = make_mailing(store, [Row()])
    running = make_mailing(store, [Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})], key="running", number=129)
    console.enter()
    assert "没有。每个岗位的邮件都已交出，至今无退信。" in console.get(f"/mailings/{done}").text
    assert "目前没有。还有 1 个岗位在排队或重试" in console.get(f"/mailings/{running}").text


def test_hostile_names_stay_text(console: Console, store: Store):
    mailing = make_mailing(
        store,
        [Row(unit=HOSTILE, name=HOSTILE, post=HOSTILE, phone=HOSTILE, address=HOSTILE, status=S.BOUNCED,
             reason="userunknown", fault="recipient")],
        title=HOSTILE,
        reason=HOSTILE,
    )  # fmt: skip
    console.enter()
    for path in ("/", f"/mailings/{mailing}", f"/mailings/{mailing}?need={quote(HOSTILE)}&list={quote(HOSTILE)}"):
        answer = console.get(path)
        page = html.fromstring(answer.text)
        assert page.cssselect("script, img, style, [style], [onerror]") == []
        assert "<script" not in answer.text
        assert HOSTILE in page.text_content()


@pytest.mark.parametrize("number", ["99", "0", "-1", "abc", "1.5", "٣", "9" * 12, "9" * 5000, "1%00", "1'--"])
def test_an_unknown_mailing_is_a_404_in_chinese(console: Console, store: Store, number: str):
    make_mailing(store, [Row()])
    console.enter()
    for path in (f"/mailings/{quote(number, safe='%')}", f"/mailings/{quote(number, safe='%')}/report.csv"):
        answer = console.get(path)
        assert answer.status == 404
        assert "没有这个页面" in answer.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["甲", "乙", "丙", "丁", "戊"]),
        ("?need=all", ["甲", "乙", "丙", "丁", "戊"]),
        ("?need=person", ["乙", "丁"]),
        ("?need=wait", ["丙"]),
        ("?need=none", ["甲", "戊"]),
        ("?list=发", ["丙", "丁", "戊"]),
        ("?status=bounced", ["乙", "丁"]),
        ("?status=bounced&list=报", ["乙"]),
        ("?need=none&list=报", ["甲"]),
        ("?need=none&status=bounced", []),
        ("?status=unheard", []),
        ("?need=unheard", []),
        ("?list=送", []),
        ("?page=9", ["甲", "乙", "丙", "丁", "戊"]),
        ("?page=-1", ["甲", "乙", "丙", "丁", "戊"]),
    ],
)
def test_filters_choose_lines_and_leave_the_sum_alone(console: Console, store: Store, query: str, names: list[str]):
    bounced = {"status": S.BOUNCED, "reason": "userunknown", "fault": "recipient"}
    mailing = make_mailing(
        store,
        [
            Row("报", name="甲"),
            Row("报", name="乙", **bounced),
            Row(name="丙", status=S.DEFERRED, reason="greylisted", fault="network", extra={"due_at": RELEASED_AT}),
            Row(name="丁", **bounced),
            Row(name="戊", status=S.DELIVERED),
        ],
    )
    console.enter()
    page = page_of(console, f"/mailings/{mailing}{quote(query, safe='?=&')}")
    assert [row[1] for row in table(page)] == names
    assert accounts(page)["合计"][0] == 5
    assert bool(page.xpath("//p[starts-with(normalize-space(), '没有符合的岗位')]")) == (not names)


def test_a_chip_counts_what_it_will_show(console: Console, store: Store):
    mailing = make_mailing(store, realistic(sending=True))
    console.enter()
    for start in ("", "?list=%E6%8A%A5", "?status=bounced"):
        page = page_of(console, f"/mailings/{mailing}{start}")
        for chip in page.cssselect(".chip"):
            shown = table(page_of(console, f"/mailings/{mailing}{chip.get('href').partition('#')[0]}"))
            assert words(chip).endswith(str(len(shown)))
    marked = [words(chip) for chip in page.cssselect(".chip[aria-current]")]
    assert marked == ["全部名单 3", "退回 3"]


def test_a_long_ledger_comes_in_leaves(console: Console, store: Store):
    rows = [Row(name=f"第{n}人", address=f"a{n}@qinglan.example") for n in range(401)]
    mailing = make_mailing(store, rows)
    console.enter()
    seen, path = [], f"/mailings/{mailing}"
    while path:
        page = page_of(console, path)
        seen += [row[1] for row in table(page)]
        onward = page.xpath("//a[.='下一页']/@href")
        path = f"/mailings/{mailing}{onward[0].partition('#')[0]}" if onward else ""
    assert seen == [row.name for row in rows]


def test_it_refreshes_itself_only_while_something_may_move(console: Console, store: Store):
    waiting = {"status": S.DEFERRED, "reason": "greylisted", "fault": "network", "extra": {"due_at": RELEASED_AT}}
    queued = make_mailing(store, [Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})], key="q", number=1)
    retrying = make_mailing(store, [Row(**waiting)], key="r", number=2)
    done = make_mailing(store, [Row()], key="d", number=3)
    console.enter()

    def seconds(mailing: int, query: str = "") -> list[str]:
        return page_of(console, f"/mailings/{mailing}{query}").xpath("//meta[@http-equiv='refresh']/@content")

    assert [seconds(each) for each in (queued, retrying, done)] == [["5"], ["30"], []]
    assert seconds(queued, "?live=no") == []
    # whoever goes through the lines keeps his place
    for reading in ("?need=all", "?list=%E5%8F%91", "?status=queued", "?page=2"):
        assert seconds(queued, reading) == []


def test_a_rehearsal_says_so_everywhere(console: Console, store: Store):
    real = make_mailing(store, [Row()], key="real", number=1)
    rehearsal = make_mailing(store, [Row()], key="rehearsal", number=2, rehearsal=True)
    console.enter()
    page = page_of(console, f"/mailings/{rehearsal}")
    assert "这是演练。 邮件只到内置的演练服务器，没有发给任何人" in words(page)
    assert page.findtext("head/title", "").startswith("【演练】")
    assert "演练" not in console.get(f"/mailings/{real}").text
    titles = [words(each) for each in page_of(console, "/").cssselect("h2")]
    assert titles == ["演练 工作快报 第2期", "工作快报 第1期"]


def test_the_list_of_mailings_shows_each_sum(console: Console, store: Store):
    make_mailing(store, realistic(sending=False), key="a", number=127)
    make_mailing(store, [Row(also=("主管领导",))], key="b", number=128)
    console.enter()
    page = page_of(console, "/")
    entries = [words(each) for each in page.cssselect(".mailing")]
    assert "第128期" in entries[0]
    assert "11月23日 17:42 放行" in entries[0]
    assert entries[0].endswith("1 份 = 已交出 1 覆盖 2 个岗位")
    assert "149 份 = 已交出 137 + 对方确认送达 3 + 稍后再试 2 + 结果不明 1 + 退回 3 + 不发 3" in entries[1]
    assert "已发完，2 封仍在重试（至 11月26日 17:42）" in entries[1]


def test_an_empty_console_says_what_to_do(console: Console):
    page = console.enter().text
    assert "还没有发送过" in page
    assert "mailer recipients import" in page
    assert "mailer send" in page


def test_rows_being_frozen_are_no_ledger_yet(console: Console, store: Store):
    mailing = make_mailing(store, [Row(name="沈可远")], steps=[])
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    assert "正在登记收件人" in words(page)
    assert (table(page), accounts(page)) == ([], {})
    assert page.xpath("//meta[@http-equiv='refresh']")


def test_why_it_stopped_is_on_the_page(console: Console, store: Store):
    stops = [*(MailingEventKind.FROZEN, MailingEventKind.APPROVED), MailingEventKind.RELEASED, MailingEventKind.HELD]
    mailing = make_mailing(store, [Row()], steps=stops, reason="对方把内容判为垃圾邮件")
    console.enter()
    for path in ("/", f"/mailings/{mailing}"):
        page = words(page_of(console, path))
        assert "已停下，请人处理" in page
        assert "对方把内容判为垃圾邮件" in page


@pytest.mark.parametrize(
    ("deferred", "queued", "parked", "wanted"),
    [
        (9, 0, 0, "已发完，9 封仍在重试（至 某时）"),
        (9, 0, 2, "已发完，7 封仍在重试（至 某时），2 封等人处理"),
        (2, 0, 2, "已发完，2 封等人处理"),
        (9, 1, 0, "正在发送"),
        (0, 0, 0, "正在发送"),
    ],
)
def test_where_a_mailing_stands(deferred: int, queued: int, parked: int, wanted: str):
    total = Sum({"发": {S.DEFERRED: deferred, S.QUEUED: queued, S.ACCEPTED: 5}}, deferred + queued + 5, 0)
    assert state_words(MailingStatus.SENDING, total, parked, "某时") == wanted


def test_the_ledger_as_a_file(console: Console, store: Store):
    mailing = make_mailing(store, [Row(name="=1+1", also=("主管领导",)), Row(status=S.BOUNCED, reason="userunknown")])
    console.enter()
    answer = console.get(f"/mailings/{mailing}/report.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="ledger-1.csv"' in answer.headers["content-disposition"]
    assert quote("发送台账-第128期") in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert lines[0][:4] == ["发送批次", "邮箱", "姓名", "单位"]
    assert [line[2] for line in lines[1:]] == ["'=1+1", "'=1+1", "沈可远"]
    assert [line[6] for line in lines[1:]] == ["已交出", "已交出", "退回"]

    answer = console.get(f"/mailings/{mailing}/report.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    assert sheet is not None
    assert [cell.value for cell in sheet["C"]] == ["姓名", "=1+1", "=1+1", "沈可远"]
    assert sheet["C2"].data_type == "s"

    answer = console.get(f"/mailings/{mailing}/report.jsonl")
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == ["accepted", "accepted", "bounced"]
    assert console.get(f"/mailings/{mailing}/report.exe").status == 404


def test_who_was_shown_and_who_took_away_is_written_down_once(console: Console, store: Store):
    mailing = make_mailing(store, [Row()])
    console.enter()
    for _ in range(3):
        console.get(f"/mailings/{mailing}")
    console.get(f"/mailings/{mailing}/report.csv")
    with store.read() as session:
        records = session.execute(select(AuditRecord.action, AuditRecord.actor).order_by(AuditRecord.id)).all()  # type: ignore[call-overload]
    assert [record.action for record in records] == ["ledger.viewed", "report.exported"]
    assert len({record.actor for record in records}) == 1
    assert records[0].actor.startswith("console:")
