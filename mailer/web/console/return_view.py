"""A returned mail as a person reads it: text and nothing but text, with the lines that say something marked.

Foreign bytes: bounded, decoded, cut into lines. What would be HTML, a picture or a file in a mail program is words here.
Pure; knows no template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message

from mailer.feedback import bounds, mime
from mailer.feedback.report import Kind, RecipientReport, ReturnedMail, read_report
from mailer.feedback.returned import ORIGINAL_TYPES
from mailer.feedback.wording import explain

STATES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "open": ("等人处理", ("unmatched", "unread")),
    "waiting": ("等待归入", ("new", "waiting")),
    "applied": ("已归入台账", ("applied",)),
    "dismissed": ("无关", ("dismissed",)),
}
KINDS: Mapping[str, str] = {
    Kind.BOUNCE: "退信", Kind.DELAYED: "延迟通知", Kind.DELIVERED: "送达通知", Kind.COMPLAINT: "投诉",
    Kind.AUTOREPLY: "自动回复", Kind.NONE: "不是退信", Kind.UNKNOWN: "读不懂", "": "还没有读",
}  # fmt: skip
STATE_WORDS: Mapping[str, str] = {
    "new": "刚收到", "waiting": "等待归入", "applied": "已归入台账", "unmatched": "没有对上", "unread": "没有读懂",
    "dismissed": "已认定无关",
}  # fmt: skip

_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "X-Failed-Recipients", "Auto-Submitted")
_MOST_PARTS = 30
_MOST_LINES = 400  # of one part
_MOST_CHARACTERS = 2_000  # of one line
_FIELDS = ("final-recipient:", "original-recipient:", "action:", "status:", "diagnostic-code:", "remote-mta:")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    is_evidence: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of the mail. ``more``: lines that were left out."""

    title: str
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What was read about one recipient, in words."""

    recipient: str
    action: str
    status: str
    cause: str
    remedy: str
    reply: str
    host: str


@dataclass(frozen=True, slots=True)
class MailView:
    subject: str
    sender: str
    kind: str
    note: str
    findings: tuple[Finding, ...]
    pieces: tuple[Piece, ...]


def summary(head: bytes) -> tuple[str, str]:
    """(subject, sender) of the beginning of a mail; '' where it cannot be read."""
    prefix = bounds.prefix(head)
    if bounds.refusal(prefix):
        return "", ""
    try:
        message = mime.parse(prefix)
        return _one_line(mime.header(message, "Subject")), _one_line(mime.header(message, "From"))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "", ""


def mail_view(raw: bytes) -> MailView:
    """Any bytes; never raises."""
    found = read_report(raw)
    prefix = bounds.prefix(raw)
    clues = _clues(found)
    if bounds.refusal(prefix):
        return _unopened(found, prefix, clues)
    try:
        message = mime.parse(prefix)
        pieces = tuple(_pieces(message, clues))
        subject, sender = mime.header(message, "Subject"), mime.header(message, "From")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        # the standard library's parser fails on some malformed mail: shown as it came
        return _unopened(found, prefix, clues)
    return MailView(
        _one_line(subject),
        _one_line(sender),
        KINDS[found.kind],
        found.note,
        tuple(map(_finding, found.reports)),
        pieces,
    )


def _unopened(found: ReturnedMail, prefix: bytes, clues: Sequence[str]) -> MailView:
    text = mime.decode(prefix[: _MOST_LINES * 200])
    return MailView("", "", KINDS[found.kind], found.note, (), (_piece("原文（没有拆开）", text, clues),))


def _pieces(message: Message, clues: Sequence[str]) -> Iterable[Piece]:
    named = [(name, mime.header(message, name)) for name in _HEADERS]
    yield _piece("信头", "\n".join(f"{name}: {value}" for name, value in named if value), clues)
    for number, part in enumerate(_leaves(message)):
        if number >= _MOST_PARTS:
            yield Piece("后面还有更多部分，没有显示", (), 0)
            return
        kind = mime.content_type(part)
        if kind in ORIGINAL_TYPES:
            yield _piece("带回的原信（只显示开头）", mime.text_of(part)[: 64 * 1024], clues)
        elif kind.startswith(("text/", "message/")):
            title = "状态报告" if kind.startswith("message/") else "正文"
            yield _piece(title, mime.text_of(part), clues)
        else:
            yield Piece(f"附件（{kind[:80]}），没有显示", (), 0)


def _leaves(part: Message, depth: int = 0) -> Iterable[Message]:
    if mime.content_type(part).startswith("multipart/") and depth < bounds.NESTING_LIMIT:
        for child in mime.children(part):
            yield from _leaves(child, depth + 1)
    else:
        yield part


def _piece(title: str, text: str, clues: Sequence[str]) -> Piece:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    shown = tuple(Line(line[:_MOST_CHARACTERS], _is_evidence(line, clues)) for line in lines[:_MOST_LINES])
    return Piece(title, shown, max(0, len(lines) - _MOST_LINES))


def _clues(found: ReturnedMail) -> list[str]:
    """What the reading leaned on: addresses, the remote host's words, the ids of our own message."""
    clues = [found.identity.message_id, found.identity.delivery_token, found.identity.envelope_id]
    for report in found.reports:
        clues += [report.original_recipient, report.final_recipient, report.diagnostic_reply[:80]]
    return [clue.lower() for clue in clues if len(clue) > 5]


def _is_evidence(line: str, clues: Sequence[str]) -> bool:
    lowered = line.strip().lower()
    return bool(lowered) and (lowered.startswith(_FIELDS) or any(clue in lowered for clue in clues))


def _finding(report: RecipientReport) -> Finding:
    cause, remedy = explain(report.reason, report.classification.owner)
    return Finding(
        report.recipient, report.action, str(report.status) if report.status else "", cause, remedy,
        report.diagnostic_reply, report.remote_mta,
    )  # fmt: skip


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
