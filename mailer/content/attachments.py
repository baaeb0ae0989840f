"""Files that travel with a mail: checked once, encoded once; every copy on every list shares the same bytes.

Owns the header lines and bounds of an attachment. Knows no issue and reads no file.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from mailer.content.characters import one_line
from mailer.content.encoded_words import encode_words

MAX_BYTES = 20 * 1024 * 1024  # of one file; base64 makes 27 MB of it, near what hosted mailboxes take at all
MAX_TOGETHER = 25 * 1024 * 1024
MAX_FILES = 10

_BASE64_LINE_OCTETS = 57  # 76 characters a line (RFC 2045 6.8)
_BASE64_GROWTH = 78 / _BASE64_LINE_OCTETS  # four thirds and the line ends
_ISSUE_BYTES = 200_000  # what the issue itself takes at most, generously
_NAME_LENGTH = 90  # characters; nine octets each when percent-encoded, on one line of at most 998
_CONTENT_TYPE = re.compile(r"(?:application|text|image|audio|video|font)/[0-9A-Za-z!#$&^_.+-]{1,100}")
_UNFIT_FOR_A_NAME = re.compile(r'[\\/:*?"<>|]')  # what Windows refuses in a file name
_PLAIN_NAME = re.compile(r"[0-9A-Za-z ._()+-]{1,60}")


class AttachmentError(ValueError):
    """A file that cannot travel with the mail; ``str()`` of it is a sentence in Chinese that says what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """``name`` as the recipient will save it (its path and unfit characters are taken away); ``content_type`` without
    parameters, never message/* or multipart/* (they may not be base64, RFC 2046 5.2.1); ``data`` the octets of the file.
    """

    name: str
    content_type: str
    data: bytes

    def __post_init__(self) -> None:
        base = _UNFIT_FOR_A_NAME.sub("_", re.split(r"[\\/]", one_line(self.name))[-1]).strip(" .")
        if not base:
            raise AttachmentError("附件没有文件名：请改好文件名再附。")
        if len(base) > _NAME_LENGTH:
            raise AttachmentError(f"附件名“{base[:20]}…”有 {len(base)} 字，最多 {_NAME_LENGTH} 字：请改短。")
        if _CONTENT_TYPE.fullmatch(self.content_type) is None:
            raise AttachmentError(f"附件“{base}”的类型 {self.content_type[:60]!r} 不能随信寄出。")
        if not self.data:
            raise AttachmentError(f"附件“{base}”是空文件：请检查后重新附上。")
        if len(self.data) > MAX_BYTES:
            raise AttachmentError(
                f"附件“{base}”有 {len(self.data) / 1024 / 1024:.1f} MB，最多 {MAX_BYTES // 1024 // 1024} MB：请压缩或另行传送。"
            )
        object.__setattr__(self, "name", base)

    def encoded(self) -> EncodedAttachment:
        """The MIME part. Takes a while for a big file: once, not per list or copy."""
        part = b"Content-Type: %s;\r\n name=%s\r\nContent-Disposition: attachment;\r\n filename%s\r\n" % (
            self.content_type.encode("ascii"),
            _name_for_old_readers(self.name),
            _file_name(self.name),
        )
        body = base64_lines(self.data)
        return EncodedAttachment(part + b"Content-Transfer-Encoding: base64\r\n\r\n" + body, len(self.data))


@dataclass(frozen=True, slots=True)
class EncodedAttachment:
    """``part``: header lines, an empty line and base64, ending in CRLF. ``file_bytes``: the size of the file itself."""

    part: bytes
    file_bytes: int


def check_together(attachments: tuple[EncodedAttachment, ...]) -> None:
    """AttachmentError for more files, or more octets of them, than one mail may carry."""
    if len(attachments) > MAX_FILES:
        raise AttachmentError(f"附件有 {len(attachments)} 个，最多 {MAX_FILES} 个：请打包或减少。")
    together = sum(attachment.file_bytes for attachment in attachments)
    if together > MAX_TOGETHER:
        raise AttachmentError(
            f"附件合计 {together / 1024 / 1024:.1f} MB，最多 {MAX_TOGETHER // 1024 // 1024} MB：请压缩或减少。"
        )


def check_fits(file_bytes: Iterable[int], limit: int) -> None:
    """AttachmentError when an issue with files of these sizes is more than the relay takes (RFC 1870); 0: it names no limit."""
    sizes = list(file_bytes)
    about = sum(sizes) * _BASE64_GROWTH + _ISSUE_BYTES
    if limit and sizes and about > limit:
        raise AttachmentError(
            f"连附件约 {about / 1_048_576:.1f} MB，发信服务器一封最多收 {limit / 1_048_576:.1f} MB：请压缩或去掉附件。"
        )


def base64_lines(octets: bytes) -> bytes:
    """Base64 in lines of 76 characters, each ended by CRLF: no line begins with a dot or is too long."""
    edges = [*range(0, len(octets), _BASE64_LINE_OCTETS), len(octets)]
    return b"".join(b2a_base64(octets[start:end], newline=False) + b"\r\n" for start, end in pairwise(edges))


def _file_name(name: str) -> bytes:
    """The rest of the filename parameter. RFC 2231 4, on one line: the continuations of its section 3 are what QQ and
    Sina webmail do not put together, their readers find a file of another name.
    """
    if _PLAIN_NAME.fullmatch(name):
        return b'="%s"' % name.encode("ascii")
    return b"*=utf-8''%s" % quote(name, safe="").encode("ascii")


def _name_for_old_readers(name: str) -> bytes:
    """An encoded word within quotes: against RFC 2047 5, and what readers that know no RFC 2231 have always understood."""
    return b'"%s"' % (name.encode("ascii") if _PLAIN_NAME.fullmatch(name) else encode_words(name))
