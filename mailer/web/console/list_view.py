"""What the pages of the lists show, worked out of audiences. Pure; knows no template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from recipients.audience import Audience, DistributionList, Entry, Recipient
from recipients.people import comparison_key
from recipients.pinyin import matches


class _Named(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phrase(self) -> str: ...
    @property
    def is_duty(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ListFacts:
    """``copies``: addresses that would be written to; ``posts``: duties; ``reasons``: why some get nothing, with counts."""

    code: str
    name: str
    phrase: str
    is_duty: bool
    copies: int
    posts: int
    withheld: int
    reasons: tuple[tuple[str, int], ...]


def facts_of(wanted: _Named, audience: Audience) -> ListFacts:
    reasons: dict[str, int] = {}
    for entry in audience.withheld:
        assert entry.withheld is not None
        reasons[entry.withheld.chinese] = reasons.get(entry.withheld.chinese, 0) + 1
    copies = len({entry.address.key for entry in audience.included if entry.address})
    return ListFacts(
        wanted.code, wanted.name, wanted.phrase, wanted.is_duty, copies, len(audience.entries), len(audience.withheld),
        tuple(sorted(reasons.items(), key=lambda one: -one[1])),
    )  # fmt: skip


def chosen_codes(asked: Iterable[str], lists: Sequence[DistributionList]) -> list[str]:
    """Codes of lists there are, in the order of sending; all of them where none was chosen."""
    wanted = set(asked)
    return [each.code for each in lists if each.code in wanted] or [each.code for each in lists]


def fits(query: str, entry: Entry) -> bool:
    """Every word of the query means the person: by characters, pinyin, initials, address or telephone."""
    return all(_means(word, entry) for word in query.split())


def audience_rows(audience: Audience, query: str) -> list[Recipient]:
    """The copies that would be made, those with a duty that fits the query."""
    return [one for one in audience.recipients() if any(fits(query, entry) for entry in one.entries)]


def _means(word: str, entry: Entry) -> bool:
    if matches(word, entry.name) or matches(word, entry.unit, is_person=False):
        return True
    key = comparison_key(word)
    return key in comparison_key(f"{entry.role} {entry.phone}") or bool(entry.address and key in entry.address.key)
