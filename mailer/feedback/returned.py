"""The message that came back with a report: its headers, whatever form they came in, and what names our delivery.

An attached message/rfc822, a text/rfc822-headers part, or a quotation at the end of a plain text: all are read as lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from mailer.feedback import mime

HEADERS_LIMIT = 64 * 1024
"""Characters of a returned message that are looked at: its headers stand first."""

DELIVERY_HEADER = "X-Mailer-Delivery"
"""Our own header: the signed token, for reports that return headers but rewrite the Message-ID."""

ORIGINAL_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"}
)
_KEY_LINE = re.compile(
    r"^[>\s]{0,20}(Message-ID|X-Mailer-Delivery)[ \t]{0,20}:[ \t]{0,20}(?:\r?\n[ \t]{1,20})?(\S{1,300})",
    re.IGNORECASE | re.MULTILINE,
)
_ID = re.compile(r"<[^<>\s]{1,300}>")


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything in a returned mail that may carry our token. Unchecked foreign text."""

    envelope_id: str = ""
    message_id: str = ""  # of the returned original
    delivery_token: str = ""  # DELIVERY_HEADER of the returned original
    answered: tuple[str, ...] = ()  # In-Reply-To and References of the mail itself


NO_IDENTITY = Identity()


def original_headers(parts: list[Message]) -> str:
    """The first returned message among a mail's leaves, as written; '' if none is attached."""
    for part in parts:
        if mime.content_type(part) in ORIGINAL_TYPES:
            return mime.text_of(part)[:HEADERS_LIMIT]
    return ""


def header_value(headers: str, name: str) -> str:
    """The value of a header in a returned message's text, unfolded; '' if it is not there."""
    lowered = f"\n{headers[:HEADERS_LIMIT].lower()}"
    at = lowered.find(f"\n{name.lower()}:")
    if at < 0:
        return ""
    lines = headers[at + len(name) + 1 : at + len(name) + 4000].split("\n")
    value = [lines[0]]
    for line in lines[1:]:
        if line[:1] not in {" ", "\t"}:
            break
        value.append(line)
    return mime.words(" ".join(value)).strip()


def identity_of(message: Message, texts: list[str], envelope_id: str) -> Identity:
    """``texts``: the returned original as attached, then as quoted in the report's own text."""
    message_id = token = ""
    for text in texts:
        for name, value in _KEY_LINE.findall(text):
            if name.lower() == "message-id":
                message_id = message_id or value
            else:
                token = token or value
    answered = f"{mime.header(message, 'In-Reply-To')} {mime.header(message, 'References')}"[:8192]
    return Identity(envelope_id, message_id, token, tuple(dict.fromkeys(_ID.findall(answered))))
