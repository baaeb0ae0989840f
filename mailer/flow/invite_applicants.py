"""Whoever's address was typed into the form of a list is asked by mail whether they want that: once, and never again.

Best effort and outside the ledger, as every notice: three tries, then it is as if the form had not been filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from mailer.content.notice import Invitation
from mailer.flow.join_list import CONFIRM_WITHIN
from mailer.flow.tell_colleagues import Desk, mail_notice
from mailer.model.links import Links, Purpose, link
from mailer.store import writes
from recipients import directory
from recipients.address import EmailAddress
from recipients.directory import join_book

_TURN = timedelta(minutes=15)  # longer than sending takes: two processes do not both send
_TRIES = 3
_APART = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where the pages of confirmation are. ``base_url``: '' where there are none; then nobody is asked."""

    links: Links
    base_url: str


def invite_applicants(desk: Desk, doorway: Doorway, holder: str) -> int:
    """How many mails were taken. ``desk.to`` does not matter; ``holder`` names this process."""
    now = desk.clock.now()
    with desk.store.read() as session:
        if not doorway.base_url or not join_book.to_mail(session, now):
            return 0
    with desk.store.begin() as session:
        if not writes.take_house_lease(session, "applicants", holder, now, _TURN):
            return 0
        due = join_book.to_mail(session, now)  # what the one before us has not asked
        names = {each.code: each.name for each in directory.lists(session)}
        session.expunge_all()
    taken = 0
    for row in due:
        assert row.id is not None
        page = link(doorway.base_url, Purpose.JOIN, doorway.links.token(Purpose.JOIN, row.id))
        to_them = replace(desk, to=(EmailAddress.parse(row.address).ascii,))
        asked = Invitation(names.get(row.list_code, row.list_code), row.created_at, CONFIRM_WITHIN.days)
        is_taken = mail_notice(to_them, asked, bulletin=desk.sender.office, at=now, kind="confirmation", link=page)
        taken += is_taken
        again_at = now + _APART if not is_taken and row.tries + 1 < _TRIES else None
        with desk.store.begin() as session:
            join_book.mailed(session, row.id, again_at)
    return taken
