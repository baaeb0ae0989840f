"""Returned mail to meaning: what kind of mail is this, about whom, why, and what would let us find the delivery.

Owns the order of the questions: complaint (RFC 5965), status fields (RFC 3464), disposition (RFC 8098), a report in
words, an automatic reply (RFC 3834), none of these. What is a machine's and cannot be read is ``unknown``: kept in
sight, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message

from mailer.feedback import bounds, mime
from mailer.feedback.auto_reply import AutoReply, read_auto_reply
from mailer.feedback.complaint import Complaint, read_complaint
from mailer.feedback.disposition import DISPOSITION_TYPES, Disposition, read_disposition
from mailer.feedback.dsn import StatusBlock, StatusFields, address, read_fields, xtext_decoded
from mailer.feedback.origin import Origin, asks_for_proof, looks_like_report, origin_of, speaks_of_failure
from mailer.feedback.quoted import split_original
from mailer.feedback.recipient_report import Kind, RecipientReport, from_complaint, from_fields, from_words
from mailer.feedback.returned import DELIVERY_HEADER, NO_IDENTITY, Identity, header_value, identity_of, original_headers
from mailer.feedback.ses import read_notice
from mailer.feedback.text_report import WORDS_LIMIT, Told, overall_action, recipients_told

__all__ = ["DELIVERY_HEADER", "Identity", "Kind", "RecipientReport", "ReturnedMail", "read_report"]

TEXT_LIMIT = 64 * 1024
"""Characters of the human-readable parts that are searched."""

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"})
# each run of letters is read once: a match begins only where a run begins
_ADDRESS = re.compile(r"(?<![^\s<>(),;:\"'])[^\s<>(),;:\"'@]{1,64}@[^\s<>(),;:\"'@]{1,255}")
_WEIGHT = (Kind.BOUNCE, Kind.DELAYED, Kind.DELIVERED)


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """``kind``: the gravest of its reports. ``note``: for a person, how it was read or why not.

    At most one of ``complaint``, ``disposition`` and ``auto_reply`` is set: what the mail is besides its reports.
    """

    kind: Kind
    reports: tuple[RecipientReport, ...] = ()
    identity: Identity = NO_IDENTITY
    note: str = ""
    text: str = ""  # the human-readable part, bounded
    complaint: Complaint | None = None
    disposition: Disposition | None = None
    auto_reply: AutoReply | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mail taken apart once for all readers."""

    message: Message
    parts: list[Message]  # the leaves; a returned original is one leaf and is not entered
    origin: Origin
    text: str  # all that a person reads
    words: str  # the same without the quoted original
    quoted: str
    original: str  # headers of the returned message, attached or quoted

    def identity(self, envelope_id: str = "") -> Identity:
        return identity_of(self.message, [self.original, self.quoted, self.text], envelope_id)


def read_report(raw: bytes) -> ReturnedMail:
    """Reads any bytes; never raises, takes time linear in ``bounds.PREFIX_LIMIT`` at most."""
    prefix = bounds.prefix(raw)
    if why := bounds.refusal(prefix):
        return ReturnedMail(Kind.UNKNOWN, note=f"quarantined: {why}")
    try:
        return _read(_open(mime.parse(prefix)))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # the standard library's parser fails on some malformed headers; such a mail is kept for a person
        return ReturnedMail(Kind.UNKNOWN, note=f"quarantined: 无法解析（{type(error).__name__}）")


def _open(message: Message) -> _Opened:
    parts = list(_leaves(message))
    text = _human_text(parts)
    words, quoted = split_original(text)
    return _Opened(message, parts, origin_of(message), text, words, quoted, original_headers(parts) or quoted)


