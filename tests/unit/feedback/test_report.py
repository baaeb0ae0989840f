"""Whole mails: kind, recipient, reason, and what would find the delivery again."""

from __future__ import annotations

import base64

import pytest

from mailer.feedback.report import Kind, read_report
from tests.unit.feedback import samples


def test_a_postfix_report() -> None:
    mail = read_report(samples.POSTFIX)
    (report,) = mail.reports
    assert mail.kind is Kind.BOUNCE
    assert (report.recipient, report.final_recipient) == ("li.ming@post.example", "li@post.example")
    assert (report.reason, report.hard, report.classification.code) == ("userunknown", True, 550)
    assert report.remote_mta == "mx.post.example"
    assert mail.identity.envelope_id == mail.identity.delivery_token == "7.abcd.efghijklmnop2345"
    assert mail.identity.message_id == samples.ORIGINAL_ID


def test_a_coremail_report_is_explained_by_its_chinese_text() -> None:
    mail = read_report(samples.COREMAIL)
    (report,) = mail.reports
    assert (report.recipient, report.reason, report.hard) == ("wang@post.example", "mailboxfull", False)
    assert "退信原因" in mail.text
    assert mail.identity.message_id == samples.ORIGINAL_ID


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", Kind.BOUNCE),
        ("delayed", Kind.DELAYED),
        ("delivered", Kind.DELIVERED),
        ("relayed", Kind.NONE),
        ("expanded", Kind.NONE),
    ],
)
def test_the_action_makes_the_kind(action: str, kind: Kind) -> None:
    mail = read_report(samples.report(f"Final-Recipient: rfc822; a@x.test\nAction: {action}\n"))
    assert mail.kind is mail.reports[0].kind is kind
    assert mail.reports[0].action == action


def test_given_up_after_temporary_errors_is_a_soft_bounce() -> None:
    (report,) = read_report(
        samples.report("Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 4.4.7\n")
    ).reports
    assert (report.kind, report.reason, report.hard) == (Kind.BOUNCE, "expired", False)


def test_a_delay_is_never_hard() -> None:
    fields = "Final-Recipient: rfc822; a@x.test\nAction: delayed\nStatus: 5.1.1\n"
    assert not read_report(samples.report(fields)).reports[0].hard


def test_each_recipient_is_read_with_its_own_words() -> None:
    text = "<a@x.test>: mailbox is full\n\n<b@x.test>: account disabled\n"
    fields = (
        "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.0.0\n\n"
        "Final-Recipient: rfc822; b@x.test\nAction: failed\nStatus: 5.0.0\n"
    )
    assert [report.reason for report in read_report(samples.report(fields, text)).reports] == ["mailboxfull", "suspend"]


def test_a_firm_reply_is_not_overruled_by_the_prose_around_it() -> None:
    fields = "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no\n"
    mail = read_report(samples.report(fields, "a@x.test 503 bad sequence of commands"))
    assert mail.reports[0].reason == "userunknown"


def test_the_prose_tells_the_phase() -> None:
    fields = "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 mailbox unavailable\n"
    text = "<a@x.test>: host mx.x.test said: 550 mailbox unavailable (in reply to end of DATA command)"
    assert read_report(samples.report(fields, text)).reports[0].reason == "filtered"


FIELDS = "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"\n\n" + samples.report(FIELDS),
        b"From MAILER-DAEMON Mon Mar  2 18:00:00 2026\n" + samples.report(FIELDS),
        samples.report(FIELDS).replace(b"\n", b"\r"),
        samples.report(FIELDS).replace(b"\n", b"\r\n"),
        samples.report(FIELDS).replace(b"--q--\n", b""),
        samples.report(FIELDS).replace(b"report-type=delivery-status; ", b""),
        samples.report(FIELDS, report_type="Message/Delivery-Status"),
        samples.report(FIELDS, report_type="text/plain"),
        samples.report(FIELDS).replace(b"multipart/report", b"multipart/mixed"),
        b"From: MAILER-DAEMON@relay.example\nSubject: failed\n\n" + FIELDS.encode(),
    ],
    ids=["blank", "mbox", "cr", "crlf", "open", "no-type", "case", "plain-part", "mixed", "prose"],
)
def test_common_damage_is_read_through(raw: bytes) -> None:
    mail = read_report(raw)
    assert (mail.kind, [report.recipient for report in mail.reports]) == (Kind.BOUNCE, ["a@x.test"])


def test_an_encoded_status_part_of_rfc_6533() -> None:
    fields = (
        "Reporting-MTA: dns; relay.example\n\nFinal-Recipient: utf-8; 李@post.example\nAction: failed\nStatus: 5.1.1\n"
    )
    part = "message/global-delivery-status\nContent-Transfer-Encoding: base64"
    raw = samples.report("", report_type=part).replace(
        b"Reporting-MTA: dns; relay.example\n\n", base64.encodebytes(fields.encode())
    )
    assert [report.recipient for report in read_report(raw).reports] == ["李@post.example"]


