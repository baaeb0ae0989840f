"""An audience becomes rows, slice by slice: one delivery for each address, one duty for each entry it serves.

However long the audience, one slice of it is in memory: an address that an earlier slice has frozen is found in the table, and
the later entries become further duties of the same delivery.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlmodel import Session

from mailer.content.compose import PreparedMail
from mailer.flow.ports import Clock
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.model.return_path import Signer
from mailer.store import freeze, ledger_rows, queries, upkeep, writes
from mailer.store.engine import Store
from recipients.audience import Audience, Entry, Recipient

SLICE = 5_000  # entries


class House(Protocol):
    """What freezing needs: the office has it, and so has every sending process."""

    @property
    def store(self) -> Store: ...
    @property
    def signer(self) -> Signer: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def excluded(self) -> Callable[[datetime], ColumnElement[bool]]: ...


def fill(house: House, mailing: Any, entries: Iterable[Entry], contents: Mapping[str, PreparedMail]) -> bool:
    """The rows of a draft, invisible until the last slice; then it is prepared. ``contents`` by list code: kept with the
    first slice, none where the draft has them already. False when another call took the freezing over and is still at it.
    """
    token = secrets.token_hex(8)
    now = house.clock.now()
    for number, (part, is_last) in enumerate(slices(entries)):
        with house.store.begin() as session:
            if not freeze.hold_draft(session, mailing.id, token, first=number == 0):
                return bool(queries.mailing(session, mailing.id).status != MailingStatus.DRAFT)
            if number == 0:
                writes.thaw_rows(session, mailing.id)  # what an earlier freezing that died may have left
                for code, prepared in contents.items():
                    freeze.keep_content(session, mailing.id, code, prepared.dump(), prepared.content_hash)
            freeze_slice(session, house.signer, mailing, part, now, before=number * SLICE)
            if is_last:
                # whoever suppresses an address waits here, and we see what was suppressed before us
                writes.lock(session, "addresses")
                upkeep.withhold_waiting(session, mailing.id, house.excluded(now), now)
                freeze.set_recipients(session, mailing.id)
                writes.move_mailing(session, mailing.id, MailingEventKind.FROZEN)
                freeze.end_freezing(session, mailing.id)
    return True


def slices(entries: Iterable[Entry], size: int = SLICE) -> Iterator[tuple[list[Entry], bool]]:
    """(entries, whether they are the last); an audience of nobody is one empty slice."""
    iterator = iter(entries)
    part = list(islice(iterator, size))
    while following := list(islice(iterator, size)):
        yield part, False
        part = following
    yield part, True


def freeze_slice(
    session: Session, signer: Signer, mailing: Any, entries: Sequence[Entry], now: datetime, *, before: int
) -> None:
    """Rows for the addresses that have none yet in this mailing, and the duties of all entries.

    ``before``: how many entries earlier slices had.
    """
    recipients = Audience(tuple(entries)).recipients()
    keys = [recipient.address.key for recipient in recipients if recipient.address]
    known = freeze.frozen_addresses(session, mailing.id, keys)
    new = [each for each in recipients if each.address is None or each.address.key not in known]
    again = [(known[each.address.key], each) for each in recipients if each.address and each.address.key in known]
    first = writes.next_ids(session, "delivery", len(new))
    turns = _turns(new, before)
    rows = [
        _delivery(signer, mailing, first + n, recipient, now) | {"turn": turns[n]} for n, recipient in enumerate(new)
    ]
    duties = [_duty(mailing.id, first + n, entry) for n, each in enumerate(new) for entry in each.entries]
    duties += [_duty(mailing.id, frozen.id, entry) for frozen, each in again for entry in each.entries]
    writes.freeze_rows(session, mailing.id, rows, duties)
    freeze.rename_rows(
        session,
        [(frozen.id, _name({*frozen.units, *(entry.unit for entry in each.entries)})) for frozen, each in again],
    )
    # a list it may go to takes it in after one it may not
    revived = [f for f, each in again if f.status == DeliveryStatus.WITHHELD and each.withheld is None]
    values = {"reason": "", "finished_at": None}
    ledger_rows.move_rows(session, mailing.id, revived, DeliveryStatus.PLANNED, values)


def _turns(recipients: Sequence[Recipient], before: int) -> list[int]:
    """The first of every domain, then the second of every domain, and so on."""
    so_far: Counter[tuple[int, str]] = Counter()
    turns = []
    for recipient in recipients:
        domain = recipient.entries[0].lane, recipient.address.domain if recipient.address else ""
        turns.append(before + so_far[domain])
        so_far[domain] += 1
    return turns


def _name(units: set[str]) -> str:
    """Of a copy for several posts: their unit's, where it is one."""
    return next(iter(units)) if len(units) == 1 else ""


def _delivery(signer: Signer, mailing: Any, delivery_id: int, recipient: Recipient, now: datetime) -> dict[str, Any]:
    first = recipient.entries[0]
    address = recipient.address
    several = len(recipient.entries) > 1
    withheld = recipient.withheld
    return {
        "id": delivery_id,
        "mailing_id": mailing.id,
        "list_code": first.list_code,
        "lane": first.lane,
        "address": address.ascii if address else "",
        # a duty without an address is a row of its own, and never the same one as another
        "address_key": address.key if address else f"-{delivery_id}",
        "domain": address.domain if address else "",
        "name": _name({entry.unit for entry in recipient.entries}) if several else first.name,
        "status": str(DeliveryStatus.WITHHELD if withheld else DeliveryStatus.PLANNED),
        "reason": str(withheld) if withheld else "",
        "fault": "",
        "hard": False,
        "message_id": f"{signer.token(delivery_id)}@{mailing.message_domain}",
        "attempts": 0,
        "doubts": 0,
        "crashes": 0,
        "returns": 0,
        "finished_at": now if withheld else None,
    }


def _duty(mailing_id: int, delivery_id: int, entry: Entry) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "delivery_id": delivery_id,
        "list_code": entry.list_code,
        "unit": entry.unit,
        "post": entry.role,
        "holder": entry.name,
        "phone": entry.phone,
        "holder_id": entry.holder_id,
        "care_of": entry.care_of,
        "essential": entry.is_essential,
    }
