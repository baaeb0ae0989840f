"""From a rendered mail to the bytes of each copy: everything expensive once a mailing, a splice per recipient.

The bodies are base64, so no line can begin with a dot, end in a bare LF or be too long (no dot-stuffing, nothing to
smuggle). The 件号 and the tokens of personal links stand on base64 lines of their own: the fragment before one is padded
with spaces at its last line end to a multiple of 3 octets, and 12 characters are exactly 16 base64 characters (36 are 48),
so a body stays one valid base64 text.
Knows no recipients, no SMTP; the final dot line belongs to the wire.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime

from mailer.content.attachments import EncodedAttachment, base64_lines, check_together
from mailer.content.characters import one_line
from mailer.content.encoded_words import encode_words, mailbox
from mailer.content.facts import ADDRESS, MailingFacts, NoticeFacts
from mailer.content.list_headers import leave_headers, list_headers, notice_headers
from mailer.content.look import Logo
from mailer.content.rendered import Rendered
from mailer.model.links import LETTERS, TOKEN_LENGTH, Purpose

PIECE_NUMBER_LENGTH = 12  # 12 octets are 16 base64 characters without filling

_PIECE = b"P"  # the 件号 among the slots; the others are those of model.links
_PURPOSES = {letter: purpose for purpose, letter in LETTERS.items()}
_PIECE_NUMBER = re.compile(r"[0-9A-Za-z._-]{12}")  # also stands in a mailto address, so nothing that needs escaping
_TOKEN = re.compile(rf"[0-9A-Za-z_-]{{{TOKEN_LENGTH}}}")
_MESSAGE_ID_LEFT = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,160}")  # RFC 5322 3.6.4 dot-atom
_NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME_LIMIT = 200  # characters; longer is a broken row, not a name
_MAGIC = b"prepared-mail 2\n"
_NOT_WHOLE = "these bytes are not a whole prepared mail"
_DUMP_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """What is personal in one copy: ``address`` ASCII; ``name`` '' if none; ``message_id`` without <>;
    ``piece_number`` (件号) exactly 12 of ``0-9 A-Z a-z . _ -``; ``tokens`` for the ``PreparedMail.links``. A notice has no
    place for these and needs none.
    """

    address: str
    name: str
    message_id: str
    piece_number: str = ""
    tokens: Mapping[Purpose, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """All bytes of a mailing on one list but the personal ones; immutable, to be shared by threads and sessions.

    A copy is ``head``, its personal header lines, then ``frames`` with something personal between each two of them, then
    ``tail``: the attachments and the boundary lines around them. The attachments' octets are those of
    ``EncodedAttachment.part``, so that the mails of several lists hold them once. ``slots`` has a letter for each place
    between frames: P the 件号, the others as in model.links. ``links``: the tokens that a copy of it needs.
    """

    message_domain: str
    head: bytes
    leave: tuple[bytes, ...]
    frames: tuple[bytes, ...]
    tail: tuple[bytes, ...] = ()
    slots: bytes = b""
    links: tuple[Purpose, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        letters = [self.slots[n : n + 1] for n in range(len(self.slots))]
        found = {_PURPOSES[letter]: None for letter in letters if letter != _PIECE}
        object.__setattr__(self, "links", tuple(found | ({Purpose.LEAVE: None} if self.leave else {})))

    def copy(self, copy: Copy) -> tuple[bytes, ...]:
        """The copy as chunks to be written one after the other: CRLF only, ends in CRLF, no final dot line.

        The long chunks are shared by all copies. Raises ValueError for a value that could end a header line, for a
        Message-ID of another domain and for a 件号 or token of the wrong form; the message names the value.
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
        spliced = {_PIECE[0]: b2a_base64(copy.piece_number.encode("ascii"), newline=False) + b"\r\n"}
        for purpose in self.links:
            token = copy.tokens.get(purpose, "")
            if _TOKEN.fullmatch(token) is None:
                raise ValueError(f"the token for {purpose} is not {TOKEN_LENGTH} characters of 0-9 A-Z a-z _ -")
            spliced[LETTERS[purpose][0]] = b2a_base64(token.encode("ascii"), newline=False) + b"\r\n"
        chunks = [
            self.head,
            b"To: %s\r\nMessage-ID: <%s@%s>\r\nX-Mailer-Delivery: %s\r\n%s"
            % (
                mailbox(copy.name, copy.address.encode("ascii"), 74),
                signed,
                domain.encode("ascii"),
                signed,
                self._leave_lines(copy, signed),
            ),
        ]
        for frame, slot in zip(self.frames, self.slots, strict=False):  # behind the last frame nothing is spliced
            chunks += (frame, spliced[slot])
        return (*chunks, self.frames[-1], *self.tail)

    def _leave_lines(self, copy: Copy, signed: bytes) -> bytes:
        if not self.leave:
            return b""
        to_us, by_mail, end = self.leave
        return b"".join((to_us, copy.tokens[Purpose.LEAVE].encode("ascii"), by_mail, signed, end))

    @property
    def size(self) -> int:
        """Octets of a copy without its personal header lines (at most some 2,000 more)."""
        pieces = self.slots.count(_PIECE)
        whole = len(self.head) + sum(map(len, self.frames)) + sum(map(len, self.tail))
        personal = pieces * PIECE_NUMBER_LENGTH + (len(self.slots) - pieces) * TOKEN_LENGTH
        return whole + personal * 4 // 3 + 2 * len(self.slots)

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
        counts = b"%d %d %d %s" % (len(self.leave), len(self.frames), len(self.tail), self.slots)
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
        numbers, slots = fields[0].split()[:3] if fields else [], b"".join(fields[0].split()[3:]) if fields else b""
        leave, frames, tail = map(int, numbers) if len(numbers) == 3 else (0, 0, 0)
        slots = slots or _PIECE * (frames - 1)  # bytes of before there were links
        if frames < 1 or len(fields) != 3 + leave + frames + tail or len(slots) != frames - 1:
            raise ValueError(_NOT_WHOLE)
        _, domain, head, *rest = fields
        after = leave + frames
        return PreparedMail(
            domain.decode("ascii"), head, tuple(rest[:leave]), tuple(rest[leave:after]), tuple(rest[after:]), slots
        )


