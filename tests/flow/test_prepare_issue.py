"""From a checked issue to a mailing that waits; files that travel along; stops that are passed; proofs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.content.attachments import AttachmentError
from mailer.content.correct import CorrectionError
from mailer.content.facts import Sender
from mailer.flow.approve_mailing import ApprovalError, approve
from mailer.flow.attach_file import attach_file, remove_file
from mailer.flow.control_mailing import cancel
from mailer.flow.correct_issue import correct_issue
from mailer.flow.office import Office
from mailer.flow.prepare_issue import NotReadyError, Wish, prepare_issue
from mailer.flow.read_revision import read_revision
from mailer.flow.release_mailing import release
from mailer.flow.send_issue import send_issue
from mailer.flow.take_issue import TakenIssue, take_issue
from mailer.flow.try_issue import TrialError, try_issue
from mailer.flow.waive_finding import WaiverError, unwaive, waive
from mailer.model.mailing import MailingKind
from mailer.store import core, queries
from mailer.store.engine import Store
from recipients import directory
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.store.queueing import rows_of
from tests.support.builders import START, Clock, make_office

FILE = "# 白鹭区工作快报\n\n第12期\n\n白鹭区委办公室\n\n2026年11月23日\n\n## 【要闻】\n\n### 开会\n\n区里开会，部署工作。（本刊）\n\n报：区委\n发：各单位\n"
SECRET = FILE.replace("# 白鹭区工作快报", "秘密★1年\n\n# 白鹭区工作快报")
SENDER = Sender("白鹭区委办公室", "office@bailu.example", "reply@bailu.example")
PEOPLE = "单位,姓名,人员类别,邮箱\n甲镇,张三,主要领导,zhang@a.example\n乙局,王五,信息员,wang@b.example\n"


@pytest.fixture
def taken(office: Office) -> TakenIssue:
    """An issue on the shelf and two people on 发."""
    issue = take_issue(office, data=FILE.encode(), filename="快报.md", actor="account:a")
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        roster = read_roster([("people.csv", read(PEOPLE.encode()))])
        import_id, notes = directory.begin_import(
            session, Scope.ADD, START, "cli:a", source="people.csv", file_hash="x"
        )
        difference = directory.difference(session, roster, Scope.ADD, START)
        directory.finish_import(session, import_id, notes, difference, START, "cli:a")
    return issue


def wish(taken: TakenIssue, **changed: object) -> Wish:
    return replace(Wish(taken.revision_id, SENDER, has_seen_warnings=True), **changed)  # type: ignore[arg-type]  # fields by name


def refusal(office: Office, wanted: Wish) -> str:
    with pytest.raises(NotReadyError) as caught:
        prepare_issue(office, wanted, "account:a")
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


def send_out(office: Office, mailing_id: int) -> None:
    approve(office, mailing_id, "account:a")
    release(office, mailing_id, "account:a")


# --- preparing ------------------------------------------------------------------------------------------------------


def test_whoever_asks_and_however_often_there_is_one(office: Office, taken: TakenIssue):
    first = prepare_issue(office, wish(taken), "account:a")
    assert prepare_issue(office, wish(taken), "account:b") == first
    with office.store.read() as session:
        row = queries.mailing(session, first)
    assert (row.status, row.recipients, row.created_by) == ("prepared", 2, "account:a")


def test_after_it_was_given_up_there_is_another(office: Office, taken: TakenIssue):
    first = prepare_issue(office, wish(taken), "account:a")
    cancel(office, first, "account:a")
    second = prepare_issue(office, wish(taken), "account:a")
    assert second != first
    assert prepare_issue(office, wish(taken), "account:b") == second
    assert [row.status for row in rows_of(office.store, second)] == ["planned", "planned"]


def test_other_content_waits_for_what_waits(office: Office, taken: TakenIssue):
    prepare_issue(office, wish(taken), "account:a")
    newer = correct_issue(office, revision_id=taken.revision_id, changes={"office": "白鹭区政府办"}, actor="account:b")
    assert refusal(office, wish(taken)) == "outdated"
    assert refusal(office, wish(newer)) == "waiting"


def test_an_issue_goes_out_first_once_and_then_as_a_correction(office: Office, taken: TakenIssue):
    send_out(office, prepare_issue(office, wish(taken), "account:a"))
    assert refusal(office, wish(taken)) == "already_sent"
    newer = correct_issue(office, revision_id=taken.revision_id, changes={"office": "白鹭区政府办"}, actor="account:b")
    assert refusal(office, wish(newer)) == "already_sent"
    assert refusal(office, wish(newer, kind=MailingKind.CORRECTION)) == "no_note"
    made = prepare_issue(office, wish(newer, kind=MailingKind.CORRECTION, note="编发单位有误。"), "account:a")
    with office.store.read() as session:
        contents = queries.mailing_contents(session, made)
        assert queries.mailing(session, made).kind == "correction"
    assert set(contents) == {"发"}


def test_of_two_that_were_prepared_at_the_same_moment_one_goes(office: Office, taken: TakenIssue):
    """Other lists make another content: both may be there, and still nobody gets two copies."""
    first = prepare_issue(office, wish(taken), "account:a")
    with office.store.begin() as session:
        session.execute(core.mailing.update().values(status="cancelled"))
    correction = wish(taken, kind=MailingKind.CORRECTION, note="x")
    second = prepare_issue(office, correction, "account:b")
    with office.store.begin() as session:
        session.execute(core.mailing.update().values(status="prepared", kind="first"))
    for each in (first, second):
        approve(office, each, "account:a")
    assert send_issue(office, first, "account:a", at=None, hold=timedelta()) is True
    with pytest.raises(ApprovalError) as caught:
        send_issue(office, second, "account:a", at=None, hold=timedelta())
    assert caught.value.code == "already_sent"


def test_a_rehearsal_may_be_repeated(store: Store, clock: Clock, taken: TakenIssue):
    office = make_office(store, clock, is_sandbox=True)
    first = prepare_issue(office, wish(taken), "account:a")
    send_out(office, first)
    assert prepare_issue(office, wish(taken), "account:a") == first  # still under way: no second one beside it


# --- the pre-flight check -------------------------------------------------------------------------------------------


def test_stops_are_settled_first_and_warnings_seen(office: Office, taken: TakenIssue):
    secret = take_issue(office, data=SECRET.replace("第12期", "第13期").encode(), filename="密.md", actor="account:a")
    codes = [each.code for each in secret.findings if each.severity == "stop"]
    assert codes
    assert refusal(office, wish(secret)) == "stops"
    for code in codes:
        waive(office, revision_id=secret.revision_id, code=code, reason="样张，不涉密", actor="account:a")
    if any(each.severity == "warning" for each in secret.findings):
        assert refusal(office, wish(secret, has_seen_warnings=False)) == "warnings"
    assert prepare_issue(office, wish(secret), "account:a")
    revision = read_revision(office, secret.issue_id)
    assert revision is not None
    assert {code: row.reason for code, row in revision.waivers.items()} == dict.fromkeys(codes, "样张，不涉密")
    unwaive(office, revision_id=secret.revision_id, code=codes[0], actor="account:a")
    unwaive(office, revision_id=secret.revision_id, code=codes[0], actor="account:a")
    again = read_revision(office, secret.issue_id)
    assert again is not None
    assert codes[0] not in again.waivers


@pytest.mark.parametrize(("code", "reason"), [("no_such", "理由"), ("secrecy", ""), ("secrecy", "长" * 501)])
def test_only_a_stop_that_is_there_is_passed_and_with_a_reason(
    office: Office, taken: TakenIssue, code: str, reason: str
):
    with pytest.raises(WaiverError):
        waive(office, revision_id=taken.revision_id, code=code, reason=reason, actor="account:a")


def test_a_waiver_is_of_one_revision(office: Office, taken: TakenIssue):
    secret = take_issue(office, data=SECRET.replace("第12期", "第13期").encode(), filename="密.md", actor="account:a")
    for each in secret.findings:
        if each.severity == "stop":
            waive(office, revision_id=secret.revision_id, code=each.code, reason="样张", actor="account:a")
    newer = correct_issue(office, revision_id=secret.revision_id, changes={"office": "白鹭区政府办"}, actor="account:b")
    assert refusal(office, wish(newer)) == "stops"


# --- two clerks on one issue ----------------------------------------------------------------------------------------


def test_the_later_save_is_told_and_nothing_is_lost(office: Office, taken: TakenIssue):
    first = correct_issue(office, revision_id=taken.revision_id, changes={"office": "甲办"}, actor="account:小何")
    with pytest.raises(CorrectionError, match="小何 已存了第 2 稿") as caught:
        correct_issue(office, revision_id=taken.revision_id, changes={"office": "乙办"}, actor="account:b")
    assert caught.value.code == "outdated"
    revision = read_revision(office, taken.issue_id)
    assert revision is not None
    assert (revision.id, revision.issue.issuing_office, revision.corrected) == (first.revision_id, "甲办", 1)
    assert (revision.source.data, revision.source.name) == (FILE.encode(), "快报.md")
    old = read_revision(office, taken.issue_id, 1)
    assert old is not None
    assert (old.is_newest, old.corrected, old.issue.issuing_office) == (False, 0, "白鹭区委办公室")
    assert read_revision(office, taken.issue_id, 9) is None
    assert read_revision(office, 999) is None


# --- attachments ----------------------------------------------------------------------------------------------------


def test_files_travel_along_and_rest_while_a_mailing_waits(office: Office, taken: TakenIssue):
    assert (
        attach_file(office, taken.issue_id, name="C:\\a\\附表.xlsx", data=b"x" * 10, actor="account:a") == "附表.xlsx"
    )
    with pytest.raises(AttachmentError, match="同名"):
        attach_file(office, taken.issue_id, name="附表.xlsx", data=b"y", actor="account:a")
    attach_file(office, taken.issue_id, name="x.message", data=b"y", actor="account:a")
    revision = read_revision(office, taken.issue_id)
    assert revision is not None
    assert [(row.name, row.size) for row in revision.attachments] == [("附表.xlsx", 10), ("x.message", 1)]
    mailing_id = prepare_issue(office, wish(taken), "account:a")
    with office.store.read() as session:
        [payload] = queries.mailing_contents(session, mailing_id).values()
    assert payload.count(b"Content-Disposition: attachment") == 2
    for act in (
        lambda: attach_file(office, taken.issue_id, name="b.txt", data=b"y", actor="account:a"),
        lambda: remove_file(office, taken.issue_id, revision.attachments[0].id, "account:a"),
    ):
        with pytest.raises(AttachmentError, match="取消这一批"):
            act()
    cancel(office, mailing_id, "account:a")
    assert remove_file(office, taken.issue_id, revision.attachments[0].id, "account:a") == "附表.xlsx"
    assert remove_file(office, taken.issue_id, revision.attachments[0].id, "account:a") is None


def test_no_more_than_a_mail_carries(office: Office, taken: TakenIssue):
    for number in range(10):
        attach_file(office, taken.issue_id, name=f"{number}.txt", data=b"y", actor="account:a")
    with pytest.raises(AttachmentError, match="最多 10 个"):
        attach_file(office, taken.issue_id, name="11.txt", data=b"y", actor="account:a")


# --- proofs ---------------------------------------------------------------------------------------------------------


def test_a_proof_goes_to_the_named_once(office: Office, taken: TakenIssue):
    given = {"revision_id": taken.revision_id, "sender": SENDER, "nonce": "0" * 16, "actor": "account:a"}
    assert try_issue(office, addresses="a@x.example， b@x.example A@X.example", **given) == 2
    assert try_issue(office, addresses="b@x.example、a@x.example", **given) == 2  # the same form again
    with office.store.read() as session:
        [mailing] = queries.mailings(session)
    assert (mailing.kind, mailing.status, mailing.recipients) == ("test", "sending", 2)
    assert prepare_issue(office, wish(taken), "account:a")  # a proof stands in nobody's way


@pytest.mark.parametrize(
    "addresses", ["", "不是邮箱", "a@x.example not-one", " ".join(f"a{n}@x.example" for n in range(11))]
)
def test_a_proof_to_nobody_or_everybody_is_refused(office: Office, taken: TakenIssue, addresses: str):
    with pytest.raises(TrialError) as caught:
        try_issue(
            office, revision_id=taken.revision_id, sender=SENDER, addresses=addresses, nonce="0", actor="account:a"
        )
    assert caught.value.message
