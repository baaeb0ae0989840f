"""Suppression: why an address is not written to, on which lists, and until when.

Owns the value, its precedence, and the one rule of principle: on a duty list a machine never drops a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ALL_LISTS = ""  # the scope that covers every list


class SuppressionReason(StrEnum):
    """In order of precedence: the first that is active is the one told to people."""

    COMPLAINT = "complaint"  # RFC 5965: reported as spam
    ASKED = "asked"  # the recipient's own wish
    OFFICE = "office"  # a colleague decided
    HARD_BOUNCE = "hard_bounce"  # confirmed dead by the rules of DESIGN 8

    @property
    def chinese(self) -> str:
        return _CHINESE[self]

    @property
    def precedence(self) -> int:
        """0 is the strongest."""
        return list(SuppressionReason).index(self)


_CHINESE = {
    SuppressionReason.COMPLAINT: "收件人举报为垃圾邮件",
    SuppressionReason.ASKED: "本人要求不再接收",
    SuppressionReason.OFFICE: "办公室决定不发",
    SuppressionReason.HARD_BOUNCE: "多次退信，地址已失效",
}


@dataclass(frozen=True, slots=True)
class Suppression:
    """``scope`` is a list code or ALL_LISTS; ``until`` None means until lifted. Times are aware."""

    address_key: str
    reason: SuppressionReason
    scope: str = ALL_LISTS
    until: datetime | None = None
    lifted_at: datetime | None = None
    evidence: str = ""
    id: int | None = None

    def is_active(self, at: datetime) -> bool:
        """From the moment it is lifted or runs out it no longer holds."""
        return (self.lifted_at is None or at < self.lifted_at) and (self.until is None or at < self.until)

    def covers(self, list_code: str) -> bool:
        return self.scope in {ALL_LISTS, list_code}


def strongest(suppressions: Iterable[Suppression], list_code: str, at: datetime) -> Suppression | None:
    """The active suppression that people are told of, or None when the address may be written to."""
    active = [s for s in suppressions if s.covers(list_code) and s.is_active(at)]
    return min(active, key=lambda s: s.reason.precedence, default=None)


def may_suppress(reason: SuppressionReason, *, on_duty_list: bool, by_person: bool) -> bool:
    """Whether the suppression may be entered. ``on_duty_list``: its scope is, or takes in, a duty list.

    ``by_person``: a colleague decided, with the bounce, the complaint or the wish before their eyes.
    """
    return by_person or not (on_duty_list or reason is SuppressionReason.OFFICE)
