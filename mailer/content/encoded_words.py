"""Header text outside ASCII as RFC 2047 encoded words (UTF-8, B). Knows bytes and line lengths, no header names."""

from __future__ import annotations

import re
from binascii import b2a_base64

# 42 octets make 56 base64 characters and a word of 68: with the longest field name in front ("Subject: ") 77, inside
# the 78 of RFC 5322 2.1.1 and the 75 of RFC 2047 2.
_WORD_OCTETS = 42

# What a quoted string would need escapes for, and "=?": many readers decode encoded words within quotes too.
_UNQUOTABLE = re.compile(r'["\\]|=\?')


def encode_words(text: str) -> bytes:
    """``text`` as one or more encoded words, folded by CRLF and space; a character is never split over two words.

    Everything is encoded, ASCII too: what looks like an encoded word, a quote or a line end is only text then.
    Time and memory are linear in the length of the text.
    """
    octets = text.encode("utf-8")
    words = []
    start = 0
    while start < len(octets):
        end = min(start + _WORD_OCTETS, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # a continuation octet: the character began before it
            end -= 1
        words.append(b"=?utf-8?B?%s?=" % b2a_base64(octets[start:end], newline=False))
        start = end
    return b"\r\n ".join(words)


def mailbox(name: str, address: bytes, room: int) -> bytes:
    """``name <address>`` (RFC 5322 3.4), or the bare address without a name.

    ``room``: octets the line may still take before the address is folded to a line of its own. The caller has checked
    that neither value holds a control character.
    """
    if not name:
        return address
    if name.isascii() and len(name) <= 40 and not _UNQUOTABLE.search(name):
        phrase = b'"%s"' % name.encode("ascii")
    else:
        phrase = encode_words(name)
    last_line = len(phrase) - phrase.rfind(b"\n") - 1
    return b"%s%s<%s>" % (phrase, b" " if last_line + len(address) + 3 <= room else b"\r\n ", address)
