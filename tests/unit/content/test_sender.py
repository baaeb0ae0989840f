"""Who a mail says it is from: the setting, else what the issue prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.content.facts import SANDBOX_SENDER, Sender
from mailer.content.issue import Contact
from recipients.address import AddressError
from tests.support.issues import sample_issue

OFFICE = sample_issue().issuing_office
PRINTED = "kuaibao@chengjiang.example"


@pytest.mark.parametrize(
    ("configured", "reply_to", "expected"),
    [
        ("", "", (OFFICE, PRINTED, PRINTED)),
        ("send@mail.example", "", (OFFICE, "send@mail.example", PRINTED)),
        ("快报编辑部 <send@mail.example>", "", ("快报编辑部", "send@mail.example", PRINTED)),
        (
            '"快报编辑部" <send@mail.example>',
            "desk@mail.example",
            ("快报编辑部", "send@mail.example", "desk@mail.example"),
        ),
        ("<send@邮局.example>", "", (OFFICE, "send@xn--dgtz33j.example", PRINTED)),
    ],
)
def test_the_setting_wins_and_the_issue_fills_in(configured, reply_to, expected):
    sender = Sender.of(sample_issue(), configured, reply_to)
    assert (sender.office, sender.from_address, sender.reply_to) == expected


def test_an_issue_without_a_usable_mailbox_is_sent_by_the_sandbox():
    issue = replace(sample_issue(), contact=Contact(email=("见官网", "a@b.test\r\nBcc: c@d.test")), issuing_office=None)
    assert Sender.of(issue) == Sender("澄江区创建全国文明城区 工作快报", SANDBOX_SENDER, SANDBOX_SENDER)


@pytest.mark.parametrize("configured", ["某办公室", "办公室 <>x", "a@b.test, c@d.test", "办公室 <a b@c.test>"])
def test_a_configured_sender_that_is_no_address_is_refused(configured):
    with pytest.raises(AddressError):
        Sender.of(sample_issue(), configured)
