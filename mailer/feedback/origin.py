"""Who wrote this mail: a mail system about a delivery, or somebody else? Evidence from headers and first words.

Reports come with a null return path or from a daemon (RFC 5321 4.5.5, RFC 3464 2), but lists, gateways and carriers
rewrite both, and people forward reports: no sign decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

from mailer.feedback import mime
from mailer.feedback.rules.report_wording import (
    CHALLENGES,
    DAEMON_LOCAL_PARTS,
    DAEMON_NAMES,
    FAILING,
    OPENINGS,
    SUBJECTS,
)

_ANSWERS = (
    "re:",
    "re：",
    "fw:",
    "fwd:",
    "aw:",
    "wg:",
    "sv:",
    "回复",
    "答复",
    "转发",
    "回覆",
    "轉寄",
    "rv:",
    "tr:",
    "ынт:",
)
_OPENING_LIMIT = 1500
_MACHINE_LOCAL_PARTS = ("no-reply", "noreply", "no_reply", "do-not-reply", "donotreply", "mailmaster")


@dataclass(frozen=True, slots=True)
class Origin:
    """Signs in a mail's headers. ``subject`` lower case."""

    subject: str
    is_daemon: bool
    has_null_path: bool
    is_automatic: bool  # Auto-Submitted, or an address that takes no answer
    is_answer: bool  # "Re:", "转发": a person's, unless a daemon wrote it
    is_newsletter: bool


def origin_of(message: Message) -> Origin:
    subject = mime.header(message, "Subject").lower()
    sender = mime.header(message, "From").lower()
    path = mime.header(message, "Return-Path").strip().lower()
    submitted = mime.header(message, "Auto-Submitted").lower()
    return Origin(
        subject=subject,
        is_daemon=_is_daemon(sender) or path.strip("<>").partition("@")[0] in {"mailer-daemon", "mdaemon"},
        has_null_path=path == "<>",
        is_automatic=bool(submitted and not submitted.startswith("no"))
        or parseaddr(sender)[1].startswith(_MACHINE_LOCAL_PARTS),
        is_answer=subject.lstrip().startswith(_ANSWERS),
        is_newsletter=bool(mime.header(message, "List-Unsubscribe")),
    )


def _is_daemon(sender: str) -> bool:
    name, address = parseaddr(sender)
    local = (address or sender).strip("<> ").partition("@")[0]
    return (
        local in DAEMON_LOCAL_PARTS
        or local.startswith(("mailer-daemon", "postmaster", "microsoftexchange"))
        or any(part in (name or sender) for part in DAEMON_NAMES)
    )


def speaks_of_failure(origin: Origin, words: str) -> bool:
    """Does a mail without readable status fields report a failed or late delivery? ``words``: its own, lower case."""
    if origin.is_answer and not origin.is_daemon:
        return False
    if origin.is_newsletter and not origin.is_daemon and not origin.has_null_path:
        return False
    if asks_for_proof(origin, words):
        return False
    has_subject = any(phrase in origin.subject for phrase in SUBJECTS)
    if not (has_subject or any(phrase in words for phrase in FAILING)):
        return False
    if origin.is_daemon:
        return True
    has_opening = any(phrase in words[:_OPENING_LIMIT] for phrase in OPENINGS)
    is_machine = origin.has_null_path or origin.is_automatic
    return is_machine and (has_subject or has_opening) or has_subject and has_opening


def asks_for_proof(origin: Origin, words: str) -> bool:
    """A challenge: a person's guard holds the mail until its sender has proven himself."""
    text = f"{origin.subject} {words[:_OPENING_LIMIT]}"
    return any(phrase in text for phrase in CHALLENGES)
