"""Finds people in a ledger as they are typed: name, unit, address, phone; letters also as pinyin, whole or initials.

Pinyin is compared with the first 20,000 names of a mailing; what is typed as it is written finds everybody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sqlmodel import Session

from mailer.store import ledger_reads
from recipients import pinyin

_LONGEST = 60  # characters of a query that mean anything
_NAMES = 20_000  # different ones that are read as pinyin: a second's work the first time


def search(session: Session, mailing_id: int, query: str) -> tuple[int, ...]:
    """The deliveries found, at most 500; () for a query of nothing."""
    wanted = unicodedata.normalize("NFKC", query).strip()[:_LONGEST]
    if not wanted:
        return ()
    holders: Iterable[str] = ()
    units: Iterable[str] = ()
    if may_be_pinyin(wanted):
        holders, units = ledger_reads.people(session, mailing_id, limit=_NAMES)
    return ledger_reads.find(
        session,
        mailing_id,
        wanted,
        holders=[name for name in holders if pinyin.matches(wanted, name)],
        unit_names=[name for name in units if pinyin.matches(wanted, name, is_person=False)],
    )


def may_be_pinyin(query: str) -> bool:
    """Letters only, blanks and apostrophes apart: «zhang san», «xi'an», «zs». Numbers and addresses are not."""
    return query.replace(" ", "").replace("'", "").isalpha() and query.isascii()
