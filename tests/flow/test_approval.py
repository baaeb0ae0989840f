"""核签: what it is bound to, who may give it, and what becomes of it when the lists change afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mailer.flow.approve_mailing import ApprovalError, SignOff, approve, binding_of
from mailer.flow.compare_audience import changes_since
from mailer.flow.control_mailing import resume
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release, release_scheduled, schedule, take_back
from mailer.flow.send_issue import send_issue
from mailer.model.mailing import MailingKind
from mailer.model.rights import ApprovalMode
from mailer.store import audit, core, queries, sign_off, writes
from mailer.store.engine import Store
from recipients import directory
from recipients.audience import Audience
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.store.queueing import disagreement, rows_of
from tests.support.builders import AUDIT_KEY, START, Clock, make_audience, make_office, make_order, suppress

HEADER = "单位,姓名,人员类别,邮箱\n"
PEOPLE = "甲镇,张三,主要领导,zhang@a.example\n甲镇,李四,信息员,li@a.example\n乙局,王五,信息员,wang@b.example\n"


def prepared(office: Office, audience: Audience | None = None, actor: str = "account:a", **changed: object) -> int:
    return prepare_mailing(office, make_order(office.store, audience or make_audience(3), **changed), actor)[0]


def choose(store: Store, mode: ApprovalMode) -> None:
    with store.begin() as session:
        writes.set_fact(session, "approval", str(mode))


def keep_people(store: Store, text: str, at: Clock, *, scope: Scope = Scope.FULL) -> None:
    roster = read_roster([("people.csv", read((HEADER + text).encode()))])
    with store.begin() as session:
        import_id, notes = directory.begin_import(
            session, scope, at.now(), "cli:a", source="people.csv", file_hash=text
        )
        directory.finish_import(
            session, import_id, notes, directory.difference(session, roster, scope, at.now()), at.now(), "cli:a"
        )


def on_the_list(office: Office) -> Audience:
    with office.store.read() as session:
        return directory.resolve(session, ["发"], office.clock.now())


def told(office: Office, mailing_id: int) -> tuple[str, str]:
    with office.store.read() as session:
        row = queries.mailing(session, mailing_id)
        return row.status, row.reason


def actions(office: Office) -> list[str]:
    with office.store.read() as session:
        assert audit.verify(session, AUDIT_KEY) == []
        return [row.action for row in session.execute(core.audit.select().order_by(core.audit.c.id))]


# --- what it is bound to --------------------------------------------------------------------------------------------


def test_it_keeps_who_signed_when_and_for_what(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id = prepared(office)
    sheet = SignOff("程远", date(2026, 11, 23), "同意", b"\xff\xd8\xffphoto", "image/jpeg")
    assert approve(office, mailing_id, "account:a", waived={"no_credit": "本期不署"}, sign_off_sheet=sheet) is True
    assert approve(office, mailing_id, "account:b") is False
    with either.read() as session:
        row = sign_off.approval_of(session, mailing_id)
        assert row is not None
        assert (row.signer, row.signed_on, row.note, row.photo, row.mode) == (
            "程远",
            date(2026, 11, 23),
            "同意",
            b"\xff\xd8\xffphoto",
            "offline",
        )
        assert row.binding == binding_of(session, queries.mailing(session, mailing_id))
        assert (row.approved_by, row.waived) == ("account:a", '{"no_credit": "本期不署"}')


def test_what_was_not_seen_is_not_approved(office: Office):
    mailing_id = prepared(office)
    with pytest.raises(ApprovalError) as caught:
        approve(office, mailing_id, "account:b", seen="something else")
    assert (caught.value.code, told(office, mailing_id)[0]) == ("not_what_was_seen", "prepared")


@pytest.mark.parametrize("tampered", ["content", "row", "sender"])
def test_nothing_leaves_that_is_not_what_was_approved(office: Office, clock: Clock, tampered: str):
    mailing_id = prepared(office)
    approve(office, mailing_id, "account:a")
    with office.store.begin() as session:
        if tampered == "content":
            session.execute(core.content.update().values(payload=b"other bytes"))
        elif tampered == "row":
            session.execute(core.delivery.update().values(address_key=core.delivery.c.address_key + "x"))
        else:
            session.execute(core.mailing.update().values(from_address="other@office.example"))
    for act in (release, lambda *given: schedule(given[0], given[1], clock.now(), given[2])):
        with pytest.raises(ApprovalError, match="不一致"):
            act(office, mailing_id, "account:a")
    assert told(office, mailing_id)[0] == "approved"


def test_what_is_suppressed_later_voids_nothing(office: Office):
    mailing_id = prepared(office)
    approve(office, mailing_id, "account:a")
    suppress(office.store, "r2@d2.example", START)
    assert release(office, mailing_id, "account:a") == 3  # withheld at the claim


# --- who may give it ------------------------------------------------------------------------------------------------


def test_another_account_approves_where_the_house_wants_it(office: Office):
    choose(office.store, ApprovalMode.SYSTEM)
    mailing_id = prepared(office)
    for own in ("account:a", "test"):  # who prepared it; who wrote the revision
        with pytest.raises(ApprovalError) as caught:
            approve(office, mailing_id, own)
        assert caught.value.code == "own_work"
    assert approve(office, mailing_id, "account:b") is True


@pytest.mark.parametrize("kind", [MailingKind.TEST, MailingKind.SUPPLEMENT])
def test_a_proof_and_a_repetition_need_nobody_else(office: Office, kind: MailingKind):
    choose(office.store, ApprovalMode.SYSTEM)
    mailing_id = prepared(office, kind=kind)
    assert approve(office, mailing_id, "account:a") is True


@pytest.mark.parametrize("mode", [ApprovalMode.OFFLINE, ApprovalMode.ONE])
def test_elsewhere_who_prepared_it_may(office: Office, mode: ApprovalMode):
    choose(office.store, mode)
    assert approve(office, prepared(office), "account:a") is True


# --- released, and taken back ---------------------------------------------------------------------------------------


def test_a_release_is_taken_back_and_made_again(office: Office, clock: Clock):
    mailing_id = prepared(office)
    approve(office, mailing_id, "account:a")
    assert send_issue(office, mailing_id, "account:a", at=None, hold=timedelta(seconds=60)) is True
    clock.turn(seconds=59)
    with office.store.begin() as session:
        release_scheduled(session, clock.now())
    assert told(office, mailing_id)[0] == "scheduled"
    assert take_back(office, mailing_id, "account:b") is True
    assert take_back(office, mailing_id, "account:b") is False
    clock.turn(seconds=60)
    with office.store.begin() as session:
        release_scheduled(session, clock.now())
    assert (told(office, mailing_id)[0], {row.status for row in rows_of(office.store, mailing_id)}) == (
        "approved",
        {"planned"},
    )
    assert send_issue(office, mailing_id, "account:a", at=None, hold=timedelta()) is True
    with office.store.begin() as session:
        release_scheduled(session, clock.now())
    assert told(office, mailing_id)[0] == "sending"
    assert take_back(office, mailing_id, "account:b") is False
    assert disagreement(office.store, mailing_id) == ""


def test_two_people_and_two_moments_make_one_release(office: Office, clock: Clock):
    mailing_id = prepared(office)
    with pytest.raises(ApprovalError) as caught:
        send_issue(office, mailing_id, "account:a", at=None, hold=timedelta())
    assert caught.value.code == "not_approved"
    approve(office, mailing_id, "account:a")
    at = clock.now() + timedelta(hours=10)
    assert send_issue(office, mailing_id, "account:a", at=at, hold=timedelta(seconds=60)) is True
    assert send_issue(office, mailing_id, "account:b", at=None, hold=timedelta(seconds=60)) is False
    assert schedule(office, mailing_id, clock.now(), "account:b", anew=False) is False
    with office.store.read() as session:
        assert queries.mailing(session, mailing_id).scheduled_at == at
    assert actions(office).count("mailing.scheduled") == 1


# --- the lists change after the approval ----------------------------------------------------------------------------


@pytest.fixture
def from_the_lists(office: Office, clock: Clock) -> int:
    """An approved mailing to three people of the directory."""
    make_order(office.store, make_audience(1))  # the bulletin and an issue
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
    keep_people(office.store, PEOPLE, clock)
    clock.turn(hours=1)
    mailing_id = prepared(office, on_the_list(office))
    approve(office, mailing_id, "account:a")
    return mailing_id


def scheduled(office: Office, clock: Clock, mailing_id: int, people: str) -> tuple[str, str]:
    """Scheduled for tomorrow; the people are these by then."""
    at = clock.now() + timedelta(hours=20)
    schedule(office, mailing_id, at, "account:a")
    clock.turn(hours=2)
    keep_people(office.store, people, clock)
    clock.moment = at
    with office.store.begin() as session:
        release_scheduled(session, clock.now())
    assert disagreement(office.store, mailing_id) == ""
    return told(office, mailing_id)


def statuses(office: Office, mailing_id: int) -> dict[str, str]:
    return {row.address: row.status for row in rows_of(office.store, mailing_id)}


def test_unchanged_lists_let_it_go(office: Office, clock: Clock, from_the_lists: int):
    assert scheduled(office, clock, from_the_lists, PEOPLE) == ("sending", "")
    assert set(statuses(office, from_the_lists).values()) == {"queued"}


def test_who_left_the_list_is_only_taken_out(office: Office, clock: Clock, from_the_lists: int):
    fewer = "".join(PEOPLE.splitlines(keepends=True)[:2])
    assert scheduled(office, clock, from_the_lists, fewer) == ("sending", "")
    assert statuses(office, from_the_lists) == {
        "zhang@a.example": "queued",
        "li@a.example": "queued",
        "wang@b.example": "withheld",
    }
    assert [row.reason for row in rows_of(office.store, from_the_lists)] == ["", "", "off_list"]


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (PEOPLE + "丙街道,赵六,信息员,zhao@c.example\n", "新增 1 个邮箱（丙街道 赵六）"),
        (PEOPLE.replace("wang@b.example", "wang@new.example"), "1 个换了邮箱（乙局 王五）；1 份不再发"),
    ],
    ids=["added", "changed"],
)
def test_an_address_nobody_approved_stops_it_and_is_told(
    office: Office, clock: Clock, from_the_lists: int, people: str, words: str
):
    status, reason = scheduled(office, clock, from_the_lists, people)
    assert (status, words in reason) == ("held", True), reason
    assert set(statuses(office, from_the_lists).values()) == {"planned"}
    with office.store.read() as session:
        assert [task.kind for task in queries.open_tasks(session)] == ["list_changed"]


def test_it_is_not_even_released_by_hand(office: Office, clock: Clock, from_the_lists: int):
    clock.turn(hours=2)
    keep_people(office.store, PEOPLE + "丙街道,赵六,信息员,zhao@c.example\n", clock)
    with pytest.raises(ApprovalError, match="丙街道 赵六") as caught:
        send_issue(office, from_the_lists, "account:a", at=None, hold=timedelta())
    assert caught.value.code == "list_changed"


def test_what_is_tampered_with_while_it_waits_is_held(office: Office, clock: Clock, from_the_lists: int):
    schedule(office, from_the_lists, clock.now(), "account:a")
    with office.store.begin() as session:
        session.execute(core.mailing.update().values(reply_to="other@office.example"))
        release_scheduled(session, clock.now())
    assert told(office, from_the_lists)[0] == "held"


def test_people_outside_the_directory_and_proofs_never_change(office: Office):
    for kind in (MailingKind.FIRST, MailingKind.TEST):
        mailing_id = prepared(office, kind=kind)
        with office.store.read() as session:
            changes = changes_since(session, queries.mailing(session, mailing_id), START)
        assert (changes.only_subtract, changes.gone) == (True, ())


def test_what_was_held_for_another_list_does_not_go_out_by_resuming(office: Office, clock: Clock, from_the_lists: int):
    status, _ = scheduled(office, clock, from_the_lists, PEOPLE + "丙街道,赵六,信息员,zhao@c.example\n")
    assert status == "held"
    with pytest.raises(ApprovalError) as caught:
        resume(office, from_the_lists, "account:a")
    assert caught.value.code == "list_changed"
    assert set(statuses(office, from_the_lists).values()) == {"planned"}


def test_who_left_meanwhile_is_taken_out_when_a_missed_hour_is_made_good(
    office: Office, clock: Clock, from_the_lists: int
):
    schedule(office, from_the_lists, clock.now(), "account:a")
    clock.turn(hours=2)
    with office.store.begin() as session:
        release_scheduled(session, clock.now())
    assert told(office, from_the_lists)[0] == "held"
    keep_people(office.store, "".join(PEOPLE.splitlines(keepends=True)[:2]), clock)
    resume(office, from_the_lists, "account:a")
    assert statuses(office, from_the_lists)["wang@b.example"] == "withheld"
    assert disagreement(office.store, from_the_lists) == ""
