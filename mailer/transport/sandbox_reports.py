"""The returned mail the sandbox sends back: RFC 3464 reports as a relay would write them (RFC 6522 container)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import format_datetime

_WORDS = {
    "failed": "This is the sandbox relay. Your message could not be delivered: the recipient's address was rejected.",
    "delayed": "This is the sandbox relay. Your message has not been delivered yet. It will be tried again; you need not act.",
    "delivered": "This is the sandbox relay. Your message was delivered to the recipient's mailbox.",
}
_DIAGNOSTIC = {
    "failed": "smtp; 550 5.1.1 User unknown",
    "delayed": "smtp; 451 4.4.1 Connection timed out",
    "delivered": "smtp; 250 2.0.0 OK",
}
_SUBJECT = {
    "failed": "Undelivered Mail Returned to Sender",
    "delayed": "Delayed Mail",
    "delivered": "Successful Mail Delivery",
}


def delivery_report(*, action: str, status: str, recipient: str, sender: str, original: bytes, at: datetime) -> bytes:
    """A whole mail with CRLF lines. ``action``: failed, delayed or delivered; the original's headers come along."""
    headers = original.split(b"\r\n\r\n", 1)[0]
    boundary = "report-" + hashlib.sha256(headers + action.encode()).hexdigest()[:24]
    date = format_datetime(at)
    lines = f"""\
From: MAILER-DAEMON@sandbox.test (Mail Delivery System)
To: {sender}
Subject: {_SUBJECT[action]}
Date: {date}
Message-ID: <{boundary}@sandbox.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

{_WORDS[action]}

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; sandbox.test
Arrival-Date: {date}

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.sandbox.test
Diagnostic-Code: {_DIAGNOSTIC[action]}

--{boundary}
Content-Type: text/rfc822-headers

"""
    head = lines.replace("\n", "\r\n").encode("utf-8")
    return head + headers + f"\r\n\r\n--{boundary}--\r\n".encode("ascii")
