"""What a list wants of the mails to it, beside who is on it. Pure.

Owns the names under which the list keeps these wishes. Whether people may leave it is the list's own column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

IN_DOUBT = ("hold", "resend")


@dataclass(frozen=True, slots=True)
class ListPolicy:
    """``in_doubt``: hold or resend a copy of which nobody knows whether it arrived; '' leaves it to the installation.
    ``acknowledgement``: the mail asks for 签收. Raises ValueError for another word.
    """

    in_doubt: str = ""
    acknowledgement: bool = False

    def __post_init__(self) -> None:
        if self.in_doubt and self.in_doubt not in IN_DOUBT:
            raise ValueError(self.in_doubt)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Of what is kept, what is known here; a word of a newer program counts as none."""
        in_doubt = kept.get("in_doubt")
        return cls(in_doubt if in_doubt in IN_DOUBT else "", bool(kept.get("acknowledgement")))

    def as_json(self) -> dict[str, Any]:
        return {"in_doubt": self.in_doubt, "acknowledgement": self.acknowledgement}


PLAIN = ListPolicy()
