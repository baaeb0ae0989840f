"""Amazon SES notices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailer.feedback.report import Kind, ReturnedMail, read_report

LI, WANG = "li@post.example", "wang@post.example"


def notice(content: dict[str, Any] | str) -> ReturnedMail:
    body = content if isinstance(content, str) else json.dumps(content)
    head = "From: no-reply@sns.example\nSubject: AWS Notification Message\nContent-Type: text/plain; charset=utf-8\n\n"
    return read_report(f"{head}{body}\n\n--\nIf you wish to stop receiving notifications\n".encode())


BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bouncedRecipients": [
            {
                "emailAddress": LI,
                "status": "5.1.1",
                "action": "failed",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            },
            {"emailAddress": WANG, "status": "5.2.2", "diagnosticCode": "smtp; 552 5.2.2\n mailbox full"},
        ]
    },
}


def test_bounces() -> None:
    mail = notice(BOUNCE)
    assert mail.kind is Kind.BOUNCE
    assert [(report.recipient, report.reason) for report in mail.reports] == [
        (LI, "userunknown"),
        (WANG, "mailboxfull"),
    ]


def test_in_the_envelope_of_sns_and_cut_into_lines() -> None:
    assert notice({"Type": "Notification", "Message": json.dumps(BOUNCE)}).reports
    cut = json.dumps(BOUNCE).replace("post.example", "post!\n .example", 1)
    assert notice(cut).reports[0].recipient == LI


def test_the_other_kinds() -> None:
    assert notice({"notificationType": "Delivery", "delivery": {"recipients": [LI]}}).kind is Kind.DELIVERED
    delayed = {"eventType": "DeliveryDelay", "deliveryDelay": {"delayedRecipients": [{"emailAddress": LI}]}}
    assert notice(delayed).kind is Kind.DELAYED
    complaint = notice({"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": LI}]}})
    assert (complaint.kind, complaint.reports[0].recipient) == (Kind.COMPLAINT, LI)


@pytest.mark.parametrize(
    "content",
    [
        "notificationType",
        '{"notificationType": "Bounce"',
        '{"notificationType": "Bounce", "bounce": 5}',
        '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [5, {}, {"emailAddress": 7}]}}',
        '{"notificationType": [], "bounce": {}}',
        '["notificationType"]',
        '{"notificationType":' + "[" * 5000,
    ],
)
def test_broken_notices_report_nothing(content: str) -> None:
    assert notice(content).reports == ()
