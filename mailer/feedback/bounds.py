"""What is refused before it is parsed: forms of mail on which the standard library takes minutes or overflows its stack.

Each limit lies far above what mail systems write and far below what was measured to hurt (CPython 3.11: 40,000
Content-Type parameters 28 s, 400 nested multiparts a RecursionError). Only a bounded prefix is read at all: a report's
evidence stands before, and at the head of, the returned message.
"""

from __future__ import annotations

import re

PREFIX_LIMIT = 256 * 1024
"""Bytes of a mail that are parsed."""

HEADER_LIMIT = 64 * 1024
FIELD_LIMIT = 8 * 1024
NESTING_LIMIT = 40
PARTS_LIMIT = 1000
RECEIVED_LIMIT = 50

_CONTENT_FIELD = re.compile(rb"^content-(?:type|disposition|transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FIELD_END = re.compile(rb"\n(?![ \t])")
_CONTAINER = re.compile(rb"^content-type[ \t]*:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def prefix(raw: bytes) -> bytes:
    """The part of a mail that is parsed: line ends made LF, what mailboxes put before the header taken off."""
    text = raw[:PREFIX_LIMIT].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if text.startswith((b"From ", b">From ")):  # an mbox separator
        text = text.partition(b"\n")[2]
    return text.lstrip(b"\n")


def refusal(text: bytes) -> str:
    """Why a prefix must not be parsed, in words for a person; '' when it may."""
    end = text.find(b"\n\n")
    header = text if end < 0 else text[:end]
    if len(header) > HEADER_LIMIT:
        return f"信头超过 {HEADER_LIMIT // 1024} KB"
    if sum(1 for _ in _RECEIVED.finditer(header)) > RECEIVED_LIMIT:
        return f"Received 超过 {RECEIVED_LIMIT} 行，可能是循环投递"
    if sum(1 for _ in _CONTAINER.finditer(text)) > NESTING_LIMIT:
        return f"嵌套超过 {NESTING_LIMIT} 层"
    if text.count(b"\n--") > PARTS_LIMIT:
        return f"分段超过 {PARTS_LIMIT} 个"
    for field in _CONTENT_FIELD.finditer(text):
        field_end = _FIELD_END.search(text, field.end())
        if (field_end.start() if field_end else len(text)) - field.end() > FIELD_LIMIT:
            return f"Content-Type 超过 {FIELD_LIMIT // 1024} KB"
    return ""
