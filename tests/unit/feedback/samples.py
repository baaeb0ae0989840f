"""Returned mails invented for the tests, in the forms that mail systems really use."""

from __future__ import annotations

import base64

ORIGINAL_ID = "<7.abcd.efghijklmnop2345@office.example>"

POSTFIX = f"""\
Return-Path: <>
From: MAILER-DAEMON@relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bulletin@office.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F.1/relay.example"
Content-Transfer-Encoding: 8bit

This is a MIME-encapsulated message.

--4F.1/relay.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

<li@post.example>: host mx.post.example[192.0.2.25] said: 550 5.1.1
    <li@post.example>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)

--4F.1/relay.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Original-Envelope-Id: 7.abcd.efghijklmnop2345
X-Postfix-Queue-ID: 4F
Arrival-Date: Mon,  2 Mar 2026 18:00:00 +0800 (CST)

Final-Recipient: rfc822; li@post.example
Original-Recipient: rfc822;li.ming@post.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.post.example
Diagnostic-Code: smtp; 550 5.1.1 <li@post.example>: Recipient address rejected:
    User unknown in virtual mailbox table

--4F.1/relay.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: bulletin@office.example
Subject: =?utf-8?b?5bel5L2c5b+r5oql?=
Message-ID: {ORIGINAL_ID}
X-Mailer-Delivery: 7.abcd.efghijklmnop2345

--4F.1/relay.example--
""".encode()

_COREMAIL_TEXT = """抱歉，您的邮件被退回来了。
收件人：wang@post.example
退信原因：收件人的邮箱已满，暂时无法接收邮件。
英文说明：wang@post.example Requested mail action aborted: exceeded storage allocation
"""

COREMAIL = (
    b"From: Postmaster@relay.example\r\nSubject: =?gb2312?B?z7XNs83L0MU=?=\r\nTo: bulletin@office.example\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\nMIME-Version: 1.0\r\n\r\n'
    b"--b1\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(_COREMAIL_TEXT.encode("gb18030")).replace(b"\n", b"\r\n")
    + b"\r\n--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; relay.example\r\n\r\n"
    b"Final-Recipient: rfc822;wang@post.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
    b"\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: bulletin@office.example\r\nMessage-ID: "
    + ORIGINAL_ID.encode()
    + b"\r\nSubject: x\r\n\r\nbody\r\n--b1--\r\n"
)


def report(fields: str, text: str = "see below", report_type: str = "message/delivery-status") -> bytes:
    """A report of the usual form around ``fields``."""
    return (
        "From: MAILER-DAEMON@relay.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=q\n\n"
        f"--q\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--q\nContent-Type: {report_type}\n\nReporting-MTA: dns; relay.example\n\n{fields}\n--q--\n"
    ).encode()


def letter(*headers: str, body: str = "正文") -> bytes:
    lines = (
        "From: li@post.example",
        "To: bulletin@office.example",
        *headers,
        "Content-Type: text/plain; charset=utf-8",
    )
    return ("\n".join(lines) + f"\n\n{body}\n").encode()
