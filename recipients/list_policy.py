"""What a list wants of the mails to it, beside who is on it. Pure.

Owns the names under which the list keeps these wishes. Whether people may leave it is the list's own column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

IN_DOUBT = ("hold", "resend")
OPEN, APPROVAL = JOINING = ("open", "approval")
#: (least, most) of what is a number: days, and how often.
LIMITS = {"sign_within": (0, 60), "reminders": (0, 5), "reminder_gap": (1, 30)}


@dataclass(frozen=True, slots=True)
class ListPolicy:
    """``in_doubt``: hold or resend a copy of which nobody knows whether it arrived; '' leaves it to the installation.
    ``acknowledgement``: the mail asks for 签收, ``sign_within`` days after the release (0: no deadline); who has not signed
    is reminded at most ``reminders`` times, ``reminder_gap`` days apart; ``short_replies``: a reply 收到 or 已阅 from the
    recipient's own address counts. ``joining``: who asks to be put on it is (open), or is once the office agrees (approval);
    '' is neither. Raises ValueError for another word or a number out of reason.
    """

    in_doubt: str = ""
    acknowledgement: bool = False
    sign_within: int = 0
    reminders: int = 2
    reminder_gap: int = 1
    short_replies: bool = False
    joining: str = ""

    def __post_init__(self) -> None:
        for word, known in ((self.in_doubt, IN_DOUBT), (self.joining, JOINING)):
            if word and word not in known:
                raise ValueError(word)
        for name, (least, most) in LIMITS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(name)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Of what is kept, what is known here; a word of a newer program counts as none."""
        in_doubt, joining = kept.get("in_doubt"), kept.get("joining")
        numbers = {
            name: kept[name]
            for name, (least, most) in LIMITS.items()
            if isinstance(kept.get(name), int) and least <= kept[name] <= most
        }
        return cls(
            in_doubt if in_doubt in IN_DOUBT else "",
            bool(kept.get("acknowledgement")),
            short_replies=bool(kept.get("short_replies")),
            joining=joining if joining in JOINING else "",
            **numbers,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


PLAIN = ListPolicy()
