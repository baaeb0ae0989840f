"""A notice to the colleagues named, by mail through the office's own relay: the morning sheets that are due.

Best effort and outside the ledger: a sheet that could not be sent is tried again at the next look, and nothing of a
mailing waits for it. Its sender is null where the relay allows that (RFC 3834 4), so that nothing comes back of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import uuid4

from jinja2 import Environment

from mailer.content.compose import Copy, PreparedMail, prepare
from mailer.content.facts import NoticeFacts, Sender
from mailer.content.morning import MorningSheet
from mailer.content.notice import Alert, Confirmation, Deposit, Invitation
from mailer.content.render import render_notice
from mailer.flow.morning_sheet import due_sheets, remember
from mailer.flow.ports import Clock, Envelope, Relay, RelayError
from mailer.flow.send_kit import Note
from mailer.flow.set_look import house_style
from mailer.model.working_days import WorkingDays
from mailer.store import writes
from mailer.store.engine import Store

EVERY = 60.0  # seconds between two looks at what is due
_TURN = timedelta(minutes=15)  # longer than sending takes: two processes do not both send
_SPACE = "0" * 12  # a notice shows no 件号


@dataclass(frozen=True, slots=True)
class Desk:
    """From whom and to whom. ``null_sender``: the relay takes MAIL FROM:<>; ``relay`` opens a fresh way out;
    ``working_days``: as the office keeps them today, plain weeks by default.
    """

    store: Store
    clock: Clock
    zone: tzinfo
    templates: Environment
    relay: Callable[[], Relay]
    sender: Sender
    to: tuple[str, ...]
    message_domain: str
    null_sender: bool
    note: Note
    working_days: Callable[[], WorkingDays] = WorkingDays


def tell_due(desk: Desk, holder: str) -> int:
    """Sends the sheets that are due; how many mails were taken. ``holder`` names this process."""
    now, days = desk.clock.now(), desk.working_days()
    with desk.store.read() as session:
        due = due_sheets(session, now, desk.zone, days)
    if due and not _is_our_turn(desk, holder, now):
        return 0
    taken, told = 0, []
    for mailing_id, sheet in due:
        accepted = tell(desk, sheet)
        taken += accepted
        if accepted:
            told.append((mailing_id, sheet))
    with desk.store.begin() as session:
        remember(session, told, now, desk.zone, days, is_all=len(told) == len(due))
    return taken


def _is_our_turn(desk: Desk, holder: str, now: datetime) -> bool:
    with desk.store.begin() as session:
        return writes.take_house_lease(session, "morning", holder, now, _TURN)


def tell(desk: Desk, sheet: MorningSheet) -> int:
    """Mails one sheet to everybody named; how many copies the relay took. Trouble is logged, never raised."""
    return mail_notice(desk, sheet, bulletin=sheet.issue.partition(" ")[0], at=sheet.as_of, kind="morning")


def mail_notice(
    desk: Desk,
    notice: MorningSheet | Alert | Deposit | Confirmation | Invitation,
    *,
    bulletin: str,
    at: datetime,
    kind: str,
    link: str | None = None,
) -> int:
    """Mails a notice; ``kind`` files it (RFC 2919), ``bulletin`` stands over it, ``link`` is where to go on. As ``tell``."""
    with desk.store.read() as session:
        style = house_style(session)
    facts = NoticeFacts(
        sender=style.sender(desk.sender),
        bulletin=bulletin,
        list_id=f"{kind}.{desk.message_domain}",
        date=at.astimezone(desk.zone),
        boundary=f"=_{uuid4().hex}",
        message_domain=desk.message_domain,
        console_url=link,
        look=style.look,
    )
    prepared = prepare(render_notice(desk.templates, notice, facts), facts)
    try:
        return asyncio.run(_send(desk, prepared))
    except RelayError as error:
        desk.note("notice_not_sent", error=str(error))
        return 0


async def _send(desk: Desk, prepared: PreparedMail) -> int:
    relay = desk.relay()
    session = await relay.connect()
    taken = 0
    try:
        for address in desk.to:
            chunks = prepared.copy(Copy(address, "", f"notice.{uuid4().hex}@{desk.message_domain}", _SPACE))
            mail_from = "" if desk.null_sender else desk.sender.from_address
            envelope = Envelope(mail_from, address, "", sum(map(len, chunks)))
            outcome = await session.transact(envelope, lambda chunks=chunks: chunks)  # type: ignore[misc]  # this copy
            taken += outcome.is_accepted
            if not outcome.is_accepted:
                desk.note("notice_refused", phase=str(outcome.phase), reply=str(outcome.reply))
            if not session.is_usable:
                break
    finally:
        if session.is_usable:
            await session.quit()
        else:
            session.abort()
    return taken
