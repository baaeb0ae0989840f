"""Amazon SES notifications: JSON in a mail from Amazon SNS, in place of a report.

Source: Amazon SES developer guide, "Amazon SNS notification contents" (notificationType; eventType in newer sets).
"""

from __future__ import annotations

import json
from typing import Any

from mailer.feedback.complaint import Complaint
from mailer.feedback.dsn import RECIPIENTS_LIMIT, StatusBlock, read_fields

_LISTS = {
    "bounce": ("bouncedRecipients", "failed"),
    "deliverydelay": ("delayedRecipients", "delayed"),
    "delivery": ("recipients", "delivered"),
}


def read_notice(text: str) -> tuple[StatusBlock, ...] | Complaint | None:
    """``text``: a mail's own words. None where it is no such notice."""
    if not any(key in text for key in ("notificationType", "eventType")):
        return None
    notice = _object(text)
    if isinstance(inner := notice.get("Message"), str):  # the envelope of SNS
        notice = _object(inner)
    kind = str(notice.get("notificationType") or notice.get("eventType") or "").lower()
    if kind == "complaint":
        found = _dict(notice.get("complaint"))
        recipients = tuple(address for address, _ in _recipients(found.get("complainedRecipients")))
        return Complaint(str(found.get("complaintFeedbackType") or "abuse").lower(), recipients)
    if kind not in _LISTS:
        return None
    name, action = _LISTS[kind]
    found = _dict(notice.get("deliveryDelay" if kind == "deliverydelay" else kind))
    blocks = (_block(address, values, action, found) for address, values in _recipients(found.get(name)))
    return tuple(block for block in blocks if block)


def _object(text: str) -> dict[str, Any]:
    # SNS cuts long lines with "!", as mail gateways of old did
    joined = text.replace("!\n ", "").replace("\n", " ")
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(joined, max(joined.find("{"), 0))
    except (ValueError, RecursionError):
        return {}
    return _dict(value)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _recipients(value: object) -> list[tuple[str, dict[str, Any]]]:
    """(address, what is said of it); a delivery lists bare addresses."""
    listed = value[:RECIPIENTS_LIMIT] if isinstance(value, list) else []
    pairs = [(one, {}) if isinstance(one, str) else (_dict(one).get("emailAddress"), _dict(one)) for one in listed]
    return [(address, values) for address, values in pairs if isinstance(address, str) and "@" in address]


def _block(address: str, values: dict[str, Any], action: str, notice: dict[str, Any]) -> StatusBlock | None:
    """The same words as RFC 3464's fields have: read by the same reader."""
    diagnostic = str(values.get("diagnosticCode") or notice.get("smtpResponse") or "")
    fields = {
        "Final-Recipient": f"rfc822; {address}",
        "Action": action,
        "Status": str(values.get("status") or ""),
        "Diagnostic-Code": " ".join(diagnostic.split()),
    }
    blocks = read_fields("\n".join(f"{name}: {value}" for name, value in fields.items())).blocks
    return blocks[0] if blocks else None
