"""RFC 3464 fields, as written and as misprinted."""

from __future__ import annotations

import pytest

from mailer.feedback.dsn import RECIPIENTS_LIMIT, address, read_fields, xtext_decoded
from mailer.model.reply import EnhancedStatus


def test_a_well_formed_text() -> None:
    fields = read_fields(
        "Reporting-MTA: dns; relay.example\nOriginal-Envelope-Id: 7.abcd.efgh+2Bx\n\n"
        "Original-Recipient: rfc822;li@post.example\nFinal-Recipient: rfc822; wang@other.example\n"
        "Action: failed\nStatus: 5.1.1 (bad mailbox)\nRemote-MTA: dns; mx.other.example\n"
        "Diagnostic-Code: smtp; 550 5.1.1\n    User unknown\n"
    )
    (block,) = fields.blocks
    assert (fields.reporting_mta, fields.envelope_id) == ("relay.example", "7.abcd.efgh+x")
    assert (block.original_recipient, block.final_recipient) == ("li@post.example", "wang@other.example")
    assert (block.action, block.status) == ("failed", EnhancedStatus(5, 1, 1))
    assert (block.remote_mta, block.diagnostic) == ("mx.other.example", "550 5.1.1 User unknown")


@pytest.mark.parametrize(
    "text",
    [
        "Final-Recipient: rfc822; a@x.test\nAction: failed\n\nFinal-Recipient: rfc822; b@x.test\nAction: failed\n",
        "Final-Recipient: rfc822; a@x.test\nAction: failed\nFinal-Recipient: rfc822; b@x.test\nAction: failed\n",
        (
            "Original-Recipient: rfc822; a@x.test\nFinal-Recipient: rfc822; a@x.test\nAction: failed\n\n"
            "Original-Recipient: rfc822; b@x.test\nFinal-Recipient: rfc822; b@x.test\nAction: failed\n"
        ),
    ],
)
def test_recipients_are_told_apart_with_or_without_blank_lines(text: str) -> None:
    assert [block.final_recipient for block in read_fields(text).blocks] == ["a@x.test", "b@x.test"]


def test_the_order_of_the_two_recipient_fields_is_free() -> None:
    first, second = read_fields(
        "Final-Recipient: rfc822; a@x.test\nAction: failed\n\n"
        "Original-Recipient: rfc822; b@x.test\nFinal-Recipient: rfc822; c@x.test\nAction: failed\n"
    ).blocks
    assert (first.original_recipient, first.final_recipient) == ("", "a@x.test")
    assert (second.original_recipient, second.final_recipient) == ("b@x.test", "c@x.test")


def test_blank_lines_inside_a_block_part_nothing() -> None:
    (block,) = read_fields("Final-Recipient: rfc822; a@x.test\n\nAction: failed\n\nStatus: 5.2.2\n").blocks
    assert (block.action, str(block.status)) == ("failed", "5.2.2")


@pytest.mark.parametrize(
    ("word", "status", "action"),
    [
        ("failure", "4.0.0", "failed"),
        ("Failed (permanent)", "", "failed"),
        ("Delayed", "", "delayed"),
        ("deliverable", "5.0.0", "failed"),
        ("deliverable", "2.0.0", "delivered"),
        ("", "5.1.1", "failed"),
        ("", "4.4.7", "delayed"),
        ("", "", ""),
        ("relayed", "2.0.0", "relayed"),
    ],
)
def test_actions(word: str, status: str, action: str) -> None:
    (block,) = read_fields(f"Final-Recipient: rfc822; a@x.test\nAction: {word}\nStatus: {status}\n").blocks
    assert block.action == action


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rfc822; li@post.example", "li@post.example"),
        ("RFC822;<li@post.example>", "li@post.example"),
        ("li@post.example", "li@post.example"),
        ("rfc822; rfc822;li@post.example", "li@post.example"),
        ("rfc822; Li Ming <li@post.example> (office)", "li@post.example"),
        ('rfc822; "li..ming"@post.example', '"li..ming"@post.example'),
        ("rfc822; li+2Bnews@post.example", "li+news@post.example"),
        ("rfc822; li+AB@post.example", "li+AB@post.example"),
        (r"utf-8; \x{674E}@post.example", "李@post.example"),
        ("LOCAL;li", ""),
        ("", ""),
    ],
)
def test_addresses(written: str, meant: str) -> None:
    assert address(written) == meant


def test_xtext_is_decoded_only_where_it_can_be_xtext() -> None:
    assert xtext_decoded("a+3Db+2Bc") == "a=b+c"
    assert xtext_decoded("bulletin+42x") == "bulletin+42x"


def test_a_text_without_recipients_holds_no_report() -> None:
    assert read_fields("Action: failed\nStatus: 5.1.1\n").blocks == ()
    assert read_fields("").blocks == ()


def test_recipients_are_bounded() -> None:
    text = "Final-Recipient: rfc822; a@x.test\nAction: failed\n\n" * (RECIPIENTS_LIMIT + 50)
    assert len(read_fields(text).blocks) == RECIPIENTS_LIMIT
