"""What a return sets in motion: whom to call, which address rests, what a complaint asks for; each once, however often."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailer.content.compose import Copy, PreparedMail
from mailer.flow import settle as flow_settle
from mailer.flow.approve_mailing import approve
from mailer.flow.confirm_return import NotSuspectedError, confirm_return
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.flow.take_in_report import take_in_report
from mailer.model.delivery import DeliveryEventKind
from mailer.model.return_path import ReturnPath, envelope_sender
from mailer.store import queries, returns
from mailer.store.engine import Store
from recipients import directory, tables
from recipients.audience import Audience, Withheld
from recipients.suppression import SuppressionReason
from tests.flow.test_release_and_control import status
from tests.store.queueing import claimed, disagreement, ended, events_of, row_of, settle
from tests.support import returned_mail
from tests.support.builders import (
    SIGNER,
    START,
    Clock,
    Wake,
    keep_issue,
    make_audience,
    make_entry,
    make_office,
    make_order,
    make_sending,
)
from tests.support.issues import sample_issue

ADDRESS = "r1@d1.example"
ARF = (
    b"Return-Path: <>\r\nFrom: feedback@mx.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nabuse\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
    b"Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Rcpt-To: r1@d1.example\r\n\r\n--b--\r\n"
)


def open_list(store: Store) -> None:
    """Makes 发 a list that people may leave."""
    with store.begin() as session:
        directory.seed_lists(session, 1)
        session.execute(
            tables.DistributionList.__table__.update().where(tables.DistributionList.code == "发").values(is_duty=False)
        )  # type: ignore[attr-defined]


def an_issue(office: Office, number: int, count: int = 1, **changed: Any) -> tuple[int, list[int]]:
    """A mailing of issue ``number`` whose copies the relay took; its id and its rows'."""
    issue = replace(sample_issue(), number=number)
    order = replace(
        make_order(office.store, make_audience(count), **changed),
        revision_id=keep_issue(office.store, issue),
        issue=issue,
    )
    mailing_id, _ = prepare_mailing(office, order, "cli:test")
    approve(office, mailing_id, "cli:test")
    release(office, mailing_id, "cli:test")
    lease = claimed(office.store, mailing_id, now=office.clock.now())
    settle(office.store, lease, [ended(row, accepted_at=START, finished_at=START) for row in lease.rows])
    return mailing_id, [row.id for row in lease.rows]


def come_back(office: Office, delivery_id: int, raw: bytes) -> str:
    to = envelope_sender(ReturnPath.VERP, "", "bounce.example", SIGNER.token(delivery_id))
    return take_in(office, raw, to)


def take_in(office: Office, raw: bytes, to: str = "office@office.example") -> str:
    return take_in_report(
        office.store, raw=raw, envelope_rcpt=to, sender="", signer=office.signer, retry=office.retry,
        now=office.clock.now(),
    )  # fmt: skip


def from_our_relay(**changed: str) -> bytes:
    """Our relay's own verdict: it names no host that said so."""
    return returned_mail.hard(**changed).replace(b"Remote-MTA: dns; mx.d1.example\r\n", b"")


def tasks(office: Office) -> list[Any]:
    with office.store.read() as session:
        return list(queries.open_tasks(session))


def resting(office: Office) -> list[tuple[str, str, SuppressionReason]]:
    with office.store.read() as session:
        found = directory.active_suppressions(session, office.clock.now())
    return [(each.address_key, each.scope, each.reason) for each in found]


def test_the_first_hard_bounce_names_whom_to_call_and_a_second_asks_nothing_more(office: Office):
    for number in (128, 129):
        _, (first,) = an_issue(office, number)
        come_back(office, first, returned_mail.hard(note=str(number)))
    [task] = tasks(office)
    assert task.kind == "verify_by_phone"
    assert "第1单位" in task.title
    assert "收件1" in task.title
    for words in ("第1单位　信息员　收件1　电话：000-1", ADDRESS, "没有这个邮箱", "550 5.1.1 User unknown"):
        assert words in task.detail
    assert resting(office) == [], "on a duty list a machine drops nobody"


def test_a_bounce_in_the_session_asks_the_same(office: Office):
    mailing_id = make_sending(office, make_audience(1))
    lease = claimed(office.store, mailing_id)
    change = ended(lease.rows[0], DeliveryEventKind.BOUNCED, hard=True, fault="recipient", reason="userunknown")
    for _ in range(2):
        with office.store.begin() as session:
            flow_settle.settle(
                session, lease_id=lease.id, mailing_id=mailing_id, changes=[change], now=START, braked=True
            )
    assert [task.kind for task in tasks(office)] == ["verify_by_phone"]