def prepare(
    rendered: Rendered, facts: MailingFacts | NoticeFacts, attachments: Sequence[EncodedAttachment] = ()
) -> PreparedMail:
    """The mail of one mailing on one list, ready to be spliced. ``rendered`` holds its placeholders where the 件号 and the
    tokens go.

    ValueError when a body has no line end before one of them (the template's fault: there is no place for the padding);
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
    frames, slots = _bodies(rendered, facts)
    tail: tuple[bytes, ...] = ()
    if attached:
        frames, tail = _mixed(frames, facts.boundary, attached)
    leave = leave_headers(facts.list, sender, facts.base_url) if isinstance(facts, MailingFacts) else ()
    return PreparedMail(facts.message_domain, head, leave, tuple(frames), tail, slots)


def _bodies(rendered: Rendered, facts: MailingFacts | NoticeFacts) -> tuple[list[bytes], bytes]:
    """Frames and slots of multipart/alternative, from its header line on; the plainest form first (RFC 2046 5.1.4).

    No preamble: an old reader would show it to people. The office's sign stands beside the HTML (RFC 2387).
    """
    boundary, logo = facts.boundary.encode("ascii"), facts.look.logo
    frames = [b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n--%s\r\n' % (boundary, boundary)]
    marks = {mark.encode("ascii"): LETTERS[purpose] for purpose, mark in rendered.link_marks.items()}
    if rendered.placeholder:
        marks[rendered.placeholder.encode("ascii")] = _PIECE
    slots = _add_text(frames, b"plain", rendered.text, marks)
    frames[-1] += b"\r\n--%s\r\n" % boundary
    if logo is not None:
        frames[-1] += b'Content-Type: multipart/related; type="text/html";\r\n boundary="%s-r"\r\n\r\n--%s-r\r\n' % (
            boundary,
            boundary,
        )
    slots += _add_text(frames, b"html", rendered.html, marks)
    if logo is not None:
        frames[-1] += b"\r\n--%s-r\r\n%s\r\n--%s-r--\r\n" % (boundary, _picture(logo, facts.message_domain), boundary)
    frames[-1] += b"\r\n--%s--\r\n" % boundary
    return frames, slots


def _add_text(frames: list[bytes], subtype: bytes, body: str, marks: Mapping[bytes, bytes]) -> bytes:
    """Adds a body's fragments to the frames; the slots between them."""
    frames[-1] += b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" % subtype
    octets = body.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8")
    parts = re.split(b"(%s)" % b"|".join(map(re.escape, marks)), octets) if marks else [octets]
    *before, last = parts[::2]
    # every fragment but the last is a multiple of 3 octets
    first, *others = [*(base64_lines(_padded(fragment)) for fragment in before), base64_lines(last)]
    frames[-1] += first
    frames += others
    return b"".join(marks[mark] for mark in parts[1::2])


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


def _padded(fragment: bytes) -> bytes:
    """Spaces before the last line end: at the end of a line they change neither the text nor the HTML."""
    missing = -len(fragment) % 3
    end_of_line = fragment.rfind(b"\r\n")
    if end_of_line < 0:
        raise ValueError(
            "a line end must stand before every 件号 and every link in a body, and between any two of them"
        )
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
