"""``mailer bounces list|assign|dismiss``: returned mails that prove nothing, for a person to say whose they are."""

from __future__ import annotations

from email.message import Message
from typing import Any

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.feedback import mime
from mailer.flow import assign_return
from mailer.model.delivery import DeliveryStatus
from mailer.settings import Settings
from mailer.store import returns
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock

_SHOWN = 100
_WORDS = 200  # characters of a foreign header that are shown


def list_open(out: Output) -> Exit:
    """Each with the deliveries it may be about; reads only."""
    settings = opening.settings()
    store = opening.store(settings)
    with store.read() as session:
        rows = returns.listed(session, assign_return.OPEN_STATES, limit=_SHOWN)
    for row in rows:
        _show(row, settings, store, out)
    out.line(f"待认领的退信 {len(rows)} 封。" + ("只列出最新的这些。" if len(rows) == _SHOWN else ""))
    out.object({"event": "result", "returns": len(rows)})
    return Exit.DONE


def _show(row: Any, settings: Settings, store: Store, out: Output) -> None:
    head = mime.parse(row.head)
    sender, subject = _header(head, "From"), _header(head, "Subject")
    with store.read() as session:
        raw = returns.mail(session, row.id).raw
    may_be = [
        {
            "delivery": each.id,
            "number": each.number,
            "name": each.name,
            "recipient": each.address,
            "status": each.status,
        }
        for each in assign_return.candidates(store, raw, SystemClock().now())
    ]
    out.line(f"{row.id}  {row.received_at.astimezone(settings.timezone):%m-%d %H:%M}  {sender}  {subject}")
    if row.note:
        out.line(f"      {row.note}")
    for each in may_be:
        status = DeliveryStatus(each["status"]).label
        out.line(
            f"      可能是第{each['number']}期 {each['name']} {each['recipient']}（{status}）："
            f"mailer bounces assign {row.id} {each['delivery']}"
        )
    if not may_be:
        out.line(f"      最近两个月没有发给信里提到的邮箱；与本刊无关就：mailer bounces dismiss {row.id}")
    out.object(
        {
            "number": row.id, "received_at": row.received_at, "kind": row.kind, "from": sender, "subject": subject,
            "note": row.note, "may_be": may_be,
        }
    )  # fmt: skip


def assign(mail_id: int, delivery_id: int, out: Output) -> Exit:
    """Raises CommandError where the mail is not open, or says nothing of that delivery's address."""
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    try:
        after = assign_return.assign(office, mail_id, delivery_id, opening.actor())
    except assign_return.NotAssignableError as error:
        raise CommandError("not_assignable", str(error), "编号见：mailer bounces list") from error
    out.line(f"第 {mail_id} 封已归入，台账现在是“{DeliveryStatus(after).label}”。")
    out.object({"event": "result", "assigned": mail_id, "delivery": delivery_id, "status": after})
    return Exit.DONE


def dismiss(mail_id: int, because: str, out: Output) -> Exit:
    """Raises CommandError where the mail is not open."""
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    if not assign_return.dismiss(office, mail_id, because, opening.actor()):
        raise CommandError("no_return", f"没有编号 {mail_id} 的待认领退信。", "编号见：mailer bounces list")
    out.line(f"第 {mail_id} 封已排除，台账不变。")
    out.object({"event": "result", "dismissed": mail_id})
    return Exit.DONE


def _header(head: Message, name: str) -> str:
    return " ".join(mime.header(head, name).split())[:_WORDS]
