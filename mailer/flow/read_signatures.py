"""签收 as pages show it: what one recipient is asked, and the sheet of a whole mailing by unit. No ranking, no rates.

A unit stands where the mailing has it, whoever has signed; nothing is sorted or counted by how soon.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlmodel import Session

from mailer.flow.audit_words import actor_words
from mailer.model.acknowledgement import How
from mailer.model.delivery import DeliveryStatus
from mailer.store import acknowledgements, queries


@dataclass(frozen=True, slots=True)
class Asked:
    """``is_asked`` False: the list asks for nothing. ``superseded``: the copy was corrected or taken back since."""

    is_asked: bool
    due_at: datetime | None = None
    is_late: bool = False
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class SignLine:
    """One duty. ``how`` in words, with who said so where it was entered by hand; '' while nobody signed. ``displayed_at``:
    what a mail program reported, a hint.
    """

    delivery_id: int
    list_code: str
    post: str
    name: str
    phone: str
    address: str
    status: DeliveryStatus
    signed_at: datetime | None
    how: str
    displayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignUnit:
    name: str
    lines: tuple[SignLine, ...]


@dataclass(frozen=True, slots=True)
class SignSheet:
    """``signed`` of ``posts`` duties; ``due_at``: the first deadline among the lists that ask."""

    codes: tuple[str, ...]
    due_at: datetime | None
    posts: int
    signed: int
    units: tuple[SignUnit, ...]


def read_asked(session: Session, delivery_id: int, now: datetime) -> Asked:
    row = queries.delivery_row(session, delivery_id)
    if row is None:
        return Asked(is_asked=False)
    terms = acknowledgements.terms(session, row.mailing_id).get(row.list_code)
    if terms is None:
        return Asked(is_asked=False)
    mailing = queries.mailing(session, row.mailing_id)
    due_at = terms.due_at(mailing.released_at)
    return Asked(True, due_at, due_at is not None and due_at < now, mailing.superseded_by is not None)


def read_sheet(session: Session, mailing_id: int, *, unsigned_only: bool = False) -> SignSheet:
    """Raises NoResultFound. ``unsigned_only`` leaves out who signed; the counts are of all."""
    mailing = queries.mailing(session, mailing_id)
    terms = acknowledgements.terms(session, mailing_id)
    lines = [(row.unit, _line(row)) for row in acknowledgements.sheet(session, mailing_id, list(terms))]
    dues = [due for each in terms.values() if (due := each.due_at(mailing.released_at))]
    return SignSheet(
        codes=tuple(code for code in mailing.lists.split(",") if code in terms),
        due_at=min(dues, default=None),
        posts=len(lines),
        signed=sum(line.signed_at is not None for _, line in lines),
        units=tuple(_units((unit, line) for unit, line in lines if not unsigned_only or line.signed_at is None)),
    )


def _units(lines: Iterable[tuple[str, SignLine]]) -> Iterable[SignUnit]:
    for unit, of_unit in groupby(lines, key=lambda pair: pair[0]):
        yield SignUnit(unit, tuple(line for _, line in of_unit))


def _line(row: Any) -> SignLine:
    return SignLine(
        delivery_id=row.delivery_id,
        list_code=row.list_code,
        post=row.post,
        name=row.holder,
        phone=row.phone,
        address=row.address,
        status=DeliveryStatus(row.status),
        signed_at=row.acknowledged_at,
        how=_how(row) if row.acknowledged_at is not None else "",
        displayed_at=row.displayed_at,
    )


def _how(row: Any) -> str:
    if row.how is None:
        return ""
    how = How(row.how)
    return f"{row.channel}（{row.who}），{actor_words(row.actor)}登记" if how is How.HAND else how.label


@dataclass(frozen=True, slots=True)
class Entered:
    """One entry of the book of a delivery."""

    at: datetime
    what: str
    by: str
    note: str


def read_book(session: Session, delivery_id: int) -> Sequence[Entered]:
    """Everything that was entered about a delivery's signature, in order."""
    found = []
    for row in acknowledgements.book(session, delivery_id):
        what = (
            "撤销签收"
            if row.undoes
            else f"签收（{How(row.how).label}{f'：{row.channel}，{row.who}' if row.who else ''}）"
        )
        found.append(Entered(row.at, what, actor_words(row.actor), row.note))
    return found
