"""The check asks the directory: former names of units, printed lists against who is really on them, mailboxes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.content.issue import Distribution, Item, Section
from mailer.flow import known_roster as flow
from mailer.flow.import_recipients import import_recipients
from mailer.flow.known_roster import known_roster
from mailer.flow.office import Office
from mailer.flow.take_issue import look_over
from mailer.store.engine import Store
from recipients import directory
from recipients.difference import Scope
from recipients.directory import Notes
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from tests.support.builders import START, Clock, make_office
from tests.support.issues import sample_issue

PEOPLE = [
    ["分组", "单位", "姓名", "人员类别", "邮箱"],
    ["领导", "澄江区委", "李一", "区领导", "li@unit.test"],
    ["镇街", "石桥镇", "王二", "信息员", "wang@unit.test"],
    ["镇街", "南湾街道", "赵三", "主要领导", "zhao@qq.com"],
    ["委办局", "区旅游委", "郑好", "信息员", "zheng@unit.test"],
]
ISSUE = replace(
    sample_issue(),
    sections=(
        Section(
            "简讯", (Item("近日，开展整治行动。", units=("区旅游委",)), Item("昨日，检查市场。", units=("石桥镇",)))
        ),
    ),
    distribution=Distribution(("澄江区委",), (), ("各镇街主要领导、信息员",)),
)


@pytest.fixture
def peopled(either: Store, clock: Clock) -> Office:
    office = make_office(either, clock)
    roster = read_roster([("a.csv", Workbook((Sheet("", PEOPLE),)))])
    with either.begin() as session:
        directory.seed_lists(session, 1)
        import_recipients(
            session, roster, Scope.ADD, START, "cli:a", source="a.csv", file_hash="", confirm_removals=True
        )
    return office


def told(office: Office, issue=ISSUE) -> dict[str, str]:
    return {finding.code: finding.message for finding in look_over(office, issue, "")}


def test_an_empty_directory_compares_nothing(office: Office) -> None:
    with office.store.read() as session:
        assert known_roster(session, ISSUE, office.clock.now()) is None


def test_lists_mailboxes_and_former_names(peopled: Office) -> None:
    assert "区旅游委在名单“发”上" in told(peopled)["list_not_printed"]
    assert "1 个个人邮箱（qq.com 1 个）" in told(peopled)["personal_domain"]
    assert "unknown_unit" not in told(peopled)
    with peopled.store.begin() as session:
        directory.rename(session, "区旅游委", "区文化和旅游局", START, Notes())
    assert "“区旅游委”已改名为“区文化和旅游局”" in told(peopled)["unknown_unit"]


def test_a_printed_line_that_says_what_the_list_holds_is_not_told(peopled: Office) -> None:
    lists = Distribution(("区委领导",), (), ("各镇街、各委办局主要领导、信息员",))
    found = told(peopled, replace(ISSUE, distribution=lists))
    assert not {"list_not_printed", "printed_not_on_list", "no_printed_list", "list_empty"} & set(found)
    lists = Distribution(("区委领导", "市创建办"), (), ("各镇街、各委办局主要领导、信息员",))
    assert "市创建办" in told(peopled, replace(ISSUE, distribution=lists))["printed_not_on_list"]


def test_a_directory_too_big_is_not_compared_list_by_list(peopled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "_MOST_COMPARED", 2)
    assert "list_not_printed" not in told(peopled)
    assert "personal_domain" in told(peopled)
