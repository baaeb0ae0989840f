"""Use case: somebody asks to be put on a list; the owner of the address confirms; the list's own way decides.

Whoever fills in the form learns nothing: not whether the address is known, not whether a mail went out. Against bombing
(thousands of forms filled in with one victim's address, or one form with thousands) an address, a network and the whole
service have budgets that live in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from mailer.flow.change_requests import ask
from mailer.flow.office import Office
from mailer.model.masked import masked_address
from mailer.store import writes
from recipients import directory, tables
from recipients.address import EmailAddress
from recipients.audience import DistributionList
from recipients.directory import join_book
from recipients.requests import ChangeRequest, RequestKind, RequestState

FLOOD = "join_flood"
CONFIRM_WITHIN = timedelta(days=3)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_OF_ADDRESS = 1  # a day, over all lists
_OF_NETWORK = 5  # an hour
_IN_ALL = 60  # an hour


class Joined(Enum):
    """What a confirmation led to."""

    DONE = "on the list"
    ASKED = "the office decides"
    OVER = "confirmed too late, or the list is not open any more"


@dataclass(frozen=True, slots=True)
class Applicant:
    """As typed. ``network``: where the form came from."""

    name: str
    unit: str
    address: EmailAddress
    network: str


@dataclass(frozen=True, slots=True)
class Application:
    """What the page of confirmation shows."""

    whose: str
    name: str
    list_name: str
    needs_office: bool
    is_confirmed: bool


def open_lists(office: Office) -> list[DistributionList]:
    """Those people may ask to be put on."""
    with office.store.read() as session:
        return [each for each in directory.lists(session) if each.joining]


def apply_for(office: Office, code: str, who: Applicant) -> None:
    """Enters the request where it may be; says nothing about it. KeyError where nobody can ask for the list."""
    now = office.clock.now()
    with office.store.begin() as session:
        if not any(each.code == code and each.joining for each in directory.lists(session)):
            raise KeyError(code)
        writes.lock(session, "join")  # who counts and who enters are one at a time
        is_on = any(each.code == code for each in directory.lists_of(session, who.address.key, now))
        is_too_much = (
            join_book.lately(session, now - _DAY, address_key=who.address.key) >= _OF_ADDRESS
            or join_book.lately(session, now - _HOUR, network=who.network) >= _OF_NETWORK
        )
        if is_on or is_too_much:
            return
        if join_book.lately(session, now - _HOUR) >= _IN_ALL:
            writes.open_task(
                session, kind=FLOOD, title="加入名单的申请太多，已停发确认信",
                detail=f"一小时内超过 {_IN_ALL} 份，多半是有人拿别人的邮箱乱填。一小时后自动恢复；不想再开放，请在名单页改“加入”的办法。",
                dedupe_key=FLOOD, now=now,
            )  # fmt: skip
            return
        join_book.enter(
            session,
            tables.JoinRequest(
                list_code=code, address=who.address.original, address_key=who.address.key, name=who.name, unit=who.unit,
                network=who.network, created_at=now, mail_after=now,
            ),
        )  # fmt: skip


def application(office: Office, number: int) -> Application | None:
    """None when there is none, it is too old, or nobody can ask for that list any more."""
    with office.store.read() as session:
        row = join_book.join_request(session, number)
        if row is None or row.created_at + CONFIRM_WITHIN < office.clock.now():
            return None
        wanted = next((each for each in directory.lists(session) if each.code == row.list_code and each.joining), None)
        if wanted is None:
            return None
        return Application(
            masked_address(row.address), row.name, wanted.name, wanted.joining != "open", row.confirmed_at is not None
        )


def confirm(office: Office, number: int) -> Joined:
    """The owner of the address pressed the button. Twice is once."""
    if application(office, number) is None:
        return Joined.OVER
    with office.store.read() as session:
        row = join_book.join_request(session, number)
        if row is None:
            return Joined.OVER
        is_new = row.confirmed_at is None
        reason = f"自报单位：{row.unit}" if row.unit else ""
        wanted = ChangeRequest(RequestKind.JOIN, row.address_key, row.list_code, row.address, row.name, reason)
        on = directory.lists_of(session, row.address_key, office.clock.now())
    if any(each.code == wanted.scope for each in on):
        return Joined.DONE
    if not is_new:
        return Joined.ASKED
    _, state = ask(office, wanted, f"join:{number}", confirm=True)
    with office.store.begin() as session:
        join_book.confirm(session, number, office.clock.now())
    return Joined.DONE if state is RequestState.GRANTED else Joined.ASKED
