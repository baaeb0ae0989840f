"""签收: a recipient signs on the page or by mail, or the office enters what it was told; and takes that back.

A signature proves that the copy arrived, so it resolves a doubt. It holds for every copy of the same revision to the same
address (a 催办 answers for the first one). Signing twice is signing once; a page that was only opened is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.model.acknowledgement import CHANNELS, How
from mailer.model.delivery import Cell, DeliveryEventKind, DeliveryStatus, cell
from mailer.store import acknowledgements, ledger_rows, queries

_WORDS = 60  # characters of a name
_NOTE = 500


class SignError(Exception):
    """It cannot be signed for: code, sentence and remedy."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass(frozen=True, slots=True)
class Said:
    """How it came. By hand: through which ``channel`` (model.acknowledgement.CHANNELS) and ``who`` said so."""

    how: How
    channel: str = ""
    who: str = ""
    note: str = ""
    returned_mail_id: int | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """``at``: when it was signed for; ``is_new`` False: it was before."""

    at: datetime
    is_new: bool


def acknowledge(office: Office, delivery_id: int, said: Said, actor: str) -> Signed:
    """Raises SignError: ``unknown``, ``not_asked``, ``no_name``, ``no_channel``."""
    with office.store.begin() as session:
        return acknowledge_in(session, office, delivery_id, said, actor)


def acknowledge_in(session: Session, office: Office, delivery_id: int, said: Said, actor: str) -> Signed:
    """The same as part of another step."""
    delivery = _asked(session, delivery_id)
    if said.how is How.HAND:
        _demand_told(said)
    if delivery.acknowledged_at is not None:
        return Signed(delivery.acknowledged_at, is_new=False)
    now = office.clock.now()
    rows = acknowledgements.same_person(session, delivery_id, signed=False)
    acknowledgements.set_signed(session, [row.id for row in rows], now)
    _append(session, rows, said, now, actor, undoes=False)
    for row in rows:
        _move(session, row, now, actor)
    _spare(session, acknowledgements.reminders_waiting(session, delivery_id), now)
    office.record(
        session,
        actor,
        "acknowledgement.entered" if said.how is How.HAND else "acknowledgement.signed",
        f"delivery:{delivery_id}",
        how=str(said.how),
        channel=said.channel,
        who=said.who,
    )
    return Signed(now, is_new=True)


def take_back(office: Office, delivery_id: int, note: str, actor: str) -> bool:
    """The office entered it wrongly, or the signature was somebody else's. False when there is none. What it proved of
    the wire stays: a doubt that it resolved does not come back.
    """
    now = office.clock.now()
    with office.store.begin() as session:
        rows = acknowledgements.same_person(session, delivery_id, signed=True)
        if delivery_id not in {row.id for row in rows}:
            return False
        acknowledgements.set_signed(session, [row.id for row in rows], None)
        _append(session, rows, Said(How.HAND, note=note[:_NOTE]), now, actor, undoes=True)
        for row in rows:
            kind = DeliveryEventKind.ACKNOWLEDGEMENT_UNDONE
            ledger_rows.record(session, row.mailing_id, [row.id], kind, now, actor=actor)
        office.record(session, actor, "acknowledgement.undone", f"delivery:{delivery_id}", words=note[:_NOTE])
    return True


def settle_signed(session: Session, now: datetime) -> None:
    """Copies that were signed for while they were on the wire, and ended in doubt: they did arrive."""
    for row in acknowledgements.signed_in_doubt(session):
        _move(session, row, now, "")


def _asked(session: Session, delivery_id: int) -> Any:
    delivery = queries.delivery_row_for_update(session, delivery_id)
    if delivery is None:
        raise SignError("unknown", "没有这一份邮件的记录。", "请核对件号。")
    if delivery.list_code not in acknowledgements.terms(session, delivery.mailing_id):
        raise SignError("not_asked", "这一期没有要求签收。", "不用办理。")
    return delivery


def _demand_told(said: Said) -> None:
    if not said.who.strip() or len(said.who) > _WORDS:
        raise SignError("no_name", "没有登记：请写明是谁说的（60 字以内）。", "")
    if said.channel not in CHANNELS:
        raise SignError("no_channel", "没有登记：请选怎样得知的。", "电话、当面、书面或其他系统。")


def _append(session: Session, rows: Any, said: Said, now: datetime, actor: str, *, undoes: bool) -> None:
    values = {
        "undoes": undoes, "how": str(said.how), "channel": said.channel, "who": said.who, "note": said.note[:_NOTE],
        "returned_mail_id": said.returned_mail_id, "at": now, "actor": actor,
    }  # fmt: skip
    acknowledgements.append(session, rows, values)


def _move(session: Session, row: Any, now: datetime, actor: str) -> None:
    event = DeliveryEventKind.ACKNOWLEDGED
    after = cell(DeliveryStatus(row.status), event)
    ledger_rows.record(session, row.mailing_id, [row.id], event, now, actor=actor)
    if not isinstance(after, Cell):
        ledger_rows.move_rows(session, row.mailing_id, [row], after, {"accepted_at": now, "finished_at": now})


def _spare(session: Session, rows: Any, now: datetime) -> None:
    """Reminders that have not begun: whoever signed gets none."""
    for row in rows:
        values = {"due_at": None, "finished_at": now, "reason": "signed"}
        ledger_rows.move_rows(session, row.mailing_id, [row], DeliveryStatus.WITHHELD, values)
        ledger_rows.record(session, row.mailing_id, [row.id], DeliveryEventKind.WITHHELD, now, reason="signed")
