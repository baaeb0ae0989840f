"""The common ledger of an issue that was corrected or taken back: every recipient once, over all its mailings, and which
revision they hold. One snapshot; its parts are the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.store import follow_up_book

_CALLED = 200  # who is to be telephoned is shown by name up to here


class Stands(StrEnum):
    """How one recipient stands to the issue as it is now."""

    CURRENT = "current"
    COMING = "coming"
    OLD = "old"
    NONE = "none"

    def label(self, kind: FollowUpKind) -> str:
        return _LABELS[kind][self]


_LABELS = {
    FollowUpKind.CORRECTION: {
        Stands.CURRENT: "已有更正后的",
        Stands.COMING: "更正后的正在发",
        Stands.OLD: "只有旧稿",
        Stands.NONE: "哪一稿都没收到",
    },
    FollowUpKind.RECALL: {
        Stands.CURRENT: "收到过本期，已告知撤回",
        Stands.COMING: "撤回通知正在发",
        Stands.OLD: "收到过本期，撤回通知没有送到",
        Stands.NONE: "没有收到过本期",
    },
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who holds what is no longer valid and was not reached: to be telephoned."""

    unit: str
    post: str
    name: str
    phone: str
    address: str
    revision: int


@dataclass(frozen=True, slots=True)
class CommonLedger:
    """``total`` recipients are ``counts`` and nothing else, and ``by_revision`` (the newest they hold; 0: none) as well."""

    number: int
    kind: FollowUpKind
    state: FollowUpState
    revision: int
    note: str
    ordered_by: str
    mailings: Sequence[Any]
    counts: dict[Stands, int]
    by_revision: dict[int, int]
    to_call: tuple[Person, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def in_words(self) -> tuple[tuple[str, int], ...]:
        """Label and number of each part that is not nothing, in order."""
        return tuple((stands.label(self.kind), n) for stands in Stands if (n := self.counts[stands]))


@dataclass(slots=True)
class _Recipient:
    held: int = 0  # revision number; 0: none
    is_told: bool = False
    is_coming: bool = False
    duty: Any = None


def read_common_ledger(session: Session, issue_id: int, *, rehearsal: bool) -> CommonLedger | None:
    """Of the follow-up that counts; None for an issue that stands as it went out."""
    row = follow_up_book.standing(session, issue_id, rehearsal=rehearsal)
    if row is None:
        return None
    kind = FollowUpKind(row.kind)
    mailings = list(follow_up_book.mailings_out(session, issue_id, rehearsal=rehearsal))
    if kind is FollowUpKind.RECALL and row.holders_mailing_id is not None:
        mailings += follow_up_book.mailing_with_revision(session, row.holders_mailing_id)
    found = _recipients(follow_up_book.copies(session, [each.id for each in mailings]), mailings, row)
    counts = Counter(_stands(each) for each in found)
    revisions = Counter(each.held for each in found)
    return CommonLedger(
        number=row.id,
        kind=kind,
        state=FollowUpState(row.state),
        revision=row.revision,
        note=row.note,
        ordered_by=row.ordered_by,
        mailings=mailings,
        counts={stands: counts[stands] for stands in Stands},
        by_revision=dict(sorted(revisions.items(), reverse=True)),
        to_call=tuple(_person(each) for each in found if _stands(each) is Stands.OLD)[:_CALLED],
    )


def _recipients(copies: Iterable[Any], mailings: Sequence[Any], row: Any) -> list[_Recipient]:
    numbers = {each.id: each.revision for each in mailings}
    is_recall = row.kind == FollowUpKind.RECALL
    found: dict[tuple[str, ...], _Recipient] = {}
    for copy in copies:
        # whoever has no mailbox is known by the duty alone
        key = (copy.address_key,) if copy.address else (copy.list_code, copy.unit, copy.post, copy.holder)
        one = found.setdefault(key, _Recipient())
        one.duty = one.duty or copy
        status = DeliveryStatus(copy.status)
        tells = copy.mailing_id == row.holders_mailing_id if is_recall else copy.revision_id == row.revision_id
        holds = status in follow_up_book.HOLDS
        if holds and not (tells and is_recall):
            one.held = max(one.held, numbers[copy.mailing_id])
        one.is_told = one.is_told or (tells and holds)
        one.is_coming = one.is_coming or (tells and status.is_open)
    return list(found.values())


def _stands(one: _Recipient) -> Stands:
    if one.is_told:
        return Stands.CURRENT
    if one.is_coming:
        return Stands.COMING
    return Stands.OLD if one.held else Stands.NONE


def _person(one: _Recipient) -> Person:
    duty = one.duty
    return Person(duty.unit, duty.post, duty.holder, duty.phone, duty.address, one.held)
