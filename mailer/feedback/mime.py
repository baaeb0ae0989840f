"""A mail opened without trust: headers and texts in any charset, part by part. Knows nothing of reports.

Parsing is the standard library's compat32 parser on a prefix that ``bounds`` let through; bytes beyond ASCII stay as
surrogates until a charset is known.
"""

from __future__ import annotations

import binascii
import codecs
import email
import re
from base64 import b64decode
from email.message import Message
from email.policy import Compat32
from html import unescape
from quopri import decodestring

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bqBQ])\?([^?\s]{0,2000})\?=(\s+(?==\?))?")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_HIDDEN = re.compile(r"<(style|script)\b[^<>]{0,2000}>[^<]*<", re.IGNORECASE)
_LINE_TAG = re.compile(r"<(?:br|p|div|tr|li|table|/p|/div|/tr|/table)\b[^<>]{0,2000}>", re.IGNORECASE)
# GBK and GB18030 are supersets; senders write the old name over the new bytes.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "hz-gb-2312": "hz", "ks_c_5601-1987": "cp949", "iso-8859-1": "cp1252"}
_EUC_KANA = re.compile(rb"\xa4[\xa1-\xf3](?:\xa4[\xa1-\xf3])+")
_KANA_LEAST = 6  # hiragana, in runs of two or more
# Python codecs that no mail is written in: slow on long input, or warning about what they read.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "unicode_escape"})


class _Raw(Compat32):
    """compat32 that hands header values out as they came, surrogates and all, instead of wrapping them."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        del name
        return value


def parse(text: bytes) -> Message:
    """``text``: a prefix that ``bounds.refusal`` found nothing against."""
    return email.message_from_bytes(text, policy=_Raw())


def decode(data: bytes, charset: str = "") -> str:
    """Never fails: the charset named, else what its bytes show, else UTF-8, GB18030, Latin-1."""
    name = charset.strip("\"' ").lower()
    for candidate in (_WIDER.get(name, name), _shown(data), "utf-8", "gb18030"):
        try:
            if candidate and codecs.lookup(candidate).name not in _NO_CHARSETS:
                return _storable(data.decode(candidate))
        except (LookupError, ValueError):  # unknown, no text encoding at all, or other bytes than it says
            continue
    return _storable(data.decode(_wider_or_latin(name), "replace"))


def _shown(data: bytes) -> str:
    """Japanese without its charset: ISO-2022-JP by its escapes, EUC-JP by kana, which stand in the same rows of GB2312
    and which no Chinese sentence holds.
    """
    if b"\x1b$" in data:
        return "iso2022_jp"
    kana = sum(len(run) for run in _EUC_KANA.findall(data[:4000])) // 2
    return "euc_jp" if kana >= _KANA_LEAST else ""


def _storable(text: str) -> str:
    """Without NUL (no column takes it) and lone surrogates (UTF-7 can make them)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _wider_or_latin(name: str) -> str:
    # A cut multi-byte text is still best read in its own charset, with a mark where it was cut.
    return "gb18030" if _WIDER.get(name) == "gb18030" else "utf-8" if name in {"utf-8", "utf8"} else "latin-1"


def to_bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def header(message: Message, name: str) -> str:
    """One header as text: unfolded, encoded words read, also those cut between the bytes of one character."""
    value = message.get(name)
    return words(value) if isinstance(value, str) else ""


def words(value: str) -> str:
    """RFC 2047, with neighbours of one charset joined before they are decoded."""
    text = " ".join(decode(to_bytes(value)).split())
    if "=?" not in text:
        return text
    pieces: list[str] = []
    waiting, charset, at = b"", "", 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[at : match.start()]
        if waiting and (between or match[1].lower() != charset):
            pieces.append(decode(waiting, charset))
            waiting = b""
        pieces.append(between)
        charset = match[1].lower().partition("*")[0]
        waiting += _word_bytes(match[2].lower(), match[3])
        at = match.end()
    if waiting:
        pieces.append(decode(waiting, charset))
    return "".join(pieces) + text[at:]


def _word_bytes(encoding: str, word: str) -> bytes:
    data = to_bytes(word)
    if encoding == "q":
        return decodestring(data, header=True)
    try:
        return b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return data


def content_type(part: Message) -> str:
    """'text/plain' and so on, lower case; what cannot be read counts as text/plain (RFC 2045 5.2)."""
    return part.get_content_type()


def parameter(part: Message, name: str) -> str:
    value = part.get_param(name, "")
    return value.strip().lower() if isinstance(value, str) else ""


def children(part: Message) -> list[Message]:
    """The parts of a multipart, the message in a message/rfc822, the blocks of a delivery-status part; else none."""
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def text_of(part: Message) -> str:
    """The words of a text part (HTML without its tags), or of a message/* part as written."""
    if part.is_multipart():
        written = "\n\n".join(_written(child) for child in children(part))
        return _transfer_decoded(written, part) if _is_encoded(part) else decode(to_bytes(written))
    text = decode(_body(part), parameter(part, "charset"))
    return _plain(text) if content_type(part) == "text/html" else text


def _is_encoded(part: Message) -> bool:
    return header(part, "Content-Transfer-Encoding").lower() in {"base64", "quoted-printable"}


def _transfer_decoded(written: str, part: Message) -> str:
    """RFC 6533 allows what RFC 2046 forbade: an encoded message/* part, which the parser took for plain lines."""
    if header(part, "Content-Transfer-Encoding").lower() == "quoted-printable":
        return decode(decodestring(to_bytes(written)))
    try:
        return decode(b64decode(to_bytes(written)))
    except binascii.Error:
        return decode(to_bytes(written))


def _written(message: Message) -> str:
    """Headers and body as they stood; a delivery-status part is parsed into blocks of headers."""
    lines = [f"{name}: {value}" for name, value in message.items()]
    if body := decode(_body(message)):
        lines += ["", body] if lines else [body]
    return "\n".join(lines)


def _body(part: Message) -> bytes:
    # never get_payload() of a leaf undecoded: it applies the charset the mail names, whatever codec that is
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _plain(markup: str) -> str:
    text = _LINE_TAG.sub("\n", _HIDDEN.sub("<", markup))
    return unescape(_TAG.sub("", text)).replace("\xa0", " ")
