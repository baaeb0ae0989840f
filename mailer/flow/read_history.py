"""One delivery's whole history: for whom, how it stands, every event with its evidence, and how the address fared before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import NoResultFound
from sqlmodel import Session

from mailer.flow.browse_ledger import Entry, entry_of
from mailer.flow.read_ledger import meaning, words_for
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingKind
from mailer.store import ledger_reads

_K = DeliveryEventKind
_OTHERS = 12  # mailings looked back on

#: What happened, for people.
EVENT_WORDS: dict[DeliveryEventKind, str] = {
    _K.RELEASED: "放行，进入发送队列",
    _K.WITHHELD: "改为不发",
    _K.CANCELLED: "取消",
    _K.CLAIMED: "发送程序领取",
    _K.GIVEN_BACK: "没有开始发，退回队列",
    _K.ACCEPTED: "本单位邮件系统收下",
    _K.DEFERRED: "这一次没发成，稍后再试",
    _K.PARKED: "停下，等人处理",
    _K.BOUNCED: "对方当场拒收",
    _K.DOUBTED: "正文发完后没有等到答复，结果不明",
    _K.EXPIRED: "一直没有发出去，不再试",
    _K.REPORTED_DELIVERED: "对方系统报告：已放入邮箱",
    _K.REPORTED_UNDERWAY: "对方系统报告：还在路上",
    _K.RETURNED: "收到退信",
    _K.RETURNED_FOR_RETRY: "收到退信，原因不在收件人，会再发一次",
    _K.ACKNOWLEDGED: "签收",
    _K.ACKNOWLEDGEMENT_UNDONE: "撤销签收登记",
    _K.RESOLVED_RESEND: "经人决定：再发一次",
    _K.RESOLVED_ACCEPT: "经人认定：视为已发出",
    _K.RETRY_ORDERED: "经人决定：现在再试",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event. ``reply``: the host's words, as they came; ``cause``: what they mean. ``returned_id``: the raw return."""

    at: datetime
    kind: DeliveryEventKind
    what: str
    attempt: int
    cause: str
    code: int | None
    reply: str
    host: str
    actor: str
    returned_id: int | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same address in another mailing."""

    mailing_id: int
    delivery_id: int
    number: int
    kind: str
    rehearsal: bool
    released_at: datetime | None
    status: DeliveryStatus
    cause: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A returned mail that names the address and proves nothing."""

    id: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    entry: Entry
    message_id: str
    queued_at: datetime | None
    reply_text: str
    host: str
    steps: tuple[Step, ...]
    suspects: tuple[Suspect, ...]
    elsewhere: tuple[Elsewhere, ...]


def read_history(session: Session, mailing_id: int, delivery_id: int) -> History:
    """Raises NoResultFound when the mailing has no such delivery."""
    row = ledger_reads.delivery_of(session, mailing_id, delivery_id)
    if row is None:
        raise NoResultFound
    others = ledger_reads.same_address(session, row.address_key, limit=_OTHERS + 1) if row.address else ()
    return History(
        entry=entry_of(row, ledger_reads.duties(session, [delivery_id])[delivery_id]),
        message_id=row.message_id,
        queued_at=row.queued_at,
        reply_text=row.reply_text or "",
        host=row.host or "",
        steps=tuple(_step(each) for each in ledger_reads.events(session, delivery_id)),
        suspects=tuple(Suspect(each.id, each.received_at) for each in ledger_reads.suspects(session, delivery_id)),
        elsewhere=tuple(_elsewhere(each) for each in others if each.id != delivery_id)[:_OTHERS],
    )


def _step(row: Any) -> Step:
    kind = DeliveryEventKind(row.kind)
    return Step(
        at=row.at,
        kind=kind,
        what=EVENT_WORDS[kind],
        attempt=row.attempt,
        cause=meaning(row.reason, row.fault)[0],
        code=row.reply_code,
        reply=row.reply_text or "",
        host=row.host or "",
        actor=row.actor,
        returned_id=row.returned_mail_id,
    )


def _elsewhere(row: Any) -> Elsewhere:
    status = DeliveryStatus(row.status)
    return Elsewhere(
        mailing_id=row.mailing_id,
        delivery_id=row.id,
        number=row.number,
        kind=MailingKind(row.kind).label,
        rehearsal=row.rehearsal,
        released_at=row.released_at,
        status=status,
        cause=words_for(status, row.reason, row.fault, row.bounced_by, row.due_at)[0],
    )
