"""Disposition notifications (MDN, RFC 8098): a mail program says what a person did with a message, or was made to say.

Never an acknowledgement: programs send "displayed" for previews, and by themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from mailer.feedback import mime
from mailer.feedback.dsn import address

DISPOSITION_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,20}:[ \t]{0,20}(.{0,1000})$", re.MULTILINE)
_KNOWN = frozenset({"displayed", "deleted", "dispatched", "processed", "denied", "failed"})


@dataclass(frozen=True, slots=True)
class Disposition:
    """``disposition``: RFC 8098 3.2.6.2 (RFC 3798's older words too), '' if unreadable. ``is_manual``: a person agreed
    to send it. ``message_id``: of the message it is about.
    """

    disposition: str
    is_manual: bool
    original_recipient: str
    final_recipient: str
    message_id: str


def read_disposition(message: Message, parts: list[Message]) -> Disposition | None:
    """None where the mail is no such notification."""
    text = next((mime.text_of(part) for part in parts if mime.content_type(part) in DISPOSITION_TYPES), "")
    if not text and mime.parameter(message, "report-type") != "disposition-notification":
        return None
    fields = {name.lower(): value.strip() for name, value in reversed(_FIELD.findall(text.replace("\r", "")))}
    mode, _, kind = fields.get("disposition", "").lower().partition(";")
    word = kind.partition("/")[0].strip()
    return Disposition(
        disposition=word if word in _KNOWN else "",
        is_manual="mdn-sent-manually" in mode,
        original_recipient=address(fields.get("original-recipient", "")),
        final_recipient=address(fields.get("final-recipient", "")),
        message_id=fields.get("original-message-id", "")[:300],
    )
