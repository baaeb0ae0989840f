"""From a file to an order: what is taken, for whom it is, and what is said when that is nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from mailer.content import facts
from mailer.content.issue import NotAnIssueError
from mailer.flow.draw_up_order import NobodyError, UnknownListError, draw_up_order, draw_up_test, real_domains
from mailer.flow.import_recipients import import_recipients
from mailer.flow.office import Office
from mailer.flow.take_issue import stored_issue, take_issue
from mailer.model.mailing import MailingKind
from mailer.store import core
from recipients import directory
from recipients.address import EmailAddress
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from tests.support.builders import START, make_audience, suppress
from tests.support.issues import sample_issue

FILE = """\
# 澄江区创建全国文明城区 工作快报

第{number}期

澄江区创建全国文明城区工作指挥部办公室

2026年11月{day}日

## 【指挥调度】

近日，澄江区召开创建工作推进会，通报三季度测评结果。（本刊）
"""
SENDER = facts.Sender("某办公室", "office@office.example", "reply@office.example")
PEOPLE = [
    ("分组", "单位", "姓名", "人员类别", "邮箱", "备注"),
    ("领导", "区政府", "李一", "区领导", "liyi@x.example", ""),
    ("领导", "区政府", "王二", "区领导", "", "只收纸质"),
    ("镇街", "松陵镇", "郑好", "信息员", "zheng@y.example", ""),
]


def file(number: int = 128, day: int = 20) -> bytes:
    return FILE.format(number=number, day=day).encode()


def records(office: Office) -> list[str]:
    with office.store.read() as session:
        return [row.action for row in session.execute(core.audit.select().order_by(core.audit.c.id))]


def test_the_same_file_is_the_same_revision(office: Office):
    first = take_issue(office, data=file(), filename="a.md", actor="cli:a")
    again = take_issue(office, data=file(), filename="renamed.md", actor="cli:b")
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.issue_id, first.revision_id) == (again.issue_id, again.revision_id)
    assert stored_issue(office, first.revision_id) == first.issue
    assert records(office) == ["issue.taken"]


def test_a_changed_file_is_a_new_revision_and_the_old_one_stays(office: Office):
    first = take_issue(office, data=file(), filename="a.md", actor="cli:a")
    second = take_issue(office, data=file(day=21), filename="a.md", actor="cli:a")
    assert (second.issue_id, second.revision_id != first.revision_id) == (first.issue_id, True)
    assert stored_issue(office, first.revision_id) == first.issue
    with office.store.read() as session:
        assert [row.revision for row in session.execute(core.revision.select())] == [1, 2]


def test_a_number_taken_before_is_a_stop_and_a_gap_a_warning(office: Office):
    take_issue(office, data=file(128), filename="a.md", actor="cli:a")
    assert "number_taken" not in codes(office, 128, day=20), "the very same file is no repetition"
    assert "number_taken" in codes(office, 128, day=21)
    assert "number_gap" in codes(office, 131, day=20)
    assert "number_gap" not in codes(office, 132, day=20)


def codes(office: Office, number: int, day: int) -> set[str]:
    taken = take_issue(office, data=file(number, day), filename="a.md", actor="cli:a")
    return {finding.code for finding in taken.findings}


@pytest.mark.parametrize("missing", ["第128期\n", "2026年11月20日\n"])
def test_a_file_without_number_or_date_is_not_taken(office: Office, missing: str):
    with pytest.raises(NotAnIssueError):
        take_issue(office, data=file().replace(missing.encode(), b""), filename="a.md", actor="cli:a")
    assert records(office) == []


def test_a_revision_that_is_not_there(office: Office):
    assert stored_issue(office, 99) is None


# --- the order -------------------------------------------------------------------------------------------------------


def import_people(session: Session) -> None:
    roster = read_roster([("a.csv", Workbook((Sheet("", PEOPLE),)))])
    directory.seed_lists(session, 1)
    import_recipients(session, roster, Scope.ADD, START, "cli:a", source="a.csv", file_hash="", confirm_removals=True)


@pytest.fixture
def peopled(office: Office) -> Office:
    with office.store.begin() as session:
        import_people(session)
    return office


def order(office: Office, *lists: str):
    return draw_up_order(office, revision_id=1, issue=sample_issue(), sender=SENDER, codes=lists)


def test_without_a_word_every_list_that_has_members(peopled: Office):
    found = order(peopled)
    assert [(each.code, each.is_duty, each.list_id) for each in found.lists] == [
        ("报", True, "bao.office.example"), ("发", True, "fa.office.example"),
    ]  # fmt: skip
    assert [entry.name for entry in found.audience.entries] == ["李一", "王二", "郑好"]
    assert (found.kind, found.message_domain) == (MailingKind.FIRST, "office.example")


def test_only_the_lists_asked_for(peopled: Office):
    found = order(peopled, "发")
    assert [each.code for each in found.lists] == ["发"]
    assert [entry.name for entry in found.audience.entries] == ["郑好"]


def test_who_is_suppressed_now_is_withheld(peopled: Office):
    suppress(peopled.store, "zheng@y.example", datetime(2026, 1, 1, tzinfo=UTC))
    assert [entry.name for entry in order(peopled).audience.included] == ["李一"]


def test_a_list_nobody_knows(peopled: Office):
    with pytest.raises(UnknownListError) as raised:
        order(peopled, "发", "抄")
    assert (raised.value.code, raised.value.known) == ("抄", ("报", "送", "发"))


def test_an_order_for_nobody(peopled: Office):
    with pytest.raises(NobodyError) as raised:
        order(peopled, "送")
    assert raised.value.codes == ("送",)


def test_a_trial_is_outside_every_list(peopled: Office):
    addresses = [EmailAddress.parse("a@x.example"), EmailAddress.parse("b@x.example")]
    found = draw_up_test(
        revision_id=1, issue=sample_issue(), sender=SENDER, addresses=addresses, key="test:1", rehearsal=True
    )
    assert (found.kind, found.key, found.rehearsal) == (MailingKind.TEST, "test:1", True)
    assert [entry.address for entry in found.audience.entries] == addresses


def test_domains_where_somebody_could_be_reached():
    assert real_domains(make_audience(3)) == ()
