"""What a list wants of its mails is kept with it and goes into the next mailing; who holds a post for whom, and who must be
reached, is frozen with the duty.
"""

from __future__ import annotations

import json

import pytest

from mailer.flow.draw_up_order import draw_up_order
from mailer.flow.export_report import export_report
from mailer.flow.list_policies import NoSuchListError, set_policy
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.flow.read_ledger import read_ledger
from mailer.model.doubt_policy import resends
from mailer.store import audit, core, queries
from recipients import directory, tables
from recipients.difference import Scope
from recipients.list_policy import ListPolicy
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from tests.support.builders import AUDIT_KEY, SHANGHAI, START, make_audience, make_order

ROWS = [
    ("分组", "单位", "姓名", "人员类别", "邮箱", "代收人", "必达"),
    ("领导", "区委", "李一", "主要领导", "li@x.example", "王秘", "是"),
    ("", "松陵镇", "郑好", "信息员", "zheng@x.example", "", ""),
    ("", "松陵镇", "吴满", "主要领导", "无", "", "是"),
]


@pytest.fixture
def peopled(office: Office) -> Office:
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        changes = directory.difference(session, read_roster([("a", Workbook((Sheet("", ROWS),)))]), Scope.ADD, START)
        directory.apply(session, changes, Scope.ADD, START, "cli:test", source="", file_hash="")
    return office


def order(office: Office, key: str) -> Order:
    base = make_order(office.store, make_audience(1))
    return draw_up_order(office, revision_id=base.revision_id, issue=base.issue, sender=base.sender, key=key)


def test_policies_go_into_the_next_mailing_and_leave_the_one_before_alone(peopled: Office):
    before, _ = prepare_mailing(peopled, order(peopled, "a"), "cli:test")
    set_policy(peopled, "发", ListPolicy("resend", acknowledgement=True), "cli:test", is_duty=False)
    wanted = order(peopled, "b")
    after, _ = prepare_mailing(peopled, wanted, "cli:test")
    told = [(each.code, each.is_duty, each.asks_acknowledgement) for each in wanted.lists]
    assert told == [("报", True, False), ("发", False, True)]
    with peopled.store.read() as session:
        assert queries.mailing(session, before).in_doubt == "hold"
        frozen = queries.mailing(session, after).in_doubt
        assert [resends(frozen, code) for code in ("报", "发")] == [False, True]
        assert [one.policy for one in directory.lists(session)][2] == ListPolicy("resend", acknowledgement=True)


def test_a_policy_is_set_once_and_recorded_once(peopled: Office):
    for _ in range(2):
        set_policy(peopled, "送", ListPolicy("hold"), "cli:test", is_duty=True)
    with pytest.raises(NoSuchListError):
        set_policy(peopled, "无", ListPolicy(), "cli:test", is_duty=True)
    with peopled.store.read() as session:
        assert [row.action for row in session.execute(core.audit.select())] == ["list.policy_set"]
        assert not audit.verify(session, AUDIT_KEY)


def test_a_word_nobody_knows_is_refused_and_forgotten():
    with pytest.raises(ValueError, match="perhaps"):
        ListPolicy("perhaps")
    assert ListPolicy.from_json({"in_doubt": "perhaps", "colour": 1}) == ListPolicy()


def test_who_takes_it_for_whom_and_who_must_be_reached_stand_in_the_frozen_ledger(peopled: Office):
    mailing_id, _ = prepare_mailing(peopled, order(peopled, "a"), "cli:test")
    with peopled.store.begin() as session:  # what changes later changes nothing here
        session.execute(tables.Holder.__table__.update().values(care_of="", is_essential=False))  # type: ignore[attr-defined]
    with peopled.store.read() as session:
        lines = {line.name: line for line in read_ledger(session, mailing_id, START).lines}
        exported = export_report(session, mailing_id, "jsonl", labels=False, zone=SHANGHAI).decode().splitlines()
        printed = export_report(session, mailing_id, "csv", labels=True, zone=SHANGHAI).decode("utf-8-sig")
    assert (lines["李一"].care_of, lines["李一"].is_essential, lines["李一"].todo) == ("王秘", True, "")
    assert lines["吴满"].todo.startswith("必达：请派人送达；")
    assert not lines["郑好"].is_essential
    assert [json.loads(line)["name"] for line in exported] == ["李一", "吴满", "郑好"]
    assert [line.split(",")[2] for line in printed.splitlines()[1:]] == [
        "李一（王秘代收）【必达】",
        "吴满【必达】",
        "郑好",
    ]
