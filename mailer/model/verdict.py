"""Our reading of an outcome or a returned report: whose fault, temporary or permanent, what the sending does next.

Owns the vocabulary only; the rules that reach a verdict are in ``feedback``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Owner(StrEnum):
    """To whom a fault is charged (DESIGN 2.5). Only RECIPIENT ever counts against a recipient."""

    NOBODY = "none"
    RECIPIENT = "recipient"
    RATE = "rate"  # we send too fast for the host
    NETWORK = "network"  # lines, DNS, their system
    CONTENT = "content"  # the message itself
    SENDER = "sender"  # our address, our IP, our reputation
    SETUP = "setup"  # SPF, DKIM, TLS, relaying, login, a fault in our client
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What the verdict does to the delivery."""

    ACCEPT = "accept"
    RETRY = "retry"  # deferred, with a due time
    PARK = "park"  # deferred without a due time: a person must act
    BOUNCE = "bounce"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Hint:
    """What the provider's words say about when to try again; at most one is set."""

    after: timedelta | None = None
    tomorrow: bool = False  # a day limit: not before 08:00 office time


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is a term of the returned-mail vocabulary (userunknown, mailboxfull, speeding, ...); '' when none."""

    action: Action
    owner: Owner
    reason: str = ""
    hard: bool = False
    hint: Hint = Hint()