def _read(mail: _Opened, *, is_inner: bool = False) -> ReturnedMail:
    if complaint := read_complaint(mail.message, mail.parts, mail.original):
        return _complaint(mail, complaint)
    fields = _status_fields(mail)
    if fields.blocks:
        return _reported(mail, _from_blocks(mail, fields), "RFC 3464", fields.envelope_id)
    if disposition := read_disposition(mail.message, mail.parts):
        identity = replace(mail.identity(), message_id=disposition.message_id or mail.identity().message_id)
        note = "disposition notification (RFC 8098)"
        return ReturnedMail(Kind.NONE, (), identity, note, mail.text, disposition=disposition)
    inner = None if is_inner else _wrapped_report(mail)
    return _read(inner, is_inner=True) if inner else _without_fields(mail)


def _wrapped_report(mail: _Opened) -> _Opened | None:
    """A daemon's mail that brings another daemon's report: gateways wrap what comes back to a list of postmasters.
    What people forward stays unread: they may have altered it.
    """
    for part in mail.parts:
        if mail.origin.is_daemon and mime.content_type(part) == "message/rfc822":
            for message in mime.children(part):
                if mime.content_type(message) == "multipart/report" and origin_of(message).is_daemon:
                    return _open(message)
    return None


def _without_fields(mail: _Opened) -> ReturnedMail:
    notice = read_notice(mail.text)
    if isinstance(notice, Complaint):
        return _complaint(mail, notice)
    if notice:
        return _reported(mail, tuple(from_fields(block, "", "") for block in notice), "Amazon SES", "")
    identity = mail.identity()
    auto_reply = read_auto_reply(mail.message, mail.origin, mail.words)
    lowered = " ".join(mail.words.lower().split())
    failed = _failed_recipients(mail.message)
    answers = auto_reply is not None and auto_reply.is_certain
    if answers and mail.origin.is_daemon:  # some daemons mark their reports as answers
        answers = not looks_like_report(mail.origin, lowered)
    attached = mail.original != mail.quoted
    is_report = bool(failed) or speaks_of_failure(mail.origin, lowered, returns_original=attached)
    if is_report and not answers and (told := _told(mail, failed)):
        whole = mail.words if len(told) == 1 else ""
        envelope_id = xtext_decoded(header_value(mail.text, "Original-Envelope-Id"))
        return _reported(mail, tuple(from_words(one, whole) for one in told), "words", envelope_id)
    if asks_for_proof(mail.origin, lowered):
        return ReturnedMail(Kind.NONE, (), identity, "asks the sender for proof", mail.text)
    if auto_reply and (answers or not mail.origin.is_daemon):
        return ReturnedMail(Kind.AUTOREPLY, (), identity, auto_reply.mark, mail.text, auto_reply=auto_reply)
    report_type = mime.parameter(mail.message, "report-type")
    if report_type or mail.origin.is_daemon or mail.origin.has_null_path:
        return ReturnedMail(Kind.UNKNOWN, (), identity, f"unread report {report_type}".strip(), mail.text)
    return ReturnedMail(Kind.NONE, (), identity, "", mail.text)


def _reported(mail: _Opened, reports: tuple[RecipientReport, ...], note: str, envelope_id: str) -> ReturnedMail:
    kinds = {report.kind for report in reports}
    kind = next((kind for kind in _WEIGHT if kind in kinds), Kind.NONE)
    return ReturnedMail(kind, reports, mail.identity(envelope_id), note, mail.text)


def _complaint(mail: _Opened, complaint: Complaint) -> ReturnedMail:
    note = f"Feedback-Type: {complaint.feedback_type} (RFC 5965)"
    kind = Kind.COMPLAINT if complaint.is_complaint else Kind.NONE
    reports = from_complaint(complaint) if complaint.is_complaint else ()
    identity = mail.identity(xtext_decoded(complaint.envelope_id))
    return ReturnedMail(kind, reports, identity, note, mail.text, complaint=complaint)


def _leaves(message: Message) -> Iterator[Message]:
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in mime.children(message):
            yield from _leaves(part)
    else:
        yield message


def _human_text(parts: list[Message]) -> str:
    """The plain texts; HTML only where they say nothing. A multipart whose parts were not found is read as plain."""
    plain = "\n".join(mime.text_of(part) for part in parts if _is_plain(part))
    if not plain.strip():
        plain = "\n".join(mime.text_of(part) for part in parts if mime.content_type(part) == "text/html")
    return plain[:TEXT_LIMIT].replace("\r\n", "\n").replace("\r", "\n")


