"""From a rendered mail to the bytes of each copy: everything expensive once a mailing, a splice per recipient.

The bodies are base64, so no line can begin with a dot, end in a bare LF or be too long (no dot-stuffing, nothing to
smuggle). The 件号 stands on base64 lines of its own: the fragment before it is padded with spaces at its last line end
to a multiple of 3 octets, and 12 characters are exactly 16 base64 characters, so a body stays one valid base64 text.
Knows no recipients, no SMTP; the final dot line belongs to the wire.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from mailer.content.attachments import EncodedAttachment, base64_lines, check_together
from mailer.content.characters import one_line
from mailer.content.encoded_words import encode_words, mailbox
from mailer.content.facts import ADDRESS, MailingFacts, NoticeFacts
from mailer.content.list_headers import leave_headers, list_headers, notice_headers
from mailer.content.look import Logo
from mailer.content.rendered import Rendered

PIECE_NUMBER_LENGTH = 12  # 12 octets are 16 base64 characters without filling

_PIECE_NUMBER = re.compile(r"[0-9A-Za-z._-]{12}")  # also stands in a mailto address, so nothing that needs escaping
_MESSAGE_ID_LEFT = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,160}")  # RFC 5322 3.6.4 dot-atom
_NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME_LIMIT = 200  # characters; longer is a broken row, not a name
_MAGIC = b"prepared-mail 2\n"
_NOT_WHOLE = "these bytes are not a whole prepared mail"
_DUMP_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """What is personal in one copy: ``address`` ASCII; ``name`` '' if none; ``message_id`` without <>;
    ``piece_number`` (件号) exactly 12 of ``0-9 A-Z a-z . _ -``; a notice has no place for one and needs none.
    """

    address: str
    name: str
    message_id: str
    piece_number: str = ""


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """All bytes of a mailing on one list but the personal ones; immutable, to be shared by threads and sessions.

    A copy is ``head``, its personal header lines, then ``frames`` with the 件号 between each two of them, then ``tail``:
    the attachments and the boundary lines around them. The attachments' octets are those of ``EncodedAttachment.part``,
    so that the mails of several lists hold them once.
    """

    message_domain: str
    head: bytes
    leave: tuple[bytes, ...]
    frames: tuple[bytes, ...]
    tail: tuple[bytes, ...] = ()

    def copy(self, copy: Copy) -> tuple[bytes, ...]:
        """The copy as chunks to be written one after the other: CRLF only, ends in CRLF, no final dot line.

        The long chunks are shared by all copies. Raises ValueError for a value that could end a header line, for a
        Message-ID of another domain and for a 件号 of the wrong form; the message names the value.
        """
        left, at, domain = copy.message_id.partition("@")
        if not (at and domain == self.message_domain and _MESSAGE_ID_LEFT.fullmatch(left)):
            raise ValueError(f"message_id {copy.message_id[:80]!r} is not of the domain {self.message_domain}")
        if ADDRESS.fullmatch(copy.address) is None:
            raise ValueError(f"address {copy.address[:80]!r} cannot stand in a mail header")
        if len(copy.name) > _NAME_LIMIT or _NOT_IN_A_NAME.search(copy.name):
            raise ValueError(f"name {copy.name[:80]!r} cannot stand in a mail header")
        if len(self.frames) > 1 and _PIECE_NUMBER.fullmatch(copy.piece_number) is None:
            raise ValueError(f"piece_number {copy.piece_number[:80]!r} is not 12 characters of 0-9 A-Z a-z . _ -")
        signed = left.encode("ascii")
        piece = b2a_base64(copy.piece_number.encode("ascii"), newline=False) + b"\r\n"
        chunks = [
            self.head,
            b"To: %s\r\nMessage-ID: <%s@%s>\r\nX-Mailer-Delivery: %s\r\n%s"
            % (
                mailbox(copy.name, copy.address.encode("ascii"), 74),
                signed,
                domain.encode("ascii"),
                signed,
                signed.join(self.leave),
            ),
        ]
        for frame in self.frames:
            chunks += (frame, piece)
        chunks.pop()
        return (*chunks, *self.tail)

    @property
    def size(self) -> int:
        """Octets of a copy without its personal header lines (at most some 2,000 more)."""
        pieces = len(self.frames) - 1
        whole = len(self.head) + sum(map(len, self.frames)) + sum(map(len, self.tail))
        return whole + pieces * (PIECE_NUMBER_LENGTH * 4 // 3 + 2)

    @property
    def content_hash(self) -> str:
        """sha256, hex, of all bytes that are not personal. It reads them all: keep the value, do not ask per copy."""
        digest = hashlib.sha256()
        for piece in self._dumped():
            digest.update(piece)
        return digest.hexdigest()

    def dump(self) -> bytes:
        """A form for another process: the magic line, then netstrings (``length:octets,``)."""
        return b"".join(self._dumped())

    def _dumped(self) -> Iterator[bytes]:
        counts = b"%d %d %d" % (len(self.leave), len(self.frames), len(self.tail))
        yield _MAGIC
        for value in (counts, self.message_domain.encode("ascii"), self.head, *self.leave, *self.frames, *self.tail):
            yield b"%d:" % len(value)
            yield value
            yield b","

    @staticmethod
    def load(dumped: bytes) -> PreparedMail:
        """The inverse of ``dump``; ValueError for anything else."""
        if not dumped.startswith(_MAGIC) or len(dumped) > _DUMP_LIMIT:
            raise ValueError("these bytes are not a prepared mail of this version")
        fields = list(_netstrings(dumped, len(_MAGIC)))
        leave, frames, tail = map(int, fields[0].split()) if fields else (0, 0, 0)
        if frames < 1 or len(fields) != 3 + leave + frames + tail:
            raise ValueError(_NOT_WHOLE)
        _, domain, head, *rest = fields
        after = leave + frames
        return PreparedMail(
            domain.decode("ascii"), head, tuple(rest[:leave]), tuple(rest[leave:after]), tuple(rest[after:])
        )


def prepare(
    rendered: Rendered, facts: MailingFacts | NoticeFacts, attachments: Sequence[EncodedAttachment] = ()
) -> PreparedMail:
    """The mail of one mailing on one list, ready to be spliced. ``rendered`` holds its placeholder where the 件号 goes.

    ValueError when a body has no line end before a 件号 (the template's fault: there is no place for the padding);
    AttachmentError for more attachments than one mail may carry.
    """
    attached = tuple(attachments)
    check_together(attached)
    sender = facts.sender
    head = b"".join(
        (
            b"From: %s\r\n" % mailbox(sender.office, sender.from_address.encode("ascii"), 72),
            b"Reply-To: <%s>\r\n" % sender.reply_to.encode("ascii"),
            b"Subject: %s\r\n" % encode_words(one_line(rendered.subject)),
            b"Date: %s\r\n" % format_datetime(facts.date).encode("ascii"),
            b"MIME-Version: 1.0\r\n",
            b"Content-Language: zh-CN\r\n",
            list_headers(facts.list) if isinstance(facts, MailingFacts) else notice_headers(facts),
        )
    )
    frames = _bodies(rendered, facts)
    tail: tuple[bytes, ...] = ()
    if attached:
        frames, tail = _mixed(frames, facts.boundary, attached)
    leave = leave_headers(facts.list, sender) if isinstance(facts, MailingFacts) else ()
    return PreparedMail(facts.message_domain, head, leave, tuple(frames), tail)


def _bodies(rendered: Rendered, facts: MailingFacts | NoticeFacts) -> list[bytes]:
    """The frames of multipart/alternative, from its header line on; the plainest form first (RFC 2046 5.1.4).

    No preamble: an old reader would show it to people. The office's sign stands beside the HTML (RFC 2387).
    """
    boundary, logo = facts.boundary.encode("ascii"), facts.look.logo
    frames = [b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n--%s\r\n' % (boundary, boundary)]
    _add_text(frames, b"plain", rendered.text, rendered.placeholder)
    frames[-1] += b"\r\n--%s\r\n" % boundary
    if logo is not None:
        frames[-1] += b'Content-Type: multipart/related; type="text/html";\r\n boundary="%s-r"\r\n\r\n--%s-r\r\n' % (
            boundary,
            boundary,
        )
    _add_text(frames, b"html", rendered.html, rendered.placeholder)
    if logo is not None:
        frames[-1] += b"\r\n--%s-r\r\n%s\r\n--%s-r--\r\n" % (boundary, _picture(logo, facts.message_domain), boundary)
    frames[-1] += b"\r\n--%s--\r\n" % boundary
    return frames


def _add_text(frames: list[bytes], subtype: bytes, body: str, placeholder: str) -> None:
    frames[-1] += b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" % subtype
    first, *others = _base64_fragments(body, placeholder)
    frames[-1] += first
    frames += others


def _picture(logo: Logo, domain: str) -> bytes:
    return (
        b"Content-Type: image/%s\r\nContent-ID: <%s>\r\nContent-Disposition: inline;\r\n"
        b' filename="logo.%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s'
        % (
            logo.subtype.encode("ascii"),
            logo.content_id(domain).encode("ascii"),
            logo.subtype.encode("ascii"),
            base64_lines(logo.data),
        )
    )


def _mixed(
    frames: list[bytes], inner: str, attached: tuple[EncodedAttachment, ...]
) -> tuple[list[bytes], tuple[bytes, ...]]:
    """The frames within multipart/mixed, and what follows them (RFC 2046 5.1.3)."""
    outer = f"{inner}-m".encode("ascii")
    between = b"\r\n--%s\r\n" % outer
    opening = b'Content-Type: multipart/mixed;\r\n boundary="%s"\r\n%s' % (outer, between)
    tail: list[bytes] = []
    for attachment in attached:
        tail += (between, attachment.part)
    return [opening + frames[0], *frames[1:]], (*tail, b"\r\n--%s--\r\n" % outer)


def _base64_fragments(body: str, placeholder: str) -> list[bytes]:
    """The base64 lines of ``body`` around each 件号; every fragment but the last is a multiple of 3 octets."""
    octets = body.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8")
    *before, last = octets.split(placeholder.encode("ascii")) if placeholder else [octets]
    return [base64_lines(_padded(fragment)) for fragment in before] + [base64_lines(last)]


def _padded(fragment: bytes) -> bytes:
    """Spaces before the last line end: at the end of a line they change neither the text nor the HTML."""
    missing = -len(fragment) % 3
    end_of_line = fragment.rfind(b"\r\n")
    if end_of_line < 0:
        raise ValueError("a line end must stand before every 件号 in a body, and between any two of them")
    return fragment[:end_of_line] + b" " * missing + fragment[end_of_line:]


def _netstrings(data: bytes, position: int) -> Iterator[bytes]:
    while position < len(data):
        colon = data.find(b":", position, position + 12)
        length = int(data[position:colon]) if colon > 0 and data[position:colon].isdigit() else len(data)
        end = colon + 1 + length
        if data[end : end + 1] != b",":
            raise ValueError(_NOT_WHOLE)
        yield data[colon + 1 : end]
        position = end + 1
