"""A decided wish is told by mail to the person and the unit, once; what cannot be told stays a task of the office."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.flow import change_requests
from mailer.flow.office import Office
from mailer.flow.ports import RelayError
from mailer.flow.tell_colleagues import Desk
from mailer.flow.tell_requests import tell_decided
from mailer.model.reply import Fault, Outcome, Phase
from mailer.store import queries
from recipients import directory, tables
from recipients.difference import Scope
from recipients.directory import requests
from recipients.requests import ChangeRequest, RequestKind
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from tests.support.builders import START, Clock

ROWS = [
    ("单位", "姓名", "人员类别", "邮箱"),
    ("松陵镇", "郑好", "主要领导", "zheng@x.example"),
    ("松陵镇", "冯程", "信息员", "feng@x.example"),
    ("白石镇", "吴满", "主要领导", "spam-trap@x.example"),
]


@pytest.fixture
def peopled(office: Office) -> Office:
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        changes = directory.difference(session, read_roster([("a", Workbook((Sheet("", ROWS),)))]), Scope.ADD, START)
        directory.apply(session, changes, Scope.ADD, START, "cli:test", source="", file_hash="")
    return office


def decided(office: Office, wish: ChangeRequest, *, granted: bool = True) -> int:
    number, _ = change_requests.ask(office, wish, "cli:test")
    change_requests.answer(office, number, "cli:test", granted=granted, words="" if granted else "这是工作邮件")
    return number


def row_of(office: Office, number: int) -> tables.ChangeRequest:
    with office.store.read() as session:
        row = session.get_one(tables.ChangeRequest, number)
        session.expunge(row)
        return row


def tasks(office: Office) -> list[str]:
    with office.store.read() as session:
        return [row.kind for row in queries.open_tasks(session)]


@pytest.mark.parametrize(
    ("wish", "granted", "heard"),
    [
        (ChangeRequest(RequestKind.LEAVE, "zheng@x.example"), True, ["zheng@x.example", "feng@x.example"]),
        (ChangeRequest(RequestKind.LEAVE, "zheng@x.example"), False, ["zheng@x.example", "feng@x.example"]),
        (
            ChangeRequest(RequestKind.NEW_ADDRESS, "zheng@x.example", value="new@x.example"),
            True,
            ["zheng@x.example", "feng@x.example", "new@x.example"],
        ),
    ],
)
def test_the_person_and_the_unit_hear_of_it_once(peopled: Office, desk: Desk, wish, granted, heard):
    assert tell_decided(desk, "me") == 0
    number = decided(peopled, wish, granted=granted)
    assert tasks(peopled) == ["tell_person"]
    assert tell_decided(desk, "me") == len(heard)
    assert (row_of(peopled, number).told_to, row_of(peopled, number).tell_to) == (heard, [])
    assert tasks(peopled) == []
    assert tell_decided(desk, "me") == 0


def test_who_cannot_be_reached_stays_a_task_after_three_tries(peopled: Office, desk: Desk, clock: Clock):
    number = decided(peopled, ChangeRequest(RequestKind.LEAVE, "spam-trap@x.example"))
    for _ in range(3):
        assert tell_decided(desk, "me") == 0
        clock.turn(hours=1)
    assert (row_of(peopled, number).tries, row_of(peopled, number).tell_after) == (3, None)
    assert tell_decided(desk, "me") == 0
    assert (row_of(peopled, number).tries, tasks(peopled)) == (3, ["tell_person"])


def test_a_relay_that_is_away_is_tried_again_later(peopled: Office, desk: Desk, clock: Clock):
    def away():
        outcome = Outcome(Phase.CONNECT, None, Fault.REFUSED, "", START, "")
        raise RelayError(outcome, needs_person=False, message="连不上", hint="")

    decided(peopled, ChangeRequest(RequestKind.LEAVE, "zheng@x.example"))
    assert tell_decided(replace(desk, relay=away), "me") == 0
    assert tell_decided(desk, "me") == 0, "not at once again"
    clock.turn(hours=1)
    assert tell_decided(desk, "me") == 2


def test_another_process_does_not_tell_it_too(peopled: Office, desk: Desk):
    decided(peopled, ChangeRequest(RequestKind.LEAVE, "zheng@x.example"))
    assert tell_decided(desk, "me") == 2
    decided(peopled, ChangeRequest(RequestKind.LEAVE, "feng@x.example"))
    assert tell_decided(desk, "other") == 0


def test_a_wish_that_came_by_a_link_is_confirmed_to_all_three_and_its_decision_told_again(peopled: Office, desk: Desk):
    wish = ChangeRequest(RequestKind.HAND_OVER, "zheng@x.example", value="new@x.example", name="郑新")
    number, _ = change_requests.ask(peopled, wish, "recipient:7", confirm=True)
    heard = ["zheng@x.example", "feng@x.example", "new@x.example"]
    assert tell_decided(desk, "me") == 3
    assert (row_of(peopled, number).told_to, row_of(peopled, number).tell_to) == (heard, [])
    assert tasks(peopled) == ["change_request"], "the office still has to decide"
    change_requests.answer(peopled, number, "cli:test", granted=False, words="请先与单位核实")
    assert row_of(peopled, number).tell_to == heard[:2]
    assert tell_decided(desk, "me") == 2
    assert tasks(peopled) == []


def test_what_the_office_itself_enters_is_not_confirmed(peopled: Office, desk: Desk):
    change_requests.ask(peopled, ChangeRequest(RequestKind.HAND_OVER, "zheng@x.example", name="郑新"), "account:小何")
    assert tell_decided(desk, "me") == 0


def test_a_decision_that_comes_while_the_receipt_goes_out_is_still_told(peopled: Office):
    wish = ChangeRequest(RequestKind.HAND_OVER, "zheng@x.example", name="郑新")
    number, _ = change_requests.ask(peopled, wish, "recipient:7", confirm=True)
    change_requests.answer(peopled, number, "cli:test", granted=False, words="请先与单位核实")
    with peopled.store.begin() as session:
        assert requests.told(session, number, "open", ["zheng@x.example", "feng@x.example"], None) != []
    assert row_of(peopled, number).tell_to == ["zheng@x.example", "feng@x.example"]
