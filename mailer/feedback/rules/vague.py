"""Words that say little: asked last, and read as softly as they are.

"Mailbox unavailable" is RFC 5321's own text for 550 and stands for everything; ``classify`` reads the first rule here
as ``filtered`` once the message has been sent (DATA and later), because the mailbox had been accepted before.
"""

from __future__ import annotations

from mailer.feedback.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "userunknown",
        (
            "mailbox unavailable",
            "mailbox is unavailable",
            "mailbox not available",
            "mailbox currently unavailable",
            "mailbox not accessible",
            "recipient rejected",
            "recipient reject",
            "recipient address rejected",
            "recipient refused",
            "recipient not accepted",
            "rcpt is rejected",
            "user rejected",
            "mailbox name not allowed",
            "not available here",
        ),
        "550 Requested action not taken: mailbox unavailable",
        "RFC 5321 4.2.3 (550, 553); Postfix access(5) REJECT",
    ),
    Rule(
        "systemerror",
        ("transaction failed", "try again later", "please try later", "try later", "lookup failure"),
        "451 Please try again later",
        "RFC 5321 4.2.3 (451): said beside every kind of refusal",
    ),
    Rule(
        "rejected",
        (
            "access denied",
            "messages from * not accepted",
            "you are not authorized",
            "not welcome",
            "we don't want",
            "refused to talk to me",
            "go away",
            "restricted",
            "black mail",
        ),
        "550 5.7.1 Access denied",
        "Sendmail access_db REJECT; Postfix access(5)",
    ),
)
