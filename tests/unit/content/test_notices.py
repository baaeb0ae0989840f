"""Mails to colleagues and askers: what happened, what to do; sums that add up; nothing a stranger wrote acts in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import lxml.html
import pytest

from mailer.content.compose import Copy, prepare
from mailer.content.morning import MorningSheet, NotReached
from mailer.content.notice import Alert, Confirmation, RequestState
from mailer.content.render import SUBJECT_LENGTH, render_notice
from tests.support.mails import (
    ENV,
    notice_facts,
    sample_alert,
    sample_confirmation,
    sample_sheet,
)

NOW = datetime(2026, 11, 20, 10, 22, tzinfo=UTC)


def read(notice, **facts):
    return render_notice(ENV, notice, notice_facts(**facts))


def links(html: str) -> list[str]:
    return lxml.html.document_fromstring(html).xpath("//a/@href")


def test_an_alert_says_what_stopped_which_mailing_and_what_to_do_in_order():
    mail = read(sample_alert())
    assert mail.subject.startswith("【需要处理】第128期已自动停下：连续被拒收")
    for part in (mail.text, mail.html):
        steps = [part.index(step) for step in sample_alert().steps]
        assert steps == sorted(steps)
        assert "第128期 · 首发 · 发给 报、发" in part
        assert "2026年11月20日 18:22" in part
        assert "550 5.7.1 Mail content denied" in part


def test_times_are_printed_in_the_zone_of_the_facts():
    assert "2026年11月20日 18:22" in read(Alert("停下", NOW, steps=("看台账",))).text
    with pytest.raises(ValueError, match="aware"):
        read(Alert("停下", NOW.replace(tzinfo=None), steps=("看台账",)))


def test_an_alert_without_a_step_is_refused_unless_it_is_over():
    with pytest.raises(ValueError, match="what to do"):
        Alert("停下了", NOW)
    assert read(Alert("恢复了", NOW, is_over=True)).subject.startswith("【已恢复】恢复了")


def test_there_is_a_web_link_only_where_a_console_address_is_given():
    assert not any(href.startswith("http") for href in links(read(sample_alert()).html))
    mail = read(sample_alert(), console_url="https://console.chengjiang.example/m/7")
    assert "https://console.chengjiang.example/m/7" in links(mail.html)
    assert "打开管理页面：https://console.chengjiang.example/m/7" in mail.text
    with pytest.raises(ValueError, match="console_url"):
        notice_facts(console_url="javascript:alert(1)")


def test_the_sheet_names_everyone_by_unit_with_cause_phone_and_remedy():
    mail = read(sample_sheet())
    assert mail.subject.startswith("【晨报】3 个岗位没收到：第128期")
    for part in (mail.text, lxml.html.document_fromstring(mail.html).text_content()):
        for each in sample_sheet().not_reached:
            for words in (each.unit, each.name, each.post, each.phone, each.cause, each.remedy):
                assert words in part
        assert part.count("石桥镇") == 1  # one heading over its two people
        assert "截至" in part
        assert "到 11月23日 18:05 为止" in part
    assert "tel:05556660128" in links(mail.html)


def test_the_sheets_sum_is_printed_as_a_sum_and_must_add_up():
    assert "已发出 400 ＋ 退回 2 ＋ 不发 1 ＋ 仍在重试 9 ＝ 共 412 份，覆盖 431 个岗位" in read(sample_sheet()).text
    with pytest.raises(ValueError, match="add up"):
        replace(sample_sheet(), recipients=413)


def test_a_sheet_with_nobody_missing_says_so():
    mail = read(sample_sheet(0))
    assert mail.subject.startswith("【晨报】没有要补送的：第128期")
    assert "这一批已经发完" in mail.text
    assert "没有要打的电话" in mail.text
    assert "原因" not in mail.text


def test_a_sheet_of_what_is_not_over_does_not_say_that_it_is():
    mail = read(replace(sample_sheet(0), still_trying="发送已暂停，还有 50 个岗位没发。"))
    assert mail.subject.startswith("【晨报】还没发完：第128期")
    assert "已经发完" not in mail.text
    assert "还有 50 个岗位没发" in mail.text


def test_how_many_were_not_reached_is_never_cut_off():
    mail = read(replace(sample_sheet(), issue="很长的刊名" * 20 + "第128期"))
    assert mail.subject.startswith("【晨报】3 个岗位没收到：很长的")


def test_a_sheet_of_a_thousand_is_cut_counted_and_small():
    mail = read(sample_sheet(1000))
    assert "1000 个岗位没收到" in mail.subject
    assert "还有 880 个岗位，请看台账。" in mail.text
    assert mail.html_bytes < 80_000
    assert not mail.findings()


def test_many_silent_units_are_counted():
    units = tuple(f"第{nth}镇" for nth in range(50))
    assert "第39镇等 50 个单位" in read(replace(sample_sheet(), silent_units=units)).text


@pytest.mark.parametrize(
    ("state", "mark", "said"),
    [
        (RequestState.RECEIVED, "已收到", "核对后办理"),
        (RequestState.APPLIED, "已办理", "从下一期起按新的发送"),
        (RequestState.DECLINED, "未办理", "登记的电话核实不到本人"),
    ],
)
def test_a_confirmation_says_what_became_of_the_wish(state, mark, said):
    mail = read(sample_confirmation(state))
    assert mail.subject.startswith(f"【{mark}】更换接收人")
    for part in (mail.text, mail.html):
        assert said in part
        assert "石桥镇信息员" in part
        assert "如不是您本人" in part


def test_a_reason_belongs_to_a_declined_request():
    with pytest.raises(ValueError, match="reason"):
        replace(sample_confirmation(), reason="不知道")
    with pytest.raises(ValueError, match="reason"):
        Confirmation(RequestState.DECLINED, "更换接收人", NOW)
    with pytest.raises(ValueError, match="names the request"):
        Confirmation(RequestState.RECEIVED, " ", NOW)


def test_what_strangers_wrote_stays_text():
    hostile = '"><script>x()</script>\r\nBcc: z@else.test\u202e{{ 7*7 }}'
    sheet = MorningSheet(
        hostile, NOW, NOW, ((hostile, 1),), 1, 1, (NotReached(hostile, hostile, hostile, hostile, hostile, hostile),),
        (hostile,), hostile,
    )  # fmt: skip
    for notice in (
        sheet,
        Alert(hostile, NOW, hostile, ((hostile, hostile),), (hostile,)),
        Confirmation(RequestState.DECLINED, hostile, NOW, ((hostile, hostile),), hostile),
    ):
        facts = notice_facts(bulletin=hostile)
        mail = render_notice(ENV, notice, facts)
        document = lxml.html.document_fromstring(mail.html)
        assert document.xpath("//script") == []
        assert {href.partition(":")[0] for href in document.xpath("//a/@href")} <= {"mailto", "tel"}
        assert len(mail.subject) <= SUBJECT_LENGTH
        assert "\u202e" not in mail.subject + mail.text + mail.html
        raw = b"".join(prepare(mail, facts).copy(Copy("li@office.example", "", "a.1@chengjiang.example")))
        assert message_from_bytes(raw)["Bcc"] is None
        assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_notice_is_automatic_filed_by_its_list_id_and_needs_no_piece_number():
    facts = notice_facts()
    prepared = prepare(render_notice(ENV, sample_alert(), facts), facts)
    raw = b"".join(prepared.copy(Copy("li@office.example", "李静", "alert.7@chengjiang.example")))
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "<notice.bulletin.chengjiang.example>" in mail["List-Id"]
    assert mail["Precedence"] is None
    assert mail["List-Unsubscribe"] is None
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not mail.defects