def test_the_mails_own_returned_message_is_not_taken_for_the_report() -> None:
    inner = samples.report(FIELDS).decode()
    raw = f"From: li@post.example\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\n转给你看\n--z\nContent-Type: message/rfc822\n\n{inner}\n--z--\n"
    assert read_report(raw.encode()).kind is Kind.NONE


def test_a_machines_letter_that_cannot_be_read_stays_in_sight() -> None:
    mail = read_report(b"From: Mail Delivery Subsystem <MAILER-DAEMON@relay.example>\n\nsomething happened\n")
    assert (mail.kind, mail.reports) == (Kind.UNKNOWN, ())
    assert mail.text.strip() == "something happened"


def test_a_reading_receipt_is_no_bounce() -> None:
    raw = (
        samples.report(FIELDS, report_type="message/disposition-notification")
        .replace(b"report-type=delivery-status", b"report-type=disposition-notification")
        .replace(b"Final-Recipient", b"X-Recipient")
    )
    assert read_report(raw).kind is Kind.NONE


def test_a_persons_answer_keeps_what_it_answers() -> None:
    mail = read_report(
        samples.letter(f"In-Reply-To: {samples.ORIGINAL_ID}", f"References: <x@y.test> {samples.ORIGINAL_ID}")
    )
    assert mail.kind is Kind.NONE
    assert mail.identity.answered == (samples.ORIGINAL_ID, "<x@y.test>")


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: auto-replied",),
        ("Auto-Submitted: auto-generated; owner-email=x",),
        ("X-Autoreply: yes",),
        ("Precedence: auto_reply",),
        ("Subject: =?gb2312?B?19S2r7vYuLQ=?=:hello",),
        ("Subject: Automatic reply: bulletin",),
        ("Subject: =?utf-8?B?6Ieq5Yqo?= =?utf-8?B?5Zue5aSN?=",),
    ],
)
def test_automatic_replies(headers: tuple[str, ...]) -> None:
    assert read_report(samples.letter(*headers)).kind is Kind.AUTOREPLY


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: no",),
        ("Precedence: bulk",),
        ("X-Auto-Response-Suppress: All",),
        ("Subject: 关于自动回复的通知",),
    ],
)
def test_peoples_letters_are_not_automatic(headers: tuple[str, ...]) -> None:
    assert read_report(samples.letter(*headers)).kind is Kind.NONE


def test_a_report_marked_auto_submitted_is_still_a_report() -> None:
    assert read_report(samples.POSTFIX).kind is Kind.BOUNCE


def _wrapped(sender: str) -> bytes:
    inner = samples.report(FIELDS).decode()
    return f"From: {sender}\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nsee below\n--z\nContent-Type: message/rfc822\n\n{inner}\n--z--\n".encode()


def test_a_report_wrapped_by_another_daemon_is_read() -> None:
    mail = read_report(_wrapped("Mail Delivery Subsystem <MAILER-DAEMON@gate.example>"))
    assert (mail.kind, [report.recipient for report in mail.reports]) == (Kind.BOUNCE, ["a@x.test"])
    assert read_report(_wrapped("li@post.example")).reports == ()


def test_of_two_spellings_the_one_with_its_quotes_counts() -> None:
    fields = 'Original-Recipient: rfc822;li..ming@x.test\nFinal-Recipient: rfc822;"li..ming"@x.test\nAction: failed\n'
    assert read_report(samples.report(fields)).reports[0].recipient == '"li..ming"@x.test'


def test_an_address_that_the_fields_lost_is_taken_from_the_words() -> None:
    fields = "Final-Recipient: LOCAL;li\nAction: failed\nStatus: 5.1.1\n"
    (report,) = read_report(samples.report(fields, "<li@x.test>: user unknown")).reports
    assert (report.recipient, report.reason) == ("li@x.test", "userunknown")


def test_a_block_without_an_action_follows_the_words() -> None:
    fields = "Final-Recipient: rfc822; a@x.test\n"
    assert read_report(samples.report(fields, "It has been delayed and will be retried")).kind is Kind.DELAYED
    assert read_report(samples.report(fields, "user unknown")).kind is Kind.BOUNCE


def test_an_exit_value_gives_way_to_the_transcript() -> None:
    fields = "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.3.0\nDiagnostic-Code: X-Unix; 70\n"
    assert read_report(samples.report(fields, "a@x.test: mailbox is full")).reports[0].reason == "mailboxfull"
    assert read_report(samples.report(fields)).reports[0].reason == "mailererror"


@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_who_reports_silence_has_tried_until_the_time_was_over(action: str) -> None:
    fields = f"Final-Recipient: rfc822; a@x.test\nAction: {action}\nDiagnostic-Code: smtp; 421 connect to mx.x.test: Connection timed out\n"
    assert read_report(samples.report(fields)).reports[0].reason == "expired"


def test_a_delay_without_a_cause_is_a_matter_of_time() -> None:
    assert (
        read_report(samples.report("Final-Recipient: rfc822; a@x.test\nAction: delayed\n")).reports[0].reason
        == "expired"
    )
