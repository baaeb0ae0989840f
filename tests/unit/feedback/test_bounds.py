"""Hostile forms: refused or read, always within the time a person would not notice (the limit is 2 s each)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.feedback.bounds import PREFIX_LIMIT, prefix
from mailer.feedback.report import Kind, ReturnedMail, read_report
from tests.unit.feedback import samples

DAEMON = b"From: mailer-daemon@x.test\n"

QUARANTINED = {
    "parameters": b"Content-Type: multipart/report; " + b"; ".join(b"a%d=b" % i for i in range(40_000)) + b"\n\nx",
    "folded parameters": b"Content-Type: text/plain;\n" + b"".join(b" a%d=b;\n" % i for i in range(3_000)) + b"\nx",
    "inner parameters": b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; "
    + b"a=b;" * 9_000,
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2_000)),
    "messages": b"Content-Type: message/rfc822\n\n" * 5_000,
    "header": b"X-A: b\n" * 20_000 + b"\nx",
    "received": b"Received: from a.test\n" * 51 + b"\nx",
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 5_000,
}

READ = {
    "many addresses": b"To: " + b"a@b.test, " * 6_000 + b"\n\nx",
    "parentheses": b"To: " + b"(" * 10_000 + b"\n\nx",
    "one line": DAEMON + b"\n" + b"a" * 260_000,
    "25 MB": b"From: x@x.test\n\n" + b"abc def\n" * 3_200_000,
    "zip": b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + b"UEsDBAAA\n" * 30_000,
    "fields": DAEMON + b"\n" + b"Final-Recipient: rfc822; a@b.test\nAction: failed\n\n" * 6_000,
    "scripts": DAEMON + b"Content-Type: text/html\n\n" + b"<script " * 30_000,
    "angles": DAEMON + b"Content-Type: text/html\n\n" + b"<" * 260_000,
    "words": DAEMON + b"Subject: " + b"=?a?q?" * 10_000 + b"\n\nx",
    "punycode": b"Content-Type: text/plain; charset=punycode\n\na-" + b"b" * 200_000,
    "punycode beyond ASCII": b"Content-Type: text/plain; charset=punycode\n\n\xff-" + b"b" * 200_000,
    "charset beyond ASCII": b"Content-Type: text/plain; charset=\xe6\n\n\xff",
    "quotes": DAEMON + b"\n" + b"\n>" * 120_000,
    "deep enough": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(39))
    + b"x\n" * 50_000,
}


CAUSES = {"nested": "嵌套", "messages": "嵌套", "header": "信头", "received": "Received", "parts": "分段"}


@pytest.mark.parametrize("name", QUARANTINED)
def test_what_would_hurt_the_parser_is_quarantined(name: str) -> None:
    started = time.process_time()
    mail = read_report(QUARANTINED[name])
    assert time.process_time() - started < 2
    assert mail.kind is Kind.UNKNOWN
    assert mail.note.startswith("quarantined: ")
    assert CAUSES.get(name, "") in mail.note, "refused before it is parsed, not by the parser's collapse"


@pytest.mark.parametrize("name", READ)
def test_what_is_merely_large_is_read(name: str) -> None:
    started = time.process_time()
    mail = read_report(READ[name])
    assert time.process_time() - started < 2
    assert not mail.note.startswith("quarantined")


def test_ordinary_reports_are_not_refused() -> None:
    for raw in (samples.POSTFIX, samples.COREMAIL):
        assert not read_report(raw).note.startswith("quarantined")


def test_a_report_with_a_large_original_is_read() -> None:
    raw = samples.POSTFIX.replace(b"\n--4F.1/relay.example--\n", b"\n\n" + b"x" * 70 + b"\n") + b"y" * 3_000_000
    assert read_report(raw).reports[0].reason == "userunknown"


def test_the_prefix_is_bounded_and_starts_at_the_header() -> None:
    assert len(prefix(b"a" * (PREFIX_LIMIT * 2))) == PREFIX_LIMIT
    assert prefix(b"\r\n\r\n>From x\r\nTo: a\r\n") == b"To: a\n"
    assert prefix(b"") == b""


def _assert_storable(mail: ReturnedMail) -> None:
    """No text of it holds what UTF-8 or a database column cannot."""
    texts = [mail.text, mail.note, mail.identity.envelope_id, mail.identity.message_id, mail.identity.delivery_token]
    texts += [
        text for report in mail.reports for text in (report.recipient, report.diagnostic_reply, report.remote_mta)
    ]
    for text in (*texts, *mail.identity.answered):
        assert "\0" not in text.encode().decode()


@given(st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read(raw: bytes) -> None:
    _assert_storable(read_report(raw))


LINES = st.lists(
    st.sampled_from(
        [
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            b"Content-Type: multipart/mixed; boundary*0*=x''b%FF; boundary*1=",
            b"Content-Type: message/delivery-status",
            b"Content-Type: message/rfc822",
            b"Content-Type: text/html; charset*=unknown'x'%FF",
            b"Content-Type: text/plain; charset=utf-7",
            b"Content-Type: /;;=;",
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: x-uuencode",
            b"begin 644 x",
            b"From: mailer-daemon@\xff",
            b"Subject: =?gb2312?b?z7X?= =?x?q?=?=",
            b"Final-Recipient: rfc822; a@\xe9.test",
            b"Original-Recipient: utf-8; \\x{110000}@x.test",
            b"Action: failed",
            b"Status: 5.999.999",
            b"Diagnostic-Code: smtp; 550 5.1.1 \xd3\xca\xcf\xe4",
            b"--b",
            b"--b--",
            b"",
            b" ",
            b"\x00",
            b"Final-Recipient: rfc822; a@x.test +2AA- \x00",
            b"In-Reply-To: <a\x00b@x.test>",
        ]
    ),
    max_size=40,
)


@given(LINES, st.sampled_from([b"\n", b"\r\n", b"\r"]))
@settings(max_examples=100, deadline=None)
def test_broken_reports_are_read(lines: list[bytes], end: bytes) -> None:
    _assert_storable(read_report(end.join(lines)))
