"""Use case: a recipient wishes to leave, to hand over, to be written to elsewhere, or to pause; and the office's answer.

One mechanism for all four: what one may do alone is done at once, everything else becomes a task. Either way somebody is
told, and there is a record.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mailer.flow.close_mailing import close_if_done
from mailer.flow.office import Office
from mailer.flow.suppress_address import suppress_within
from mailer.store import queries, writes
from recipients import directory
from recipients.address import EmailAddress
from recipients.directory import requests
from recipients.requests import ChangeRequest, RequestKind, RequestState, needs_office
from recipients.suppression import Suppression, SuppressionReason

TASK = "change_request"
TELL = "tell_person"


class NoSuchRequestError(Exception):
    """There is no open request of that number."""


def ask(office: Office, wanted: ChangeRequest, actor: str, *, confirm: bool = False) -> tuple[int, RequestState]:
    """Enters a wish: its number, and whether it was granted at once or waits for the office. Raises AddressError.

    ``confirm``: it came by a link, which may be in other hands: while it waits, the old address, the new one and the unit's
    box hear that it was asked.
    """
    now = office.clock.now()
    with office.store.begin() as session:
        new = EmailAddress.parse(wanted.value) if wanted.value else None
        number = directory.enter_request(session, wanted, now, actor)
        office.record(session, actor, "request.entered", f"request:{number}", wish=wanted.told, reason=wanted.reason)
        is_to_join = wanted.kind is RequestKind.JOIN
        lists = directory.lists(session) if is_to_join else directory.lists_of(session, wanted.address_key, now)
        if not needs_office(wanted, lists):
            state, mailings = RequestState.GRANTED, _grant(office, session, number, wanted, actor, now, "")
        else:
            state, mailings = RequestState.OPEN, ()
            writes.open_task(
                session, kind=TASK, title=f"变更请求 {number}：{wanted.told}", detail=wanted.reason,
                dedupe_key=f"request:{number}", now=now,
            )  # fmt: skip
            if confirm:
                hear = [*requests.to_be_told(session, wanted.address_key, now), *([new.ascii] if new else [])]
                requests.tell(session, number, list(dict.fromkeys(hear)), now)
    for mailing_id in mailings:
        close_if_done(office.store, mailing_id, now)
    return number, state


def answer(office: Office, number: int, actor: str, *, granted: bool, words: str) -> ChangeRequest:
    """The office decides; the request as it was asked. Raises NoSuchRequestError."""
    now = office.clock.now()
    mailings: tuple[int, ...] = ()
    with office.store.begin() as session:
        asked = directory.request(session, number)
        if asked is None or asked.state is not RequestState.OPEN:
            raise NoSuchRequestError(number)
        if granted:
            mailings = _grant(office, session, number, asked, actor, now, words)
        else:
            directory.decide(session, number, RequestState.REFUSED, now, actor, words)
            office.record(session, actor, "request.refused", f"request:{number}", words=words)
            hear = requests.to_be_told(session, asked.address_key, now)
            _tell(session, number, asked, f"没有同意：{words}", hear, now)
        for task in queries.open_tasks(session):
            if task.dedupe_key == f"request:{number}":
                writes.end_task(session, task.id, actor, now)
    for mailing_id in mailings:
        close_if_done(office.store, mailing_id, now)
    return asked


def told_key(number: int) -> str:
    """Of the task that asks a person to tell of the decision."""
    return f"request:{number}:told"


def _grant(
    office: Office, session: Session, number: int, asked: ChangeRequest, actor: str, now: datetime, words: str
) -> tuple[int, ...]:
    """Does what was asked; the mailings whose waiting rows it took out."""
    mailings: tuple[int, ...] = ()
    hear = requests.to_be_told(session, asked.address_key, now)  # before the address is another's
    if asked.kind in {RequestKind.LEAVE, RequestKind.PAUSE}:
        evidence = f"request:{number} {asked.reason}".strip()
        stop = Suppression(
            asked.address_key, SuppressionReason.ASKED, asked.scope, until=asked.until, evidence=evidence
        )
        mailings = suppress_within(office, session, stop, actor, now).mailings
    elif asked.kind is RequestKind.JOIN:
        hear = [_join(office, session, number, asked, actor, now)]
    else:
        new = EmailAddress.parse(asked.value) if asked.value else None
        hear += [new.ascii] if new is not None and new.ascii not in hear else []
        directory.replace_address(session, asked.address_key, now, actor, new=new, name=asked.name)
    directory.decide(session, number, RequestState.GRANTED, now, actor, words)
    office.record(session, actor, "request.granted", f"request:{number}", wish=asked.told, words=words)
    _tell(session, number, asked, "已办理", hear, now)
    return mailings


def _join(office: Office, session: Session, number: int, asked: ChangeRequest, actor: str, now: datetime) -> str:
    """Puts the person on the list; what the address once wished against it is taken back. The address, to hear of it."""
    address = EmailAddress.parse(asked.value)
    writes.lock(session, "addresses")  # no audience is frozen between the two writes
    for stop in directory.active_suppressions(session, now, address.key):
        is_own = stop.reason is SuppressionReason.ASKED and stop.scope == asked.scope
        if (
            is_own
            and stop.id is not None
            and directory.lift(session, stop.id, now, actor, f"request:{number} 重新加入")
        ):
            office.record(session, actor, "suppression.lifted", f"suppression:{stop.id}", because=f"request:{number}")
    directory.join_list(session, asked.scope, address, asked.name, asked.reason, now, actor)
    return address.ascii


def _tell(session: Session, number: int, asked: ChangeRequest, outcome: str, hear: list[str], now: datetime) -> None:
    """The person and the unit hear of it by mail (tell_requests); the task is there for where that cannot be done."""
    requests.tell(session, number, hear, now)
    writes.open_task(
        session, kind=TELL, title=f"请告知本人和单位：{asked.told}，{outcome}", detail=asked.reason,
        dedupe_key=told_key(number), now=now,
    )  # fmt: skip
