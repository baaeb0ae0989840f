"""Pausing, going on, cancelling, deciding and sending again, by the page's own forms."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind as E
from mailer.model.mailing import MailingStatus
from mailer.store import queries
from mailer.store.core import audit
from mailer.store.engine import Store
from tests.web.console_server import Console
from tests.web.ledger_reading import page_of, words
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

S = DeliveryStatus
WAITING = {"status": S.QUEUED, "extra": {"due_at": RELEASED_AT}}
DOUBT = {"status": S.IN_DOUBT, "reason": "networkerror", "fault": "network"}
RELEASED = (E.FROZEN, E.APPROVED, E.RELEASED)


def status_of(store: Store, mailing: int) -> MailingStatus:
    with store.read() as session:
        return MailingStatus(queries.mailing(session, mailing).status)


def counts_of(store: Store, mailing: int) -> dict[str, int]:
    with store.read() as session:
        return {str(status): n for status, n in queries.ledger_sum(session, mailing).counts.items() if n}


def said(console: Console, path: str, fields: dict[str, str] | None = None) -> str:
    """What the page after a post says."""
    answer = console.post(path, fields or {})
    assert answer.status == 303
    return words(page_of(console, answer.headers["location"]).cssselect(".said")[0])


def test_pausing_going_on_and_cancelling(clerk: Console, store: Store):
    mailing = make_mailing(store, [Row(), Row(**WAITING), Row(**WAITING)])
    base = f"/mailings/{mailing}"
    acts = words(page_of(clerk, base).cssselect(".act-list")[0])
    assert "暂停" in acts
    assert "还没发出的 2 份不再发，不能恢复；已经发出的收不回来。" in acts
    assert said(clerk, f"{base}/pause").startswith("已暂停")
    assert status_of(store, mailing) is MailingStatus.PAUSED
    assert [words(button) for button in page_of(clerk, base).cssselect(".act-list form > .button:not(.second)")][
        :1
    ] == ["继续发送"]
    assert said(clerk, f"{base}/resume").startswith("已继续发送")
    assert status_of(store, mailing) is MailingStatus.SENDING
    assert said(clerk, f"{base}/cancel").startswith("已取消：2 份不再发出")
    assert counts_of(store, mailing) == {"accepted": 1, "cancelled": 2}
    assert said(clerk, f"{base}/pause") == f"没有改动：批次 {mailing} 已取消，现在做不了这件事。"
    with store.read() as session:
        records = session.execute(select(audit.c.action).where(audit.c.actor == "account:小何")).scalars().all()
    assert [each for each in records if each.startswith("mailing.")] == [
        "mailing.paused", "mailing.resumed", "mailing.cancelled",
    ]  # fmt: skip


def test_one_doubt_is_decided_and_only_once(clerk: Console, store: Store):
    rows = [Row(name="孙言", **DOUBT), Row(name="钱多", **DOUBT)]
    mailing = make_mailing(store, rows, steps=(*RELEASED, E.CLOSED))
    base = f"/mailings/{mailing}"
    page = page_of(clerk, f"{base}/in-doubt")
    assert [words(each) for each in page.cssselect(".name a")] == ["孙言", "钱多"]
    first, second = dict.fromkeys(each.get("value") for each in page.cssselect("input[name=delivery]"))
    assert said(clerk, f"{base}/resolve", {"as": "accept", "delivery": first}) == "1 份已视为发出。"
    assert said(clerk, f"{base}/resolve", {"as": "accept", "delivery": first}) == "没有改动：已经有结果了。"
    assert counts_of(store, mailing) == {"accepted": 1, "in_doubt": 1}
    assert "已由人认定为发出" in words(page_of(clerk, f"{base}/deliveries/{first}"))
    assert said(clerk, f"{base}/resolve", {"as": "resend", "delivery": second}) == "1 份已重新排队发送。"
    assert counts_of(store, mailing) == {"accepted": 1, "queued": 1}
    assert status_of(store, mailing) is MailingStatus.SENDING  # it was closed and owes something again
    assert "没有结果不明的邮件" in words(page_of(clerk, f"{base}/in-doubt"))


def test_all_doubts_together_and_forms_that_mean_nothing(clerk: Console, store: Store):
    mailing = make_mailing(store, [Row(**DOUBT), Row(**DOUBT), Row(**DOUBT)])
    base = f"/mailings/{mailing}"
    for fields in ({}, {"as": "forget"}, {"as": "accept", "delivery": "x"}, {"as": "accept", "delivery": "9" * 40}):
        assert said(clerk, f"{base}/resolve", fields).startswith("没有改动")
    assert said(clerk, f"{base}/resolve", {"as": "accept", "delivery": "99999"}).startswith("没有改动")
    assert counts_of(store, mailing) == {"in_doubt": 3}
    assert said(clerk, f"{base}/resolve", {"as": "accept"}) == "3 份已视为发出。"
    assert counts_of(store, mailing) == {"accepted": 3}


def test_a_delivery_of_another_mailing_is_not_touched(clerk: Console, store: Store):
    other = make_mailing(store, [Row(**DOUBT)], key="other", number=1)
    mailing = make_mailing(store, [Row(**DOUBT)])
    theirs = page_of(clerk, f"/mailings/{other}/in-doubt").cssselect("input[name=delivery]")[0].get("value")
    assert said(clerk, f"/mailings/{mailing}/resolve", {"as": "accept", "delivery": theirs}).startswith("没有改动")
    assert clerk.get(f"/mailings/{mailing}/deliveries/{theirs}").status == 404
    assert counts_of(store, other) == {"in_doubt": 1}


def test_sending_again_says_why_nobody_is_there(clerk: Console, store: Store):
    bounced = Row(status=S.BOUNCED, reason="userunknown", fault="recipient")
    rehearsal = make_mailing(store, [bounced], key="r", number=1, rehearsal=True)
    real = make_mailing(store, [bounced], key="a", number=2)
    fresh = make_mailing(store, [bounced], key="f", number=3, steps=(E.FROZEN,))
    assert said(clerk, f"/mailings/{rehearsal}/resend").startswith("没有可以补发的人")
    assert "演练不能补发成正式邮件" in said(clerk, f"/mailings/{real}/resend")
    assert said(clerk, f"/mailings/{fresh}/resend").startswith("没有改动")


@pytest.mark.parametrize("act", ["pause", "resume", "cancel", "resend", "resolve"])
def test_who_only_looks_can_do_nothing(console: Console, store: Store, act: str):
    """By the printed link: no button, and no way round it; nor by GET."""
    mailing = make_mailing(store, [Row(**DOUBT), Row(**WAITING)])
    console.enter()
    page = console.get(f"/mailings/{mailing}")
    assert f"/{act}" not in page.text
    assert console.get(f"/mailings/{mailing}/{act}").status == 405
    console.learn_csrf()
    assert console.post(f"/mailings/{mailing}/{act}", {"as": "accept"}).status == 403
    assert counts_of(store, mailing) == {"in_doubt": 1, "queued": 1}
    assert status_of(store, mailing) is MailingStatus.SENDING
