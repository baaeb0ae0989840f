"""What the ledger's page says: the numbers, the people, the filters, the search; on a real SQLite store."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from sqlalchemy import text

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import queries
from mailer.store.engine import Store
from mailer.store.queries import Sum
from mailer.web.console.ledger_page import ORDER, state_words
from tests.web.console_server import Console
from tests.web.ledger_reading import accounts, chips, names, page_of, rows, words
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus


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
    assert {name: n for name, n in chips(page).items() if name in {"全部", "没收到", "还在发", "已发出"}} == {
        "全部": 149, "没收到": 7, "还在发": 24, "已发出": 118,
    }  # fmt: skip


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
    for path in ("/", "/mailings", f"/mailings/{mailing}"):
        assert "对不上：登记的是 3 份，加起来是 2 份" in words(page_of(console, path).cssselect("[role=alert]")[0])


def test_who_was_not_reached_why_and_what_to_do(console: Console, store: Store):
    mailing = make_mailing(
        store,
        [
            Row(unit="甲镇", name="郑好", status=S.BOUNCED, reason="userunknown", fault="recipient", phone="000-1",
                extra={"reply_code": 550, "enhanced_status": "5.1.1"}),
            Row("报", unit="乙办", name="周礼", status=S.WITHHELD, reason="paper", address="", phone=""),
            Row(unit="丙局", name="孙言", status=S.IN_DOUBT, reason="networkerror", fault="network"),
            Row(unit="丁局", name="李想", status=S.DEFERRED, reason="greylisted", fault="network",
                extra={"due_at": RELEASED_AT}),
            Row(unit="丙局", name="钱多", status=S.ACCEPTED),
            Row(unit="戊局", name="吴桐", status=S.BOUNCED, reason="userunknown", fault="recipient",
                extra={"reply_code": 250, "enhanced_status": "5.1.1", "bounced_by": "return"}),
        ],
    )  # fmt: skip
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    people = [words(each) for each in page.cssselect(".person")]
    in_doubt = "正文发完后没有等到答复，对方可能已收到。 先打电话问收到没有，再决定补发或视为已发"
    assert people == [
        "乙办 周礼 信息员 不发 只收纸质。 送纸质件 名单上没有电话 没有邮箱 报",
        "甲镇 郑好 信息员 退回 对方说没有这个邮箱（550 5.1.1）。 电话核实后改地址 000-1 shen@qinglan.example 发",
        f"丙局 孙言 信息员 结果不明 {in_doubt} 000-6000116 shen@qinglan.example 发",
        # the code of the return: the session's 250 was no refusal
        "戊局 吴桐 信息员 退回 对方说没有这个邮箱（退信告知）（5.1.1）。 电话核实后改地址 000-6000116 shen@qinglan.example 发",
    ]
    # 丁局 is still being tried, 丙局 has one who was reached
    assert words(page.cssselect("#rest .note")[0]) == "整个单位无人收到： 乙办 、 甲镇 、 戊局"
    sheet = page_of(console, f"/mailings/{mailing}/not-reached")
    assert [words(each) for each in sheet.cssselect(".sheet-table tbody .p-who p:first-child")] == [
        "乙办 周礼 信息员", "甲镇 郑好 信息员", "丙局 孙言 信息员", "戊局 吴桐 信息员",
    ]  # fmt: skip
    assert "应发 6 份，4 份没有收到，也不会自己发出；另有 1 份还在排队或重试" in words(sheet)
    assert "整个单位无人收到（3 个）： 乙办、甲镇、戊局" in words(sheet)


def test_nobody_missing_is_said_without_claiming_more(console: Console, store: Store):
    done = make_mailing(store, [Row()])
    running = make_mailing(store, [Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})], key="running", number=129)
    console.enter()
    assert "没有。每一份都已交出，至今无退信。" in console.get(f"/mailings/{done}").text
    assert "目前没有。还有 1 份在排队或重试" in console.get(f"/mailings/{running}").text


def test_one_person_in_several_posts_is_one_line(console: Console, store: Store):
    mailing = make_mailing(store, [Row(also=("主管领导",)), Row(name="乔致晴", address="b@qinglan.example")])
    console.enter()
    who = [words(row.cssselect(".c-who")[0]) for row in rows(page_of(console, f"/mailings/{mailing}"))]
    assert who == ["望云街道 沈可远 信息员、主管领导", "望云街道 乔致晴 信息员"]


def test_what_was_decided_by_hand_or_waits_for_a_person_has_words(console: Console, store: Store):
    parked = {"status": S.QUEUED, "reason": "crashes", "fault": "setup", "extra": {"due_at": None}}
    mailing = make_mailing(store, [Row(reason="resolved_by_hand", fault="network"), Row(name="孙言", **parked)])
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    said = [words(row.cssselect(".c-words")[0]) for row in rows(page)]
    assert said[0].startswith("结果不明，已由人认定为发出")
    assert said[1].startswith("发这一封时发送程序反复中断")
    assert [words(each) for each in page.cssselect(".person .name a")] == ["孙言"]


def test_an_unknown_mailing_is_a_404_in_chinese(console: Console, store: Store):
    make_mailing(store, [Row()])
    console.enter()
    for number in ("99", "0", "-1", "abc", "1.5", "٣", "9" * 12, "9" * 5000, "1%00", "1'--"):
        wanted = quote(number, safe="%")
        for path in (
            "",
            "/report.csv",
            "/not-reached",
            "/units",
            "/in-doubt",
            "/live",
            "/part",
            f"/deliveries/{wanted}",
        ):
            answer = console.get(f"/mailings/{wanted}{path}")
            assert (answer.status, "没有这个页面" in answer.text) == (404, True), (number, path)


_FILTERS = [
    ("", "甲乙丙丁戊己"),
    ("?need=person", "乙丁"),
    ("?need=wait", "丙"),
    ("?need=none", "甲戊己"),
    ("?list=发", "丙丁戊己"),
    ("?status=bounced", "乙丁"),
    ("?status=bounced&list=报", "乙"),
    ("?need=none&list=报", "甲"),
    ("?need=none&status=bounced", ""),
    ("?status=unheard", "甲乙丙丁戊己"),
    ("?need=unheard", "甲乙丙丁戊己"),
    ("?list=送", ""),
    ("?unit=松溪街道", "戊"),
    ("?unit=哪里也没有", ""),
    ("?domain=other.example", "己"),
    ("?signed=yes", "甲"),
    ("?signed=no", "乙丙丁戊己"),
    ("?q=松溪", "戊"),
    ("?q=other.EX", "己"),
    ("?page=9", "甲乙丙丁戊己"),
    ("?page=-1", "甲乙丙丁戊己"),
    ("?all=yes", "甲乙丙丁戊己"),
]


def test_filters_choose_lines_and_leave_the_sum_alone(console: Console, store: Store):
    bounced = {"status": S.BOUNCED, "reason": "userunknown", "fault": "recipient"}
    mailing = make_mailing(
        store,
        [
            Row("报", name="甲", extra={"acknowledged_at": RELEASED_AT}),
            Row("报", name="乙", **bounced),
            Row(name="丙", status=S.DEFERRED, reason="greylisted", fault="network", extra={"due_at": RELEASED_AT}),
            Row(name="丁", **bounced),
            Row(name="戊", unit="松溪街道", status=S.DELIVERED),
            Row(name="己", address="x@other.example"),
        ],
    )
    console.enter()
    for query, wanted in _FILTERS:
        page = page_of(console, f"/mailings/{mailing}{quote(query, safe='?=&')}")
        assert (query, names(page)) == (query, list(wanted))
        assert accounts(page)["合计"][0] == 6


_TYPED = [
    ("沈可远", ["沈可远"]),
    ("shenkeyuan", ["沈可远"]),
    ("Shen ke", ["沈可远"]),
    ("sky", ["沈可远"]),
    ("keyuan", ["沈可远"]),
    ("zeng", ["曾一鸣"]),  # the surname's own reading
    ("sxjd", ["曾一鸣"]),  # the unit's initials
    ("songxi", ["曾一鸣"]),
    ("0116", ["沈可远"]),
    ("Ｂ@qing", ["曾一鸣"]),  # full width, as an input method leaves it
    ("' OR 1=1 --", []),
    ("%", []),
    ("_", []),
    ("\\", []),
    ("<script>", []),
]


def test_people_are_found_as_they_are_typed(console: Console, store: Store):
    mailing = make_mailing(
        store, [Row(), Row(unit="松溪街道", name="曾一鸣", phone="000-2", address="b@qinglan.example")]
    )
    console.enter()
    for query, wanted in _TYPED:
        page = page_of(console, f"/mailings/{mailing}?q={quote(query)}")
        assert (query, names(page)) == (query, wanted)
        assert page.cssselect("#q")[0].get("value") == query


def test_a_chip_counts_what_it_will_show(console: Console, store: Store):
    mailing = make_mailing(store, [*realistic(sending=True), Row(extra={"acknowledged_at": RELEASED_AT})])
    console.enter()
    for start in ("", "?list=%E6%8A%A5", "?status=bounced", "?unit=%E9%BE%99%E6%BD%AD%E9%95%87", "?signed=yes"):
        page = page_of(console, f"/mailings/{mailing}{start}")
        for chip in page.cssselect(".chip"):
            shown = rows(page_of(console, chip.get("href").partition("#")[0]))
            assert words(chip).endswith(f" {len(shown)}")
    page = page_of(console, f"/mailings/{mailing}?status=bounced")
    assert [words(chip) for chip in page.cssselect(".chip[aria-current]")] == ["全部名单 3", "退回 3"]


def test_a_long_ledger_comes_in_leaves(console: Console, store: Store):
    every = [Row(name=f"第{n}人", address=f"a{n}@qinglan.example") for n in range(401)]
    mailing = make_mailing(store, every)
    console.enter()
    seen: list[str] = []
    path = f"/mailings/{mailing}"
    while path:
        page = page_of(console, path)
        seen += names(page)
        onward = page.xpath("//a[.='下一页']/@href")
        path = onward[0].partition("#")[0] if onward else ""
    assert seen == [row.name for row in every]
    assert names(page_of(console, f"/mailings/{mailing}?all=yes")) == seen


def test_without_a_script_it_refreshes_itself_only_while_something_may_move(console: Console, store: Store):
    waiting = {"status": S.DEFERRED, "reason": "greylisted", "fault": "network", "extra": {"due_at": RELEASED_AT}}
    queued = make_mailing(store, [Row(status=S.QUEUED, extra={"due_at": RELEASED_AT})], key="q", number=1)
    retrying = make_mailing(store, [Row(**waiting)], key="r", number=2)
    done = make_mailing(store, [Row()], key="d", number=3)
    console.enter()

    def seconds(mailing: int, query: str = "") -> list[str]:
        page = page_of(console, f"/mailings/{mailing}{query}")
        return page.xpath("//noscript/meta[@http-equiv='refresh']/@content")

    assert [seconds(each) for each in (queued, retrying, done)] == [["5"], ["30"], []]
    assert seconds(queued, "?live=no") == []
    assert "/static/ledger.js" not in console.get(f"/mailings/{queued}?live=no").text
    # whoever goes through the lines keeps his place
    for reading in ("?need=person", "?list=%E5%8F%91", "?status=queued", "?page=2", "?q=a"):
        assert seconds(queued, reading) == []


def test_a_rehearsal_says_so_everywhere(console: Console, store: Store):
    real = make_mailing(store, [Row()], key="real", number=1)
    rehearsal = make_mailing(store, [Row()], key="rehearsal", number=2, rehearsal=True)
    console.enter()
    page = page_of(console, f"/mailings/{rehearsal}")
    assert "这是演练。 邮件只到内置的演练服务器，没有发给任何人" in words(page)
    assert page.findtext("head/title", "").startswith("【演练】")
    assert "演练" not in console.get(f"/mailings/{real}").text
    titles = [words(each) for each in page_of(console, "/mailings").cssselect("h2")]
    assert titles == ["演练 工作快报 第2期", "工作快报 第1期"]
    assert page_of(console, f"/mailings/{rehearsal}/not-reached").cssselect("h1 .rehearsal")


def test_the_list_of_mailings_shows_each_sum_and_turns_its_leaves(console: Console, store: Store):
    make_mailing(store, realistic(sending=False), key="a", number=127)
    make_mailing(store, [Row(also=("主管领导",))], key="b", number=128)
    console.enter()
    entries = [words(each) for each in page_of(console, "/mailings").cssselect(".mailing")]
    assert "第128期" in entries[0]
    assert "11月23日 17:42 放行" in entries[0]
    assert entries[0].endswith("1 份 = 已交出 1 覆盖 2 个岗位")
    assert "149 份 = 已交出 137 + 对方确认送达 3 + 稍后再试 2 + 结果不明 1 + 退回 3 + 不发 3" in entries[1]
    assert "已发完，2 封仍在重试（至 11月26日 17:42）" in entries[1]
    for n in range(20):
        make_mailing(store, [Row()], key=f"more{n}", number=129 + n)
    first = page_of(console, "/mailings")
    older = page_of(console, first.xpath("//a[.='更早的']/@href")[0])
    assert [len(page.cssselect(".mailing")) for page in (first, older)] == [20, 2]
    assert older.xpath("//a[.='更早的']") == []


def test_an_empty_console_says_what_to_do(console: Console):
    console.enter()
    for path in ("/", "/mailings"):
        page = page_of(console, path)
        assert "还没有发送过" in words(page)
        assert page.xpath("//main//a[@href='/issues']"), "the way to the first issue"


def test_rows_being_frozen_are_no_ledger_yet(console: Console, store: Store):
    mailing = make_mailing(store, [Row(name="沈可远")], steps=[])
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    assert "正在登记收件人" in words(page)
    assert (rows(page), accounts(page)) == ([], {})
    assert page.xpath("//noscript/meta[@http-equiv='refresh']")


def test_why_it_stopped_is_on_the_page(console: Console, store: Store):
    stops = [*(MailingEventKind.FROZEN, MailingEventKind.APPROVED), MailingEventKind.RELEASED, MailingEventKind.HELD]
    mailing = make_mailing(store, [Row()], steps=stops, reason="对方把内容判为垃圾邮件")
    console.enter()
    for path in ("/mailings", f"/mailings/{mailing}"):
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


def test_units_and_who_of_them_was_missed(console: Console, store: Store):
    bounced = {"status": S.BOUNCED, "reason": "userunknown", "fault": "recipient"}
    mailing = make_mailing(
        store,
        [
            Row(unit="甲镇", **bounced),
            Row(unit="乙办", name="孙言", **bounced),
            Row(unit="乙办", name="钱多"),
            Row(unit="丙局"),
            Row(unit="丁局", status=S.QUEUED, extra={"due_at": RELEASED_AT}),
        ],
    )
    console.enter()
    missing = [words(each) for each in page_of(console, f"/mailings/{mailing}/units").cssselect(".units li")]
    assert missing == ["甲镇 1 个岗位，已发出 0 无人收到", "乙办 2 个岗位，已发出 1 1 个没收到"]
    every = [words(each) for each in page_of(console, f"/mailings/{mailing}/units?all=yes").cssselect(".units li")]
    assert every[2:] == ["丙局 1 个岗位，已发出 1 都已发出", "丁局 1 个岗位，已发出 0 1 个还在发"]
