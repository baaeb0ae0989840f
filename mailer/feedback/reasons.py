"""The vocabulary of returned mail: each reason's group, its usual fault owner, and whether it is hard.

The terms are those of Sisimai's published taxonomy (libsisimai.org/en/reason), so that our readings compare with other
tools; ``greylisted`` is ours, because a first refusal on purpose must neither slow the sending nor hold a mailing.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.model.verdict import Owner


@dataclass(frozen=True, slots=True)
class Reason:
    """``hard``: this address will never take mail again. Every other refusal may pass or may be mended."""

    group: str
    owner: Owner
    hard: bool = False


def _table(group: str, owner: Owner, *names: str, hard: bool = False) -> dict[str, Reason]:
    return dict.fromkeys(names, Reason(group, owner, hard))


REASONS: dict[str, Reason] = {
    **_table("address", Owner.RECIPIENT, "userunknown", "hostunknown", "hasmoved", "notaccept", hard=True),
    **_table("mailbox", Owner.RECIPIENT, "mailboxfull", "suspend"),
    **_table("policy", Owner.RECIPIENT, "filtered"),
    **_table("policy", Owner.SENDER, "rejected", "blocked", "badreputation"),
    **_table("policy", Owner.CONTENT, "spamdetected", "virusdetected", "policyviolation"),
    **_table("policy", Owner.SETUP, "requireptr", "authfailure", "failedstarttls", "norelaying", "securityerror"),
    **_table("policy", Owner.SETUP, "notcompliantrfc"),
    **_table("policy", Owner.RATE, "toomanyconn", "speeding"),
    **_table("temporary", Owner.NETWORK, "expired", "networkerror", "systemerror", "systemfull", "mailererror"),
    **_table("temporary", Owner.NETWORK, "greylisted"),
    **_table("size", Owner.CONTENT, "mesgtoobig", "exceedlimit", "contenterror"),
    **_table("other", Owner.SETUP, "syntaxerror"),
    **_table("other", Owner.UNKNOWN, "onhold", "undefined"),
    **_table("kinds", Owner.NOBODY, "feedback", "vacation", "delivered"),
}
"""onhold: words were said and we cannot read them; undefined: nothing was said at all."""

UNREAD = frozenset({"onhold", "undefined"})