def test_elsewhere_one_word_of_the_receiving_host_lets_an_address_rest(office: Office):
    open_list(office.store)
    _, (first,) = an_issue(office, 128)
    for _ in range(2):
        come_back(office, first, returned_mail.hard())
    assert resting(office) == [(ADDRESS, "发", SuppressionReason.HARD_BOUNCE)]
    assert tasks(office) == []
    office.clock.turn(days=90)  # type: ignore[attr-defined]  # the tests' clock
    assert resting(office) == []


def test_elsewhere_our_relays_own_word_counts_only_the_second_time(office: Office):
    open_list(office.store)
    _, (first,) = an_issue(office, 128)
    come_back(office, first, from_our_relay())
    _, (correction,) = an_issue(office, 128, key="again")
    come_back(office, correction, from_our_relay(note="again"))
    assert resting(office) == [], "the same issue twice is one piece of evidence"
    _, (second,) = an_issue(office, 129)
    come_back(office, second, from_our_relay(note="2"))
    assert resting(office) == [(ADDRESS, "发", SuppressionReason.HARD_BOUNCE)]


def test_a_success_in_between_begins_the_count_anew(office: Office):
    open_list(office.store)
    for number, comes_back in ((128, True), (129, False), (130, True)):
        _, (row,) = an_issue(office, number)
        if comes_back:
            come_back(office, row, from_our_relay(note=str(number)))
    assert resting(office) == []


def test_a_rehearsal_lets_nobody_rest(office: Office):
    open_list(office.store)
    _, (first,) = an_issue(office, 128, rehearsal=True)
    come_back(office, first, returned_mail.hard())
    come_back(office, first, ARF)
    assert resting(office) == []


def test_three_soft_bounces_in_five_issues_become_a_question(office: Office):
    full = {"status": "5.2.2", "diagnostic": "552 5.2.2 Mailbox full, over quota"}
    asked = []
    for number in range(128, 132):
        _, (row,) = an_issue(office, number)
        come_back(office, row, returned_mail.report(**full, note=str(number)))
        asked.append([task.kind for task in tasks(office)])
    assert asked == [[], [], ["repeated_bounce"], ["repeated_bounce"]]
    assert "收件1" in tasks(office)[0].title


def test_a_complaint_asks_the_office_and_takes_off_a_list_people_may_leave(office: Office):
    _, (first,) = an_issue(office, 128)
    for _ in range(2):
        assert come_back(office, first, ARF) == "applied"
    [task] = tasks(office)
    assert (task.kind, task.delivery_id) == ("change_request", first)
    assert task.title.startswith("变更请求 1：")
    assert "电话：000-1" in task.detail
    assert resting(office) == []
    assert row_of(office.store, first).status == "accepted"
    open_list(office.store)
    _, (second,) = an_issue(office, 129)
    come_back(office, second, ARF)
    assert resting(office) == [(ADDRESS, "发", SuppressionReason.COMPLAINT)]


def test_a_complaint_with_its_address_redacted_reaches_the_one_it_is_about(office: Office):
    _, (first, second) = an_issue(office, 128, count=2)
    assert come_back(office, second, ARF.replace(b"r1@d1.example", b"redacted@mx.example")) == "applied"
    [task] = tasks(office)
    assert (task.kind, task.delivery_id) == ("change_request", second)
    assert row_of(office.store, first).status == "accepted"


@pytest.mark.parametrize("kind", [b"not-spam", b"auth-failure"])
def test_what_blames_nothing_asks_nothing(office: Office, kind: bytes):
    open_list(office.store)
    _, (first,) = an_issue(office, 128)
    come_back(office, first, ARF.replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind))
    assert tasks(office) == []
    assert resting(office) == []


def test_a_return_that_only_names_an_address_becomes_one_question_and_moves_nothing(office: Office):
    mailing_id, (first,) = an_issue(office, 128)
    for note in "abc":
        assert take_in(office, returned_mail.hard(note=note)) == "unmatched"
    [task] = tasks(office)
    assert (task.kind, task.delivery_id) == ("suspected_return", first)
    assert row_of(office.store, first).status == "accepted"
    assert confirm_return(office, task.id, "cli:li", is_return=True) == "bounced"
    row = row_of(office.store, first)
    assert (row.status, row.bounced_by, row.reason, row.hard) == ("bounced", "return", "userunknown", True)
    assert disagreement(office.store, mailing_id) == ""
    assert [each.kind for each in tasks(office)] == ["verify_by_phone"]
    with pytest.raises(NotSuspectedError):
        confirm_return(office, task.id, "cli:li", is_return=True)
    assert [kind for _, kind in events_of(office.store, mailing_id)].count("returned") == 1


