"""Use case: somebody has telephoned about an address that came back, and says what came of it.

The task ends in the transaction of what it leads to: another address, nothing, or the end of a holding.
"""

from __future__ import annotations

from sqlmodel import Session

from mailer.flow.consequences import VERIFY
from mailer.flow.office import Office
from mailer.store import task_book, writes
from recipients import directory
from recipients.address import EmailAddress
from recipients.directory.holders import end_holders
from recipients.directory.people import holdings

#: Kinds of task that ask about an address.
ABOUT_ADDRESS = frozenset({VERIFY, "repeated_bounce"})


class NoSuchTaskError(Exception):
    """There is no open task of that number that asks about an address."""


def correct_address(office: Office, task_id: int, text: str, actor: str) -> EmailAddress:
    """Everybody written to at the old address is written to at the new one from now on. Raises AddressError,
    NoSuchTaskError.
    """
    new = EmailAddress.parse(text)
    now = office.clock.now()
    with office.store.begin() as session:
        writes.lock(session, "addresses")  # no audience is frozen between reading and writing
        old = _take(session, task_id, actor, office)
        people = directory.replace_address(session, old, now, actor, new=new)
        office.record(
            session, actor, "task.address_corrected", f"task:{task_id}", before=old, after=new.ascii, people=len(people)
        )
    return new


def still_valid(office: Office, task_id: int, actor: str) -> None:
    """The address is right; it is written to as before. Raises NoSuchTaskError."""
    with office.store.begin() as session:
        address = _take(session, task_id, actor, office)
        office.record(session, actor, "task.address_still_valid", f"task:{task_id}", address=address)


def left_post(office: Office, task_id: int, actor: str) -> int:
    """Whoever is written to at that address holds their post no more; how many. Raises NoSuchTaskError."""
    now = office.clock.now()
    with office.store.begin() as session:
        address = _take(session, task_id, actor, office)
        ids = [one.id for one in holdings(session, now) if any(a.key == address for a in one.holder.addresses)]
        end_holders(session, ids, now, None)
        office.record(session, actor, "task.person_left", f"task:{task_id}", address=address, holders=ids)
    return len(ids)


def _take(session: Session, task_id: int, actor: str, office: Office) -> str:
    """Ends the task; the key of the address it asks about."""
    task = task_book.one(session, task_id)
    if task is None or task.kind not in ABOUT_ADDRESS or not task.address_key:
        raise NoSuchTaskError(task_id)
    if not writes.end_task(session, task_id, actor, office.clock.now()):
        raise NoSuchTaskError(task_id)
    return str(task.address_key)
