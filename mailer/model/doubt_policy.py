"""What is done with a copy of which nobody knows whether it arrived: held for a person, or sent again. Each list may say so.

Owns how a mailing carries the answer of its lists while it is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class InDoubt(StrEnum):
    HOLD = "hold"
    RESEND = "resend"

    @property
    def chinese(self) -> str:
        return "留给人决定" if self is InDoubt.HOLD else "自动再发（可能收到两份）"


def frozen(by_list: Mapping[str, str]) -> str:
    """One word where all lists agree, else «报=hold,发=resend»."""
    words = set(by_list.values())
    return words.pop() if len(words) == 1 else ",".join(f"{code}={word}" for code, word in by_list.items())


def resends(policy: str, list_code: str) -> bool:
    """Whether a doubt about a copy of that list is sent again. ``policy`` as ``frozen`` gave it."""
    return policy == InDoubt.RESEND or f"{list_code}={InDoubt.RESEND}" in policy.split(",")
