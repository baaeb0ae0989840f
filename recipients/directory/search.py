"""Finding people: by characters, pinyin or initials of their name or unit, by telephone number or address."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from recipients.directory.people import Holding, holdings
from recipients.people import comparison_key
from recipients.pinyin import matches, sort_key


def find(session: Session, query: str, at: datetime) -> list[Holding]:
    """Every word of the query must fit the person; in official order of units, then by the pinyin of names."""
    words = query.split()
    found = [one for one in holdings(session, at) if words and all(_fits(word, one) for word in words)]
    return sorted(found, key=lambda one: (one.unit_order, sort_key(one.holder.name), one.id))


def _fits(word: str, one: Holding) -> bool:
    holder = one.holder
    if matches(word, holder.name) or matches(word, holder.post.unit.name, is_person=False):
        return True
    key = comparison_key(word)
    digits = "".join(ch for ch in holder.phone if ch.isdigit())
    if key.isdigit() and len(key) >= 3 and key in digits:
        return True
    return key in comparison_key(holder.post.role) or any(key in address.key for address in holder.addresses)
