"""The owner of an address that somebody typed into a form is asked by mail, once, with a link that confirms just that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.flow.invite_applicants import Doorway, invite_applicants
from mailer.flow.join_list import Applicant, apply_for
from mailer.flow.office import Office
from mailer.flow.ports import RelayError
from mailer.flow.tell_colleagues import Desk
from mailer.model.reply import Fault, Outcome, Phase
from recipients import directory
from recipients.address import EmailAddress
from recipients.directory import join_book
from recipients.list_policy import ListPolicy
from tests.support.builders import START, Clock


@pytest.fixture
def asked(office: Office) -> Office:
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        directory.set_policy(session, "发", ListPolicy(joining="open"), is_duty=False)
    apply_for(office, "发", Applicant("冯新", "", EmailAddress.parse("new@nowhere.example"), "192.0.2.0/24"))
    return office


def test_once_and_never_again(asked: Office, desk: Desk, clock: Clock):
    doorway = Doorway(asked.links, "https://news.office.example")
    assert invite_applicants(desk, doorway, "me") == 1
    clock.turn(days=2)
    assert invite_applicants(desk, doorway, "me") == 0


def test_without_pages_nobody_is_asked(asked: Office, desk: Desk):
    assert invite_applicants(desk, Doorway(asked.links, ""), "me") == 0


def test_a_relay_that_is_away_is_tried_three_times(asked: Office, desk: Desk, clock: Clock):
    def away():
        outcome = Outcome(Phase.CONNECT, None, Fault.REFUSED, "", START, "")
        raise RelayError(outcome, needs_person=False, message="连不上", hint="")

    doorway = Doorway(asked.links, "https://news.office.example")
    for _ in range(4):
        assert invite_applicants(replace(desk, relay=away), doorway, "me") == 0
        clock.turn(hours=1)
    with asked.store.read() as session:
        row = join_book.join_request(session, 1)
        assert row is not None
        assert (row.tries, row.mail_after) == (3, None)
