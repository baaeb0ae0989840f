"""A correction or recall that was ordered is carried to its end: wait until nothing of the old is on the wire, freeze who
gets what, release both mailings in one transaction. Safe to be called by anybody at any time; killed anywhere, the next
one goes on.

Exactly once each: whoever holds any older revision (accepted, delivered, in doubt) is in the one mailing, whoever was
taken off the queue and holds none is in the other, and who is in the first is never in the second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.flow.approve_mailing import ApprovalError, binding_of
from mailer.flow.freeze_audience import House, fill
from mailer.flow.office import Office
from mailer.flow.release_mailing import release_now
from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import follow_up_book, queries, sign_off, upkeep, writes
from recipients.address import EmailAddress
from recipients.audience import Entry, Withheld

_TURN = timedelta(seconds=10)  # of whoever carries on; one that was killed keeps it so long
_A_SECOND = 500  # copies that are surely frozen in one
_ON_PAPER = {str(Withheld.PAPER), str(Withheld.NO_ADDRESS)}


def carry_on(house: House, holder: str) -> tuple[int, ...]:
    """Carries on what can be; the mailings that were released. ``holder`` names the caller: one at a time does this."""
    with house.store.read() as session:
        if not follow_up_book.to_carry_on(session):
            return ()
    with house.store.begin() as session:
        if not _take_turn(session, house, holder, _TURN):
            return ()
        numbers = follow_up_book.to_carry_on(session)
    released: list[int] = []
    for number in numbers:
        with house.store.read() as session:
            row = follow_up_book.entry(session, number)
        if row.state == FollowUpState.STOPPING and not _freeze(house, row, holder):
            continue
        released += _release(house, number)
    with house.store.begin() as session:
        _take_turn(session, house, holder, timedelta())  # over
    return tuple(released)


def _take_turn(session: Session, house: House, holder: str, hold_for: timedelta) -> bool:
    return writes.take_house_lease(session, "follow_up", holder, house.clock.now(), hold_for)


def on_the_wire(session: Session, row: Any) -> int:
    """How many copies of what was stopped are with a worker now: they end before anybody is told anything."""
    return sum(
        queries.on_the_wire(session, each.id)
        for each in follow_up_book.mailings_out(session, row.issue_id, rehearsal=row.rehearsal)
        if each.superseded_by is not None
    )


def approve_follow_up(office: Office, number: int, actor: str, *, seen: str) -> bool:
    """Where the house wants another account's word. ``seen``: the binding that was shown. False when it needs none.

    Raises ApprovalError ``own_work``, ``not_what_was_seen``.
    """
    with office.store.begin() as session:
        row = follow_up_book.lock(session, number)
        if row.state != FollowUpState.PREPARED or row.approved_at is not None:
            return False
        revision = queries.revision_content(session, row.revision_id)
        if actor == row.ordered_by or (revision is not None and actor == revision.created_by):
            raise ApprovalError(
                "own_work", "这是您自己准备或改稿的，要由另一个帐户核签。", "请有“核签”角色的同事登录。"
            )
        if seen != binding(session, row):
            raise ApprovalError("not_what_was_seen", "您打开页面之后，内容或收件人变了。", "请重新看一遍，再核签。")
        now = office.clock.now()
        follow_up_book.change(session, number, FollowUpState.PREPARED, approved_at=now, approved_by=actor)
        office.record(session, actor, "issue.follow_up_approved", f"issue:{row.issue_id}", binding=seen)
    return True


def give_up(office: Office, number: int, actor: str) -> bool:
    """Nobody is told anything; what was stopped stays stopped. False when it has gone out or was given up before."""
    with office.store.begin() as session:
        row = follow_up_book.lock(session, number)
        if row.state != FollowUpState.PREPARED or row.approved_at is not None:
            return False
        for mailing_id in _mailings(row):
            if queries.mailing_for_update(session, mailing_id).released_at is not None:
                continue
            writes.move_mailing(session, mailing_id, MailingEventKind.CANCELLED, reason=f"{actor} 放弃")
            upkeep.cancel_waiting(session, mailing_id, office.clock.now(), actor)
        follow_up_book.change(session, number, FollowUpState.GIVEN_UP)
        office.record(session, actor, "issue.follow_up_given_up", f"issue:{row.issue_id}")
    return True


def binding(session: Session, row: Any) -> str:
    """What an approval of it stands for: of both mailings."""
    return ".".join(binding_of(session, queries.mailing(session, each)) for each in _mailings(row))


def _mailings(row: Any) -> tuple[int, ...]:
    return tuple(each for each in (row.holders_mailing_id, row.rest_mailing_id) if each is not None)


# --- who gets what --------------------------------------------------------------------------------------------------


def _freeze(house: House, row: Any, holder: str) -> bool:
    """False while something is on the wire, or somebody else freezes."""
    with house.store.begin() as session:
        if on_the_wire(session, row):
            return False
        for each in follow_up_book.mailings_out(session, row.issue_id, rehearsal=row.rehearsal):
            upkeep.cancel_leftovers(session, each.id, house.clock.now())
    with house.store.read() as session:
        known = _frozen(session, row.holders_mailing_id)
        parted = part(session, row, known)
    with house.store.begin() as session:
        size = len(parted.holders) + len(parted.rest)
        _take_turn(session, house, holder, _TURN + timedelta(seconds=size / _A_SECOND))
    kept: dict[str, int | None] = {}
    parts = (("holders_mailing_id", parted.holders), ("rest_mailing_id", parted.rest))
    for column, entries in parts:
        mailing_id = getattr(row, column)
        kept[column] = mailing_id
        if mailing_id is None:
            continue
        with house.store.read() as session:
            mailing = queries.mailing_or_none(session, mailing_id)
        if mailing is None or mailing.status != MailingStatus.DRAFT:
            kept[column] = None if mailing is None else mailing_id
        elif entries:
            if not fill(house, mailing, entries, {}):
                return False
        else:
            with house.store.begin() as session:
                follow_up_book.drop_draft(session, mailing_id)
            kept[column] = None
    with house.store.begin() as session:
        if follow_up_book.lock(session, row.id).state == FollowUpState.STOPPING:
            follow_up_book.change(session, row.id, FollowUpState.PREPARED, **kept)
    return True


def _frozen(session: Session, mailing_id: int | None) -> set[str] | None:
    """Addresses of the first mailing where an earlier call has frozen it; None where it is still to be."""
    mailing = queries.mailing_or_none(session, mailing_id) if mailing_id is not None else None
    if mailing is None or mailing.status == MailingStatus.DRAFT:
        return None
    return follow_up_book.addresses_of(session, mailing.id)


@dataclass(slots=True)
class Parted:
    holders: list[Entry] = field(default_factory=list)
    rest: list[Entry] = field(default_factory=list)


def part(session: Session, row: Any, frozen: set[str] | None = None) -> Parted:
    """Who holds an older revision, and who was stopped and holds none. ``frozen``: addresses of the first part where it
    is settled already; late evidence may have moved them since, and nobody shall get both.
    """
    out = follow_up_book.mailings_out(session, row.issue_id, rehearsal=row.rehearsal)
    copies = follow_up_book.copies(session, [each.id for each in out])
    is_recall = row.kind == FollowUpKind.RECALL
    held: dict[str, set[int]] = {}
    stopped, coming = set(), set()
    for copy in copies:
        if DeliveryStatus(copy.status) in follow_up_book.HOLDS:
            held.setdefault(copy.address_key, set()).add(copy.revision_id)
        elif copy.status == DeliveryStatus.CANCELLED and copy.superseded_by is not None:
            stopped.add(copy.address_key)
        elif DeliveryStatus(copy.status).is_open:
            coming.add(copy.address_key)
    holders = {key for key, revisions in held.items() if is_recall or row.revision_id not in revisions}
    rest = stopped - set(held) - coming - (frozen or set())
    paper = _on_paper(copies)
    return Parted(
        [*_entries(copies, holders.__contains__), *(paper if holders else ())],
        [*_entries(copies, rest.__contains__), *(() if holders else paper)],
    )


def _entries(copies: Sequence[Any], is_wanted: Callable[[str], bool]) -> list[Entry]:
    found: dict[tuple[str, str, str, str, str], Entry] = {}
    for copy in copies:
        if copy.address and is_wanted(copy.address_key):
            key = (copy.address_key, *_duty(copy))
            found.setdefault(key, _entry(copy, EmailAddress.parse(copy.address), None))
    return sorted(found.values(), key=lambda entry: entry.lane)


def _on_paper(copies: Sequence[Any]) -> list[Entry]:
    """Duties without a mailbox: whoever carried the old sheet there carries the new one."""
    served = {_duty(copy) for copy in copies if copy.address}
    found = {
        _duty(copy): _entry(copy, None, Withheld(copy.reason))
        for copy in copies
        if not copy.address and copy.reason in _ON_PAPER and _duty(copy) not in served
    }
    return list(found.values())


def _duty(copy: Any) -> tuple[str, str, str, str]:
    return copy.list_code, copy.unit, copy.post, copy.holder


def _entry(copy: Any, address: EmailAddress | None, withheld: Withheld | None) -> Entry:
    return Entry(
        copy.list_code,
        copy.lane,
        address,
        copy.holder,
        copy.unit,
        copy.post,
        copy.holder_id,
        copy.phone,
        withheld,
        care_of=copy.care_of,
        is_essential=copy.essential,
    )


# --- out ------------------------------------------------------------------------------------------------------------


def _release(house: House, number: int) -> tuple[int, ...]:
    now = house.clock.now()
    with house.store.begin() as session:
        row = follow_up_book.lock(session, number)
        if row.state != FollowUpState.PREPARED or row.approved_at is None:
            return ()
        released = [each for each in _mailings(row) if _answer_for(session, each, row, now)]
        for mailing_id in released:
            release_now(session, mailing_id, now)
        follow_up_book.change(session, number, FollowUpState.RELEASED, released_at=now)
    return tuple(released)


def _answer_for(session: Session, mailing_id: int, row: Any, now: datetime) -> bool:
    """The word that was given for the whole act stands for each of its mailings; False for one that a person has
    cancelled meanwhile.
    """
    mailing = queries.mailing_for_update(session, mailing_id)
    if mailing.status != MailingStatus.PREPARED:
        return False
    values = {
        "mailing_id": mailing_id,
        "mode": row.mode,
        "binding": binding_of(session, mailing),
        "signer": row.signer,
        "signed_on": row.signed_on,
        "note": "",
        "photo": None,
        "photo_type": "",
        "waived": json.dumps(json.loads(row.waived), ensure_ascii=False),
        "approved_at": row.approved_at,
        "approved_by": row.approved_by,
    }
    sign_off.keep_approval(session, values)
    writes.move_mailing(session, mailing_id, MailingEventKind.APPROVED, approved_at=now, approved_by=row.approved_by)
    return True