def _is_plain(part: Message) -> bool:
    kind = mime.content_type(part)
    return kind == "text/plain" or kind.startswith("multipart/")


def _status_fields(mail: _Opened) -> StatusFields:
    for part in mail.parts:
        if mime.content_type(part) in _STATUS_TYPES:
            fields = read_fields(mime.text_of(part))
            if fields.blocks:
                return fields
    is_machine = mail.origin.is_daemon or mail.origin.has_null_path or mime.parameter(mail.message, "report-type")
    if "-recipient:" in mail.text.lower() and is_machine and not _has_disposition(mail.parts):
        # a daemon that wrote the fields into its prose, or lost the part's type on the way
        fields = read_fields(mail.text)
        if any(block.action for block in fields.blocks):
            return fields
    return StatusFields()


def _has_disposition(parts: list[Message]) -> bool:
    return any(mime.content_type(part) in DISPOSITION_TYPES for part in parts)


def _from_blocks(mail: _Opened, fields: StatusFields) -> tuple[RecipientReport, ...]:
    blocks = fields.blocks
    if any(not block.action for block in blocks):
        action = overall_action(mail.origin.subject, mail.words)
        blocks = tuple(replace(block, action=block.action or action) for block in blocks)
    otherwise = ""
    if len(blocks) == 1 and not _names(blocks[0]):
        told = _told(mail, _failed_recipients(mail.message))
        otherwise = told[0].address if len(told) == 1 else ""
    whole = mail.words if len(blocks) == 1 else ""
    return tuple(
        from_fields(block, _explanation(mail.words, block, blocks), whole, otherwise=otherwise) for block in blocks
    )


def _told(mail: _Opened, failed: list[str]) -> tuple[Told, ...]:
    original_to = _ADDRESS.findall(header_value(mail.original, "To"))
    told = recipients_told(
        mail.words,
        mail.origin.subject,
        named=failed,
        senders=_senders(mail),
        original_to=original_to,
        is_daemons=mail.origin.is_daemon or mail.origin.has_null_path,
    )
    lowered = " ".join(mail.words.lower().split())
    if told or not mail.origin.is_daemon or not (mail.original or looks_like_report(mail.origin, lowered)):
        return told
    return (Told("", overall_action(mail.origin.subject, mail.words), mail.words[:WORDS_LIMIT]),)


def _senders(mail: _Opened) -> frozenset[str]:
    """Who wrote the report, who gets it, and who wrote the original."""
    headers = [mime.header(mail.message, name) for name in ("From", "To", "Reply-To", "Delivered-To", "Return-Path")]
    headers += [header_value(mail.original, name) for name in ("From", "Return-Path")]
    return frozenset(one.lower() for header in headers for one in _ADDRESS.findall(header[:8192]))


def _failed_recipients(message: Message) -> list[str]:
    """X-Failed-Recipients of Exim and Google, which may be repeated."""
    values = [mime.words(str(value)) for value in message.get_all("X-Failed-Recipients", [])[:50]]
    found = (address(one) for value in values for one in value[:8192].split(","))
    return [one for one in found if one]


def _explanation(text: str, block: StatusBlock, blocks: tuple[StatusBlock, ...]) -> str:
    """What the human-readable part says of this recipient: from its address on, up to the next one's."""
    lowered = text.lower()
    start = _first(lowered, _names(block), 0)
    if start < 0:
        return text[:WORDS_LIMIT] if len(blocks) == 1 else ""
    others = {name for other in blocks for name in _names(other)} - _names(block)
    end = _first(lowered, others, start)
    return text[start : min(end if end >= 0 else len(text), start + WORDS_LIMIT)]


def _names(block: StatusBlock) -> set[str]:
    return {name.lower() for name in (block.final_recipient, block.original_recipient) if name}


def _first(text: str, names: set[str], start: int) -> int:
    return min((at for at in (text.find(name, start) for name in names) if at >= 0), default=-1)
