"""Which list lines a mail carries, and above all which it must not carry."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from mailer.content.facts import ListFacts, Sender
from mailer.content.list_headers import leave_headers, list_headers

SENDER = Sender("澄江区文明办", "bulletin@chengjiang.example", "kuai+bao@chengjiang.example")
BASE_URL = "https://news.chengjiang.example"
DUTY = ListFacts("发", "发", "fa.chengjiang.example", is_duty=True)
OPEN = replace(DUTY, is_duty=False)


def parsed(lines: bytes):
    return email.message_from_bytes(lines + b"\r\n", policy=email.policy.default)


def test_every_list_says_what_it_is_and_that_nobody_should_answer():
    headers = parsed(list_headers(DUTY))
    assert headers["List-Id"] == "发 <fa.chengjiang.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Precedence"] == "list"


def test_a_duty_list_cannot_be_left_even_when_an_address_is_configured():
    assert leave_headers(DUTY, SENDER, BASE_URL) == ()


def test_without_an_https_address_there_is_no_one_click():
    assert leave_headers(OPEN, SENDER, "") == ()


def test_a_list_that_may_be_left_names_the_recipient_in_both_addresses():
    to_us, by_mail, end = leave_headers(OPEN, SENDER, BASE_URL)
    headers = parsed(b"".join((to_us, b"T0ken", by_mail, b"128.k1.mac", end)))
    assert headers["List-Unsubscribe"] == (
        "<https://news.chengjiang.example/leave/T0ken>, "
        "<mailto:kuai%2Bbao@chengjiang.example?subject=unsubscribe%20128.k1.mac>"
    )
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("list_id", ["fa", "fa.example>\r\nX: y", "发.example", "fa example.test"])
def test_a_list_id_that_is_not_one_is_refused(list_id):
    with pytest.raises(ValueError, match="list_id"):
        replace(OPEN, list_id=list_id)


def test_a_list_name_with_line_ends_stays_one_header():
    headers = parsed(list_headers(replace(DUTY, name="发\r\nBcc: someone@else.test")))
    assert headers.keys() == ["List-Id", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress"]
