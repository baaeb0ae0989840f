"""One recipient's page: the whole history in its order, with what the hosts said, word for word."""

from __future__ import annotations

from datetime import timedelta

from mailer.flow.read_history import EVENT_WORDS
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.store import ledger_rows, returns
from mailer.store.engine import Store
from tests.web.console_server import Console
from tests.web.ledger_reading import HOSTILE, is_inert, page_of, words
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

S = DeliveryStatus
K = DeliveryEventKind


def test_every_event_has_its_words():
    assert set(EVENT_WORDS) == set(DeliveryEventKind)


def test_the_whole_history_with_its_evidence(console: Console, store: Store):
    same = {"address_key": "shen@qinglan.example"}
    before = make_mailing(store, [Row(extra=same)], key="before", number=127)
    bounced = {"status": S.BOUNCED, "reason": "userunknown", "fault": "recipient"}
    mailing = make_mailing(store, [Row(**bounced, extra=same | {"attempts": 2, "bounced_by": "return"})])
    console.enter()
    path = page_of(console, f"/mailings/{mailing}").cssselect(".c-who a")[0].get("href")
    delivery = int(path.rpartition("/")[2])
    with store.begin() as session:
        mail, _ = returns.keep(
            session, sha256="x", envelope_rcpt="b@x.example", sender="", raw=b"raw", received_at=RELEASED_AT
        )
        for n, (kind, facts) in enumerate(
            [
                (K.RELEASED, {"actor": "account:小何"}),
                (K.DEFERRED, {"attempt": 1, "reply_code": 451, "reply_text": "4.7.1 greylisted, 请稍后", "host": "mx.x.example",
                              "reason": "greylisted", "fault": "network"}),
                (K.ACCEPTED, {"attempt": 2, "reply_code": 250, "reply_text": HOSTILE, "fault": "none"}),
                (K.RETURNED, {"reason": "userunknown", "fault": "recipient", "returned_mail_id": mail}),
            ]
        ):  # fmt: skip
            ledger_rows.record(session, mailing, [delivery], kind, RELEASED_AT + timedelta(minutes=n), **facts)
    answer = console.get(path)
    assert is_inert(answer.text)
    page = page_of(console, path)
    assert [words(step) for step in page.cssselect(".timeline li")] == [
        "11月23日 17:42 放行，进入发送队列 小何",
        "11月23日 17:43 这一次没发成，稍后再试 （第 1 次） 对方暂缓首次来信（灰名单）。 451 4.7.1 greylisted, 请稍后 （ mx.x.example ）",
        f"11月23日 17:44 本单位邮件系统收下 （第 2 次） 250 {HOSTILE}",
        "11月23日 17:45 收到退信 对方说没有这个邮箱。 看退回的原信",
    ]
    assert page.xpath("//a[.='看退回的原信']/@href") == [f"/returns/{mail}"]
    assert words(page.cssselect(".standing")[0]) == "退回 对方说没有这个邮箱（退信告知）"
    assert [words(each) for each in page.cssselect(".elsewhere li")] == ["第127期 首发 11月23日 17:42 已交出"]
    assert page.cssselect(".elsewhere a")[0].get("href").startswith(f"/mailings/{before}/deliveries/")
    assert page.cssselect("form[action$=resolve]") == []


def test_signed_for_is_in_the_line_and_on_the_page(console: Console, store: Store):
    mailing = make_mailing(store, [Row(extra={"acknowledged_at": RELEASED_AT + timedelta(minutes=9)})])
    console.enter()
    page = page_of(console, f"/mailings/{mailing}")
    assert words(page.cssselect(".c-time")[1]) == "11月23日 17:43 签收 11月23日 17:51"
    one = page_of(console, page.cssselect(".c-who a")[0].get("href"))
    assert "签收 11月23日 17:51" in words(one)
