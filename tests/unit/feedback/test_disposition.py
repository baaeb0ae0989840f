"""Disposition notifications: noted, never a bounce, never an acknowledgement."""

from __future__ import annotations

import pytest

from mailer.feedback.report import Kind, read_report
from tests.unit.feedback import samples


def receipt(disposition: str, kind: str = "message/disposition-notification") -> bytes:
    return (
        "From: Li <li@post.example>\nSubject: Read: bulletin\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=q\n\n"
        "--q\nContent-Type: text/plain\n\nYour message was displayed.\n"
        f"--q\nContent-Type: {kind}\n\nReporting-UA: x\nOriginal-Recipient: rfc822;li.ming@post.example\n"
        f"Final-Recipient: rfc822; li@post.example\nOriginal-Message-ID: {samples.ORIGINAL_ID}\n{disposition}\n--q--\n"
    ).encode()


@pytest.mark.parametrize(
    ("written", "word", "manual"),
    [
        ("Disposition: manual-action/MDN-sent-manually; displayed", "displayed", True),
        ("Disposition: automatic-action/MDN-sent-automatically; deleted/error", "deleted", False),
        ("Disposition: manual-action/MDN-sent-manually;dispatched", "dispatched", True),
        ("Disposition: nonsense", "", False),
        ("Disposition: manual-action/MDN-sent-manually; admired", "", True),
        ("", "", False),
    ],
)
def test_what_was_done(written: str, word: str, manual: bool) -> None:
    mail = read_report(receipt(written))
    assert (mail.kind, mail.reports) == (Kind.NONE, ())
    assert mail.disposition is not None
    assert (mail.disposition.disposition, mail.disposition.is_manual) == (word, manual)
    assert mail.disposition.original_recipient == "li.ming@post.example"


def test_it_tells_which_message_it_is_about() -> None:
    assert read_report(receipt("Disposition: x; displayed")).identity.message_id == samples.ORIGINAL_ID


def test_a_receipt_whose_part_lost_its_type_is_no_bounce() -> None:
    assert read_report(receipt("Disposition: x; displayed", "text/plain")).kind is not Kind.BOUNCE


def test_a_letter_is_no_receipt() -> None:
    assert read_report(samples.letter("Subject: Read: bulletin")).disposition is None
