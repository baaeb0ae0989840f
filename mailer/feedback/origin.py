"""Who wrote this mail: a mail system about a delivery, or somebody else? Evidence from headers and first words.

Reports come with a null return path or from a daemon (RFC 5321 4.5.5, RFC 3464 2), but lists, gateways and carriers
rewrite both, and people forward reports: no sign decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

from mailer.feedback import mime
from mailer.feedback.rules.report_actions import FAILING, FAILING_CHINESE
from mailer.feedback.rules.report_signs import CHALLENGES, DAEMON_LOCAL_PARTS, DAEMON_NAMES, OPENINGS, SUBJECTS

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
    is_postmasters_letter: bool  # behind that address a person may sit (RFC 2142 5): his program names what he answers
    has_null_path: bool
    is_automatic: bool  # Auto-Submitted, list software (fml), an address that takes no answer
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
        is_postmasters_letter=parseaddr(sender)[1].startswith("postmaster@")
        and bool(mime.header(message, "In-Reply-To")),
        has_null_path=path == "<>",
        is_automatic=bool(submitted and not submitted.startswith("no"))
        or bool(mime.header(message, "X-MLServer"))
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


def speaks_of_failure(origin: Origin, words: str, *, returns_original: bool) -> bool:
    """Does a mail without readable status fields report a failed or late delivery? ``words``: its own, lower case.
    ``returns_original``: it brings a message back.
    """
    if origin.is_answer and not _may_repeat_a_subject(origin, words, returns_original):
        return False
    if origin.is_newsletter and not origin.is_daemon and not origin.has_null_path:
        return False
    if asks_for_proof(origin, words):
        return False
    is_plain = looks_like_report(origin, words)
    if not (is_plain or any(phrase in words for phrase in FAILING) or FAILING_CHINESE.search(words)):
        return False
    if origin.is_daemon:
        return True
    if origin.has_null_path or origin.is_automatic:
        return is_plain or returns_original
    return _has_subject(origin) and _has_opening(words)


def _may_repeat_a_subject(origin: Origin, words: str, returns_original: bool) -> bool:
    """Programs may write "Re:" from the subject of what they bring back; postmasters are people too, and answer."""
    if origin.has_null_path or (origin.is_daemon and not origin.is_postmasters_letter):
        return True
    return origin.is_daemon and (returns_original or _has_opening(words))


def looks_like_report(origin: Origin, words: str) -> bool:
    """By its subject, or by how it begins."""
    return _has_subject(origin) or _has_opening(words)


def _has_subject(origin: Origin) -> bool:
    return any(phrase in origin.subject for phrase in SUBJECTS) or FAILING_CHINESE.search(origin.subject) is not None


def _has_opening(words: str) -> bool:
    return any(phrase in words[:_OPENING_LIMIT] for phrase in OPENINGS)


def asks_for_proof(origin: Origin, words: str) -> bool:
    """A challenge: a person's guard holds the mail until its sender has proven himself."""
    text = f"{origin.subject} {words[:_OPENING_LIMIT]}"
    return any(phrase in text for phrase in CHALLENGES)
