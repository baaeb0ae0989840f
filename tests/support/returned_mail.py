"""Returned mail as hosts write it (RFC 3464), about one delivery, for tests that take it in."""

from __future__ import annotations


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 User unknown",
    recipient: str = "r1@d1.example",
    message_id: str = "",
    note: str = "",
) -> bytes:
    """A delivery report. ``message_id`` is of the returned original; ``note`` makes otherwise equal mails differ."""
    original = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\nSubject: x\r\n\r\n"
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: office@office.example\r\nSubject: Returned mail\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\nsee below {note}\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Remote-MTA: dns; mx.d1.example\r\nDiagnostic-Code: smtp; {diagnostic}\r\n\r\n"
        f"{original if message_id else ''}--b--\r\n"
    ).encode()


def hard(**changed: str) -> bytes:
    return report(**changed)


def rate(**changed: str) -> bytes:
    """Their host complains of our speed: charged to rate, not to the recipient."""
    return report(**({"status": "4.7.1", "diagnostic": "451 4.7.1 Too many messages, slow down"} | changed))


def delivered(**changed: str) -> bytes:
    return report(**({"action": "delivered", "status": "2.0.0", "diagnostic": "250 2.0.0 Ok"} | changed))


def delayed(**changed: str) -> bytes:
    return report(
        **({"action": "delayed", "status": "4.4.1", "diagnostic": "451 4.4.1 Connection timed out"} | changed)
    )
