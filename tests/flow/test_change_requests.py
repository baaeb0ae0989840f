from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session

from mailer.flow import change_requests
from mailer.flow.finish_task import finish_task
from mailer.flow.office import Office
from mailer.store import queries
from recipients import directory, tables
from recipients.address import AddressError
from recipients.audience import Withheld
from recipients.difference import Scope
from recipients.requests import ChangeRequest, RequestKind, RequestState
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from tests.support.builders import START

HEADER = ("单位", "姓名", "人员类别", "电话", "邮箱", "名单")
KEY = "zheng@x.example"


@pytest.fixture
def peopled(office: Office) -> Office:
    rows = [
        HEADER,
        ("松陵镇", "郑好", "信息员", "000-1", KEY, ""),
        ("区科协", "冯程", "读者", "000-2", "feng@x.example", ""),
    ]
    roster = read_roster([("a.csv", Workbook((Sheet("", rows),)))])
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        readers = tables.DistributionList(bulletin_id=1, code="订阅", name="订阅", is_duty=False, lane=3)
        session.add(readers)
        session.flush()
        session.add(tables.ListRule(list_id=readers.id, sign="plus", roles=["读者"]))
        found = directory.difference(session, roster, Scope.ADD, START)
        directory.apply(session, found, Scope.ADD, START, "cli:test", source="", file_hash="")
    return office


def members(session: Session, code: str):
    return [
        (e.name, e.address.key if e.address else None, e.withheld)
        for e in directory.members(session, code, START + timedelta(seconds=1)).entries
    ]


def titles(office: Office) -> dict[str, str]:
    with office.store.read() as session:
        return {row.kind: row.title for row in queries.open_tasks(session)}


def test_leaving_a_duty_list_waits_for_the_office(peopled):
    number, state = change_requests.ask(peopled, ChangeRequest(RequestKind.LEAVE, KEY, reason="太忙"), "person")
    again, _ = change_requests.ask(peopled, ChangeRequest(RequestKind.LEAVE, KEY, reason="太忙"), "person")
    assert (state, again) == (RequestState.OPEN, number)
    assert titles(peopled) == {"change_request": f"变更请求 {number}：{KEY} 要求不再接收"}
    with peopled.store.read() as session:
        assert members(session, "发") == [("郑好", KEY, None)]
    change_requests.answer(peopled, number, "cli:test", granted=True, words="")
    with peopled.store.read() as session:
        assert members(session, "发") == [("郑好", KEY, Withheld.SUPPRESSED)]
        assert directory.open_requests(session) == []
    assert titles(peopled).keys() == {"tell_person"}
    with pytest.raises(change_requests.NoSuchRequestError):
        change_requests.answer(peopled, number, "cli:test", granted=False, words="")


def test_a_refusal_changes_nothing_but_is_told(peopled):
    number, _ = change_requests.ask(peopled, ChangeRequest(RequestKind.LEAVE, KEY), "person")
    change_requests.answer(peopled, number, "cli:test", granted=False, words="这是工作邮件")
    with peopled.store.read() as session:
        assert members(session, "发") == [("郑好", KEY, None)]
    assert "没有同意：这是工作邮件" in titles(peopled)["tell_person"]


def test_a_list_one_may_leave_is_left_at_once(peopled):
    wish = ChangeRequest(RequestKind.PAUSE, "feng@x.example", until=START + timedelta(days=7))
    assert change_requests.ask(peopled, wish, "person")[1] is RequestState.GRANTED
    with peopled.store.read() as session:
        assert members(session, "订阅") == [("冯程", "feng@x.example", Withheld.SUPPRESSED)]
        later = directory.members(session, "订阅", START + timedelta(days=8)).entries
        assert [e.withheld for e in later] == [None]


def test_a_new_address_and_a_successor(peopled):
    for wish in (
        ChangeRequest(RequestKind.NEW_ADDRESS, KEY, value="new@x.example"),
        ChangeRequest(RequestKind.HAND_OVER, "new@x.example", name="吴满", value="wu@x.example"),
    ):
        number, _ = change_requests.ask(peopled, wish, "person")
        change_requests.answer(peopled, number, "cli:test", granted=True, words="")
        peopled.clock.turn(milliseconds=100)
    with peopled.store.read() as session:
        assert members(session, "发") == [("吴满", "wu@x.example", None)]
        assert members(session, "订阅") == [("冯程", "feng@x.example", None)]
        (row,) = [row for row in directory.export_rows(session, START + timedelta(seconds=1)) if row[2] == "吴满"]
        assert (row[1], row[3], row[5]) == ("松陵镇", "信息员", "")  # the post stays, the telephone was the other's


def test_an_address_that_is_none_is_refused_at_once(peopled):
    with pytest.raises(AddressError):
        change_requests.ask(peopled, ChangeRequest(RequestKind.NEW_ADDRESS, KEY, value="zheng"), "person")
    assert titles(peopled) == {}


def test_a_task_is_ticked_off_once(peopled):
    change_requests.ask(peopled, ChangeRequest(RequestKind.LEAVE, KEY), "person")
    with peopled.store.read() as session:
        (task,) = queries.open_tasks(session)
    assert finish_task(peopled, task.id, "cli:test")
    assert not finish_task(peopled, task.id, "cli:test")
