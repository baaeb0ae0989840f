"""Complaints: RFC 5965, the forms before it, and reports that are none."""

from __future__ import annotations

import pytest

from mailer.feedback.correlate import AddressHint, Correlation, correlate
from mailer.feedback.report import Kind, read_report
from tests.unit.feedback import samples

LI, WANG = "li@post.example", "wang@post.example"


def feedback(fields: str, original: str = f"Message-ID: {samples.ORIGINAL_ID}\n") -> bytes:
    return (
        "From: fbl@provider.example\nSubject: FW: bulletin\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=q\n\n"
        "--q\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--q\nContent-Type: message/feedback-report\n\nVersion: 1\nUser-Agent: Some/1.0\n{fields}\n"
        f"--q\nContent-Type: message/rfc822\n\n{original}\nbody\n--q--\n"
    ).encode()


def test_who_complained() -> None:
    mail = read_report(
        feedback(f"Feedback-Type: abuse\nOriginal-Rcpt-To: <{LI}>\nOriginal-Rcpt-To: {WANG}\nSource-IP: 192.0.2.7\n")
    )
    assert (mail.kind, [report.recipient for report in mail.reports]) == (Kind.COMPLAINT, [LI, WANG])
    assert {(report.kind, report.reason, report.hard) for report in mail.reports} == {
        (Kind.COMPLAINT, "feedback", False)
    }
    assert mail.complaint is not None
    assert (mail.complaint.feedback_type, mail.complaint.source_ip) == ("abuse", "192.0.2.7")
    assert mail.identity.message_id == samples.ORIGINAL_ID


@pytest.mark.parametrize("name", ["redacted@provider.example", "REDACTED", "[redacted]"])
def test_a_redacted_address_is_nobodys(name: str) -> None:
    mail = read_report(
        feedback(f"Feedback-Type: abuse\nOriginal-Rcpt-To: {name}\n", f"To: {name}\nX-Mailer-Delivery: 7.a.b\n")
    )
    assert (mail.kind, mail.reports) == (Kind.COMPLAINT, ())
    found = correlate(mail, "", lambda text: 7 if text == "7.a.b" else None)
    assert found == Correlation(7, "header", None)


def test_the_address_of_the_returned_message_where_the_report_names_none() -> None:
    mail = read_report(feedback("Feedback-Type: abuse\n", f"To: {LI}\n"))
    assert [report.recipient for report in mail.reports] == [LI]


@pytest.mark.parametrize(
    ("kind", "blames"),
    [
        ("abuse", True),
        ("fraud", True),
        ("opt-out", True),
        ("other", True),
        ("not-spam", False),
        ("auth-failure", False),
    ],
)
def test_not_every_feedback_blames(kind: str, blames: bool) -> None:
    mail = read_report(feedback(f"Feedback-Type: {kind}\nOriginal-Rcpt-To: {LI}\n"))
    assert mail.complaint is not None
    assert (mail.complaint.is_complaint, mail.kind) == (blames, Kind.COMPLAINT if blames else Kind.NONE)
    assert bool(mail.reports) == blames


def test_hotmail() -> None:
    raw = (
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.7\n"
        "Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: message/rfc822\n\n"
        f"X-HmXmrOriginalRecipient: {LI}\nMessage-ID: {samples.ORIGINAL_ID}\n\nbody\n--q--\n"
    )
    mail = read_report(raw.encode())
    assert (mail.kind, [report.recipient for report in mail.reports]) == (Kind.COMPLAINT, [LI])


def test_apple_mail_asks_to_be_taken_off() -> None:
    raw = samples.letter("Subject: unsubscribe", body="Apple Mail sent this email to unsubscribe from the message.")
    mail = read_report(raw)
    assert (mail.kind, mail.complaint and mail.complaint.feedback_type) == (Kind.COMPLAINT, "opt-out")
    assert [report.recipient for report in mail.reports] == [LI]


def test_a_persons_wish_is_no_complaint() -> None:
    assert read_report(samples.letter("Subject: unsubscribe", body="please take me off")).kind is Kind.NONE


def test_a_complaint_names_an_address_at_most() -> None:
    mail = read_report(feedback(f"Feedback-Type: abuse\nOriginal-Rcpt-To: {LI}\n"))
    found = correlate(mail, "", lambda _: None)
    assert isinstance(found, AddressHint)
    assert found.reports == mail.reports
    assert isinstance(correlate(mail, "x@y.test", lambda _: 7), Correlation)
