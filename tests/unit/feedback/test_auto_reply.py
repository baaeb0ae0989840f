"""Automatic replies, and until when their writer is away."""

from __future__ import annotations

from datetime import date

import pytest

from mailer.feedback.absence import end_of_absence
from mailer.feedback.report import Kind, read_report
from tests.unit.feedback import samples

SENT = date(2026, 3, 2)


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: auto-replied",),
        ("Auto-Submitted: auto-generated (vacation)",),
        ("X-Autoreply: yes",),
        ("X-Autorespond: bulletin",),
        ("Precedence: auto_reply",),
        ("X-MS-Exchange-Inbox-Rules-Loop: li@post.example",),
        ("Delivered-To: Autoresponder",),
        ("Subject: Automatic reply: bulletin",),
        ("Subject: Out of Office: bulletin",),
        ("Subject: 自动回复: 工作快报",),
        ("Subject: Re: 工作快报 [自动回复]",),
        ("Subject: Réponse automatique : x",),
        ("Subject: Автоответ: x",),
        ("Subject: 自動応答: x",),
        ("Return-Path: <>", "Subject: Thank you"),
    ],
)
def test_marks(headers: tuple[str, ...]) -> None:
    mail = read_report(samples.letter(*headers))
    assert mail.kind is Kind.AUTOREPLY
    assert mail.auto_reply is not None
    assert mail.auto_reply.mark == mail.note


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("X-Auto-Response-Suppress: OOF",), "I am out of the office until Friday."),
        (("Precedence: bulk", "Subject: your letter"), "I will not be reading my mail for a while."),
    ],
)
def test_hints_that_need_words(headers: tuple[str, ...], body: str) -> None:
    assert read_report(samples.letter(*headers, body=body)).kind is Kind.AUTOREPLY
    assert read_report(samples.letter(headers[0], body="see the minutes")).kind is Kind.NONE


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: no",),
        ("Precedence: bulk",),
        ("Precedence: list", "List-Id: <x.list.example>"),
        ("X-Auto-Response-Suppress: All",),
        ("Subject: 关于休假的通知",),
        ("Subject: Re: on leave next week?",),
    ],
)
def test_not_by_itself(headers: tuple[str, ...]) -> None:
    assert read_report(samples.letter(*headers)).kind is Kind.NONE


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("我将于3月1日至3月9日休假。", date(2026, 3, 9)),
        ("休假至2026年3月5日，急事请电话联系", date(2026, 3, 5)),
        ("本人3月6日返回，期间不在办公室", date(2026, 3, 6)),
        ("外出2026-03-01—2026-03-12", date(2026, 3, 12)),
        ("I am out of the office until March 20, 2026.", date(2026, 3, 20)),
        ("I will be back on Monday, 9 March.", date(2026, 3, 9)),
        ("returning 2026-04-01", date(2026, 4, 1)),
        ("Ich bin bis 21.03.2026 nicht im Büro.", date(2026, 3, 21)),
        ("bis zum 5.1. im Urlaub", date(2027, 1, 5)),
        ("until next week", None),
        ("until 31.02.2026", None),
        ("back on 1 January 1999", None),
        ("会议定于3月5日召开", None),
        ("until 99999999999999999999", None),
    ],
)
def test_end_of_absence(text: str, until: date | None) -> None:
    assert end_of_absence(text, SENT) == until


def test_without_the_mails_own_date_no_year_is_guessed() -> None:
    assert end_of_absence("休假至3月9日", None) is None
    mail = read_report(samples.letter("X-Autoreply: yes", "Date: Mon, 2 Mar 2026 18:00:00 +0800", body="休假至3月9日"))
    assert mail.auto_reply is not None
    assert mail.auto_reply.absent_until == date(2026, 3, 9)


@pytest.mark.parametrize("written", ["yesterday", "Mon, 99 Mar 2026 18:00:00 +0800", ""])
def test_an_unreadable_date_is_none(written: str) -> None:
    mail = read_report(samples.letter("X-Autoreply: yes", f"Date: {written}", body="休假至3月9日"))
    assert mail.auto_reply is not None
    assert mail.auto_reply.absent_until is None
