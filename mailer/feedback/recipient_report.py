"""What a report says about one recipient, from status fields (RFC 3464), from words, or from both."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from mailer.feedback.classify import Classification, classify, phase_named
from mailer.feedback.complaint import Complaint
from mailer.feedback.dsn import StatusBlock
from mailer.feedback.phrases import prepare
from mailer.feedback.reasons import REASONS, UNREAD
from mailer.feedback.text_report import WORDS_LIMIT, Told
from mailer.model.reply import EnhancedStatus
from mailer.model.verdict import Owner


class Kind(StrEnum):
    BOUNCE = "bounce"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTOREPLY = "autoreply"
    NONE = "none"
    UNKNOWN = "unknown"


COMPLAINED = "complained"
"""The action of a complaint (RFC 5965), beside RFC 3464's five."""

_BY_ACTION = {
    "failed": Kind.BOUNCE,
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    COMPLAINED: Kind.COMPLAINT,
}
_DIAGNOSTIC_LIMIT = 500
# "host mx.post.example[192.0.2.25] said", "while talking to mx.post.example.:", "Remote-MTA: dns; mx.post.example"
_HOST = re.compile(
    r"(?:\bhost|talking to|connected to|server|remote-mta: dns;) ((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})\b"
)
# "The response was:" and the answer below it: more to the point than the prose, which mentions what else may be
_ANSWER = re.compile(r":[ \t]{0,8}\n\s{0,40}([45]\d\d[ -][^\n]{4,1000}(?:\n[ \t]{0,8}[^\s][^\n]{0,1000}){0,8})")
_NO_ANSWER = (
    "timed out",
    "time-out",
    "time out",
    "did not respond",
    "not responding",
    "no response",
    "no answer",
    "not reachable",
)
_FEEDBACK = Classification("feedback", "kinds", False, Owner.NOBODY, False)


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a report says about one recipient.

    ``action``: failed, delayed, delivered, relayed, expanded, COMPLAINED or ''. ``original_recipient`` is the address
    we wrote to, ``final_recipient`` the one after forwarding; either may be ''. ``diagnostic_reply``: the remote
    host's words.
    """

    original_recipient: str
    final_recipient: str
    action: str
    status: EnhancedStatus | None
    diagnostic_reply: str
    remote_mta: str
    classification: Classification

    @property
    def kind(self) -> Kind:
        """What relayed and expanded say is nothing about arrival: no kind of their own."""
        return _BY_ACTION.get(self.action, Kind.NONE)

    @property
    def recipient(self) -> str:
        """The address we wrote to, as far as the report tells. Of two spellings of one address the quoted one counts
        (RFC 5321 4.1.2): some systems lose the quotes on the way.
        """
        if self.original_recipient and self.final_recipient.replace('"', "") == self.original_recipient:
            return self.final_recipient
        return self.original_recipient or self.final_recipient

    @property
    def reason(self) -> str:
        return self.classification.reason if self.kind in {Kind.BOUNCE, Kind.DELAYED, Kind.COMPLAINT} else ""

    @property
    def hard(self) -> bool:
        return self.kind is Kind.BOUNCE and self.classification.hard


def from_fields(block: StatusBlock, explanation: str, whole: str, *, otherwise: str = "") -> RecipientReport:
    """``explanation``: what the human-readable part says of him. ``whole``: all of it, '' where it speaks of others
    too. ``otherwise``: the address where the block holds none that can be read.
    """
    return RecipientReport(
        original_recipient=block.original_recipient,
        final_recipient=block.final_recipient or ("" if block.original_recipient else otherwise),
        action=block.action,
        status=block.status,
        diagnostic_reply=block.diagnostic,
        remote_mta=block.remote_mta,
        classification=_of_fields(block, explanation, whole),
    )


def _of_fields(block: StatusBlock, explanation: str, whole: str) -> Classification:
    """The remote host's words first; where they say nothing, the reporting system's own explanation."""
    host = block.remote_mta.partition(" ")[0]
    domain = host or (block.original_recipient or block.final_recipient).rpartition("@")[2]
    # a local mailer's exit value (sysexits.h) is no answer: its words stand in the transcript
    is_exit_value = block.diagnostic.lower().startswith("x-unix;")
    diagnostic = "" if is_exit_value else block.diagnostic
    told = classify(diagnostic, None, block.status, domain, phase_named(prepare(explanation)))
    found = _firmest(told, (explanation, whole), domain, block.action)
    if is_exit_value and found.rule is None:
        return _as(found, "mailererror")
    return _given_up(found, diagnostic or explanation)


def from_words(told: Told, whole: str) -> RecipientReport:
    """``whole``: all the report's own words, '' where they speak of others too."""
    host = _HOST.search(told.words.lower())
    domain = host[1] if host else told.address.rpartition("@")[2]
    answered = _ANSWER.search(told.words)
    found = classify(answered[1], None, None, domain, None) if answered else None
    if found is None or not found.is_firm:
        found = classify(told.words, None, None, domain, None)
    return RecipientReport(
        original_recipient="",
        final_recipient=told.address,
        action=told.action,
        status=found.status,
        diagnostic_reply=" ".join(told.words.split())[:_DIAGNOSTIC_LIMIT],
        remote_mta=host[1] if host else "",
        classification=_given_up(_firmest(found, (whole,), domain, told.action), told.words),
    )


def _firmest(told: Classification, others: tuple[str, ...], domain: str, action: str) -> Classification:
    """What was told, if that is firm; else the first of the other texts that is."""
    if told.is_firm:
        return told
    for text in others:
        wider = classify(text[:WORDS_LIMIT], told.code, told.status, domain, None) if text else told
        if wider.is_firm:
            return wider
    if action == "delayed" and told.reason in UNREAD:
        return _as(told, "expired")  # RFC 3463 X.4.7: all that is known is that time passes
    return told


def _given_up(found: Classification, text: str) -> Classification:
    """A session in which nobody answers is tried again; who reports one has tried until the time was over, or warns
    that it is running.
    """
    lowered = text.lower()
    if found.reason == "networkerror" and any(phrase in lowered for phrase in _NO_ANSWER):
        return _as(found, "expired")
    return found


def _as(found: Classification, reason: str) -> Classification:
    known = REASONS[reason]
    return replace(found, reason=reason, group=known.group, owner=known.owner, hard=known.hard)


def from_complaint(complaint: Complaint) -> tuple[RecipientReport, ...]:
    return tuple(
        RecipientReport("", address, COMPLAINED, None, f"Feedback-Type: {complaint.feedback_type}", "", _FEEDBACK)
        for address in complaint.recipients
    )
