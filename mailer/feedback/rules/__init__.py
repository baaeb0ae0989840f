"""Every rule in the order it is asked: a provider's own words first, then what any mail server may say.

Within the general words the order is from the narrow to the wide: who must not be blamed comes first ("sender address
rejected: domain not found" speaks of us, not of the recipient).
"""

from __future__ import annotations

from mailer.feedback.rules import (
    addresses,
    chinese,
    content,
    hosts,
    languages,
    mailboxes,
    meanings_of_them,
    meanings_of_us,
    reports,
    sender,
    systems,
    vague,
)
from mailer.feedback.rules.rule import Rule

NARROW_RULES: tuple[Rule, ...] = (
    *chinese.RULES,
    *reports.RULES,
    *hosts.RULES,
    *sender.RULES,
    *systems.RATE_RULES,
    *mailboxes.RULES,
    *addresses.RULES,
    *content.RULES,
    *systems.RULES,
    *languages.RULES,
)
"""Asked before any number."""

MEANING_RULES: tuple[Rule, ...] = (*meanings_of_us.RULES, *meanings_of_them.RULES)
"""Asked where no known wording stands."""

PASSING_RULES: tuple[Rule, ...] = meanings_of_them.PASSING
"""Asked after the vague words."""

VAGUE_RULES: tuple[Rule, ...] = vague.RULES
"""Asked after a narrow enhanced code: 5.2.1 says more than "mailbox unavailable"."""

__all__ = ["MEANING_RULES", "NARROW_RULES", "PASSING_RULES", "VAGUE_RULES", "Rule"]
