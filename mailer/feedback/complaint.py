"""Complaints about a message of ours: abuse reports of RFC 5965 and the older forms of Hotmail and Apple Mail.

Providers often redact the address ("redacted@..."): then only our own token in the returned original tells who it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from mailer.feedback import mime
from mailer.feedback.dsn import RECIPIENTS_LIMIT, address
from mailer.feedback.returned import header_value

FEEDBACK_TYPE = "message/feedback-report"
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,20}:[ \t]{0,20}(.{0,1000})$", re.MULTILINE)
_REDACTED = ("redacted", "removed", "undisclosed", "hidden", "xxx", "subscriber@", "<encoded", "unknown@")

NOT_COMPLAINTS = frozenset({"not-spam", "auth-failure", "virus"})
"""Reports that blame no message in a recipient's name: RFC 6430 (taken back), RFC 6591 (DMARC, DKIM), RFC 5965 7.3."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """``feedback_type``: abuse, fraud, opt-out, other, not-spam, auth-failure, virus ... lower case (RFC 5965 3.1).

    ``recipients``: who complained, as far as the report names them. ``envelope_id``: of the message complained about.
    """

    feedback_type: str
    recipients: tuple[str, ...] = ()
    user_agent: str = ""
    source_ip: str = ""
    envelope_id: str = ""

    @property
    def is_complaint(self) -> bool:
        return self.feedback_type not in NOT_COMPLAINTS


def read_complaint(message: Message, parts: list[Message], original: str) -> Complaint | None:
    """``parts``: the mail's leaves; ``original``: headers of the returned message, '' if there is none."""
    for part in parts:
        if mime.content_type(part) == FEEDBACK_TYPE:
            return _standard(mime.text_of(part), original)
    if mime.parameter(message, "report-type") == "feedback-report":
        texts = (mime.text_of(part) for part in parts)
        broken = next((text for text in texts if "feedback-type:" in text.lower()), "")
        return _standard(broken, original)
    return _hotmail(message, original) or _apple(message, parts)


def _standard(text: str, original: str) -> Complaint:
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(text.replace("\r", "")):
        fields.setdefault(name.lower(), []).append(value.strip())

    def first(name: str) -> str:
        return fields.get(name, [""])[0]

    named = fields.get("original-rcpt-to", []) + fields.get("removal-recipient", [])
    recipients = _addresses(named) or _addresses(
        [header_value(original, name) for name in ("X-HmXmrOriginalRecipient", "X-Apparently-To", "Delivered-To", "To")]
    )
    return Complaint(
        feedback_type=first("feedback-type").partition(";")[0].strip().lower() or "abuse",
        recipients=recipients,
        user_agent=first("user-agent"),
        source_ip=first("source-ip"),
        envelope_id=first("original-envelope-id"),
    )


def _hotmail(message: Message, original: str) -> Complaint | None:
    """Junk Mail Reporting Partner Program: the message itself, attached, from staff@hotmail.com; no report part."""
    sender = mime.header(message, "From").lower()
    subject = mime.header(message, "Subject").lower()
    recipient = header_value(original, "X-HmXmrOriginalRecipient")
    is_jmrp = "staff@hotmail.com" in sender and subject.startswith("complaint about message")
    if not is_jmrp and not (recipient and "staff@" in sender):
        return None
    return Complaint("abuse", _addresses([recipient]))


def _apple(message: Message, parts: list[Message]) -> Complaint | None:
    """Apple Mail answers List-Unsubscribe by mail, in the name of the person: an opt-out, no automatic letter."""
    if len(parts) != 1 or mime.header(message, "Subject").strip().lower() != "unsubscribe":
        return None
    if "apple mail" not in mime.text_of(parts[0])[:500].lower() and not mime.header(message, "X-Apple-Unsubscribe"):
        return None
    return Complaint("opt-out", _addresses([mime.header(message, "From")]))


def _addresses(values: list[str]) -> tuple[str, ...]:
    found = (address(value) for value in values[:RECIPIENTS_LIMIT])
    return tuple(dict.fromkeys(one for one in found if one and not one.lower().startswith(_REDACTED)))
