"""Folder names of a mailbox: modified UTF-7 (RFC 3501 5.1.3), LIST answers, and which folders returned mail lands in."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

INBOX = "INBOX"
_LIST = re.compile(rb'\* LIST \(([^()]*)\) (?:"(?:\\.|[^"])"|NIL) (.+)', re.IGNORECASE | re.DOTALL)
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
#: How providers call the folder of suspected spam where they do not mark it \Junk (RFC 6154): QQ, 163, Coremail,
#: Exchange, Gmail, Dovecot's samples.
_JUNK_NAMES = frozenset(
    {
        "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "[gmail]/spam", "inbox.junk",
        "inbox.spam", "inbox/junk", "inbox/spam", "垃圾邮件", "垃圾箱", "垃圾邮箱", "广告邮件", "病毒邮件", "可疑邮件",
        "隔离邮件",
    }
)  # fmt: skip
_MOST_FOLDERS = 8


def decoded(name: str) -> str:
    """Modified UTF-7 as people read it; what cannot be decoded stays as it is."""

    def word(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        try:
            data = base64.b64decode(match[1].replace(",", "/") + "=" * (-len(match[1]) % 4))
            return data.decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return match[0]

    return _SHIFTED.sub(word, name)


def encoded(name: str) -> str:
    """A folder's name as it goes over the wire; the inverse of ``decoded``."""
    written, shifted = "", ""
    for letter in [*name, ""]:
        if letter and not " " <= letter <= "~":
            shifted += letter
            continue
        if shifted:
            data = base64.b64encode(shifted.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")
            written, shifted = f"{written}&{data}-", ""
        written += "&-" if letter == "&" else letter
    return written


def folders_to_read(listed: Iterable[tuple[bytes, tuple[bytes, ...]]]) -> tuple[str, ...]:
    """INBOX, then the junk folders, as the server spells them. ``listed``: LIST answers, text and literals of each."""
    found = [INBOX]
    for text, literals in listed:
        match = _LIST.match(text)
        if match is None:
            continue
        flags = {flag.lower() for flag in match[1].split()}
        name = _name(match[2], literals)
        is_junk = b"\\junk" in flags or decoded(name).lower() in _JUNK_NAMES
        if is_junk and not flags & {b"\\noselect", b"\\nonexistent"} and name not in found:
            found.append(name)
    return tuple(found[:_MOST_FOLDERS])


def _name(written: bytes, literals: tuple[bytes, ...]) -> str:
    if written == b"{}" and literals:
        written = literals[0]
    elif written.startswith(b'"'):
        written = re.sub(rb"\\(.)", rb"\1", written[1:-1])
    return written.decode("utf-8", "replace")
