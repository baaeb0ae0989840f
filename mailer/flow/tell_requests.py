"""A wish that came by a link, and every decided one, is told by mail to the person and the unit; where a decision cannot be
told so, the task that asks the office to tell stays.

Best effort and outside the ledger, as every notice: three tries, then only the task is left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from mailer.content.notice import Confirmation, RequestState
from mailer.flow.change_requests import told_key
from mailer.flow.tell_colleagues import Desk, mail_notice
from mailer.store import queries, writes
from recipients import requests, tables
from recipients.directory import requests as book

MACHINE = "system:notices"
_TURN = timedelta(minutes=15)  # longer than sending takes: two processes do not both send
_TRIES = 3
_TOLD_AS = {
    requests.RequestState.OPEN: RequestState.RECEIVED,
    requests.RequestState.GRANTED: RequestState.APPLIED,
    requests.RequestState.REFUSED: RequestState.DECLINED,
}
_APART = timedelta(minutes=30)


def tell_decided(desk: Desk, holder: str) -> int:
    """How many mails were taken. ``desk.to`` does not matter; ``holder`` names this process."""
    now = desk.clock.now()
    with desk.store.read() as session:
        if not (due := book.untold(session, now)):
            return 0
    with desk.store.begin() as session:
        if not writes.take_house_lease(session, "requests", holder, now, _TURN):
            return 0
        due = book.untold(session, now)  # what the one before us has not told
        session.expunge_all()
    taken = 0
    for row in due:
        heard = [address for address in row.tell_to if _mail(desk, row, address)]
        taken += len(heard)
        again_at = now + _APART if row.tries + 1 < _TRIES else None
        assert row.id is not None
        with desk.store.begin() as session:
            if not book.told(session, row.id, row.state, heard, again_at):
                _end_task(session, row.id, desk)
    return taken


def _mail(desk: Desk, row: tables.ChangeRequest, address: str) -> bool:
    state = _TOLD_AS[requests.RequestState(row.state)]
    details = [("邮箱", row.address_key), ("名单", row.scope)]
    if row.kind == requests.RequestKind.JOIN:
        details.append(("姓名", row.name))
    else:
        details += [("新邮箱", row.value), ("接任人", row.name)]
    if row.until is not None:
        details.append(("暂停到", f"{row.until.astimezone(desk.zone):%Y-%m-%d}"))
    confirmation = Confirmation(
        state,
        requests.RequestKind(row.kind).chinese,
        row.created_at,
        tuple((label, text) for label, text in details if text),
        row.answer.strip() or "编发单位没有同意" if state is RequestState.DECLINED else "",
    )
    to_them = replace(desk, to=(address,))
    return bool(
        mail_notice(to_them, confirmation, bulletin=desk.sender.office, at=desk.clock.now(), kind="confirmation")
    )


def _end_task(session: Session, number: int, desk: Desk) -> None:
    for task in queries.open_tasks(session):
        if task.dedupe_key == told_key(number):
            writes.end_task(session, task.id, MACHINE, desk.clock.now())