def test_a_person_may_say_that_it_is_none(office: Office):
    an_issue(office, 128)
    take_in(office, returned_mail.hard())
    [task] = tasks(office)
    assert confirm_return(office, task.id, "cli:li", is_return=False) == "accepted"
    assert tasks(office) == []
    take_in(office, returned_mail.hard(note="again"))
    assert tasks(office) == [], "what was answered is not asked again"


@pytest.mark.parametrize("why", ["foreign message", "old", "stranger", "came back", "delayed"])
def test_what_cannot_be_ours_is_no_question(office: Office, why: str):
    _, (first,) = an_issue(office, 128)
    raw = {
        "foreign message": returned_mail.hard(message_id="1.2@elsewhere.example"),
        "stranger": returned_mail.hard(recipient="x@y.example"),
        "delayed": returned_mail.delayed(),
    }.get(why, returned_mail.hard())
    if why == "old":
        office.clock.turn(days=8)  # type: ignore[attr-defined]  # the tests' clock
    if why == "came back":
        come_back(office, first, returned_mail.hard(note="signed"))
    before = len(tasks(office))
    take_in(office, raw)
    assert len(tasks(office)) == before


def test_a_thousand_address_only_returns_change_no_row(office: Office):
    mailing_id, rows = an_issue(office, 128, count=5)
    for number in range(1_000):
        take_in(office, returned_mail.hard(recipient=f"r{number % 10}@d{number % 10 % 3}.example", note=str(number)))
    assert {row_of(office.store, row).status for row in rows} == {"accepted"}
    assert {kind for _, kind in events_of(office.store, mailing_id)} == {"accepted"}
    assert {task.delivery_id for task in tasks(office)} <= set(rows)
    assert len(tasks(office)) == 5


def test_content_faults_that_come_back_feed_the_breaker(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id = make_sending(office, make_audience(20))
    lease = claimed(either, mailing_id, limit=12)
    settle(either, lease, [ended(row, accepted_at=START, finished_at=START) for row in lease.rows])
    spam = {"status": "5.7.1", "diagnostic": "554 5.7.1 Message rejected: suspected spam content"}
    for row in lease.rows[:4]:
        come_back(office, row.id, returned_mail.report(**spam))
    assert status(office, mailing_id) == "sending"
    come_back(office, lease.rows[4].id, returned_mail.report(**spam))
    assert status(office, mailing_id) == "held"
    assert "held" in {task.kind for task in tasks(office)}
    assert disagreement(either, mailing_id) == ""


def test_an_automatic_answer_to_a_copy_in_doubt_says_that_it_left(office: Office):
    mailing_id = make_sending(office, make_audience(1))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(lease.rows[0], DeliveryEventKind.DOUBTED)])
    answer = (
        f"From: r1@d1.example\r\nAuto-Submitted: auto-replied\r\nSubject: 自动回复\r\nDate: {START:%a, %d %b %Y} 10:00:00 +0000\r\n"
        f"In-Reply-To: <{SIGNER.token(lease.rows[0].id)}@office.example>\r\n\r\n我外出至12月1日。\r\n"
    ).encode()
    assert take_in(office, answer) == "applied"
    assert row_of(office.store, lease.rows[0].id).status == "accepted"
    with office.store.read() as session:
        assert "2026-12-01" in returns.mail(session, 1).note


def test_our_own_mail_that_comes_back_moves_nothing_and_answers_nobody(office: Office, wake: Wake):
    mailing_id, (first,) = an_issue(office, 128)
    woken = list(wake.nudged)
    with office.store.read() as session:
        payload = next(iter(queries.mailing_contents(session, mailing_id).values()))
    message_id = row_of(office.store, first).message_id
    copy = b"".join(PreparedMail.load(payload).copy(Copy("r1@d1.example", "", message_id, "0" * 12)))
    for to in ("office@office.example", envelope_sender(ReturnPath.VERP, "", "bounce.example", SIGNER.token(first))):
        for _ in range(3):
            take_in(office, b"Received: by loop.example\r\n" + copy, to)
    assert row_of(office.store, first).status == "accepted"
    assert [kind for _, kind in events_of(office.store, mailing_id)] == ["accepted"]
    assert tasks(office) == []
    assert wake.nudged == woken


def test_who_gets_paper_stands_in_one_task(office: Office):
    entries = (make_entry(1), make_entry(2, withheld=Withheld.PAPER), make_entry(3, withheld=Withheld.NO_ADDRESS))
    make_sending(office, Audience(entries))
    [task] = tasks(office)
    assert task.kind == "paper"
    assert "2 个岗位" in task.title
    assert "第2单位　信息员　收件2　电话：000-2（只收纸质）" in task.detail
    assert "第3单位　信息员　收件3　电话：000-3（没有邮箱）" in task.detail
    make_sending(office, Audience(entries), rehearsal=True, key="r")
    assert len(tasks(office)) == 1
