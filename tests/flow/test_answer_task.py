"""What a telephone call about a returned address leads to; and returned mail that a person takes in hand."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailer.flow import answer_task, assign_return
from mailer.flow.answer_task import NoSuchTaskError
from mailer.flow.assign_return import NotAssignableError
from mailer.flow.office import Office
from mailer.model.delivery import DeliveryStatus
from mailer.store import address_history, freeze, queries, returns, task_book
from mailer.store.core import audit
from mailer.store.engine import Store
from recipients import directory
from recipients.address import AddressError
from tests.support import returned_mail
from tests.support.builders import Clock, make_office
from tests.web.sample_directory import come_back, make_things_to_do, take_over

WHO = "account:小何"


@pytest.fixture
def busy(store: Store, clock: Clock) -> Office:
    return to_do_in(store, clock)


def to_do_in(store: Store, clock: Clock) -> Office:
    office = make_office(store, clock)
    with store.begin() as session:
        freeze.keep_bulletin(session, title="", office="", now=clock.now())
        directory.seed_lists(session, 1)
    take_over(store, office)
    clock.turn(hours=1)
    make_things_to_do(store, office)
    clock.turn(minutes=5)
    return office


def the_task(office: Office, kind: str):
    with office.store.read() as session:
        (row,) = task_book.listed(session, "open", kind, limit=9)
    return row


def users_of(office: Office, address: str) -> list[str]:
    with office.store.read() as session:
        return [one.holder.name for one in directory.find(session, address, office.clock.now())]


def last_record(office: Office) -> tuple[str, str]:
    with office.store.read() as session:
        row = session.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    return row.action, row.actor


def the_mail(office: Office, recipient: str):
    with office.store.read() as session:
        rows = returns.listed(session, assign_return.OPEN_STATES, limit=9)
        return next(row for row in rows if recipient.encode() in row.head)


def test_a_corrected_address_serves_the_same_person_and_ends_the_task(busy: Office):
    task = the_task(busy, "verify_by_phone")
    with pytest.raises(AddressError):
        answer_task.correct_address(busy, task.id, "不是邮箱", WHO)
    assert the_task(busy, "verify_by_phone").id == task.id
    answer_task.correct_address(busy, task.id, "zhenghao@qinglan.example", WHO)
    assert users_of(busy, "zhenghao@qinglan.example") == ["郑好"]
    assert users_of(busy, "zhengh@qinglan.example") == []
    assert last_record(busy) == ("task.address_corrected", WHO)
    with busy.store.read() as session:
        (done,) = task_book.listed(session, "done", limit=9)
    assert (done.id, done.done_by, done.address_key) == (task.id, WHO, "zhengh@qinglan.example")
    with pytest.raises(NoSuchTaskError):
        answer_task.still_valid(busy, task.id, WHO)


def test_a_right_address_stays_and_who_left_is_written_to_no_more(busy: Office):
    task = the_task(busy, "verify_by_phone")
    answer_task.still_valid(busy, task.id, WHO)
    assert users_of(busy, "zhengh@qinglan.example") == ["郑好"]
    with pytest.raises(NoSuchTaskError):
        answer_task.left_post(busy, task.id, WHO)


def test_who_left_is_written_to_no_more(busy: Office, clock: Clock):
    assert answer_task.left_post(busy, the_task(busy, "verify_by_phone").id, WHO) == 1
    clock.turn(seconds=1)
    assert users_of(busy, "zhengh@qinglan.example") == []
    assert last_record(busy) == ("task.person_left", WHO)


def test_a_task_of_another_kind_is_not_answered_like_this(busy: Office):
    with pytest.raises(NoSuchTaskError):
        answer_task.left_post(busy, the_task(busy, "paper").id, WHO)


def test_a_return_is_given_to_the_delivery_it_names(either: Store, clock: Clock):
    busy = to_do_in(either, clock)
    mail = the_mail(busy, "shen@qinglan.example")
    with busy.store.read() as session:
        raw = returns.mail(session, mail.id).raw
    (candidate,) = assign_return.candidates(busy.store, raw, busy.clock.now())
    assert candidate.address == "shen@qinglan.example"
    assert assign_return.assign(busy, mail.id, candidate.id, WHO) == DeliveryStatus.BOUNCED
    with busy.store.read() as session:
        assert returns.state(session, mail.id) == "applied"
        assert task_book.counts(session, "open").get("suspected_return") is None
        duties = address_history.duties_of(session, candidate.id)
    assert [duty.holder for duty in duties] == ["沈可远"]
    with pytest.raises(NotAssignableError, match="有人处理"):
        assign_return.assign(busy, mail.id, candidate.id, WHO)
    assert last_record(busy) == ("return.assigned", WHO)


def test_a_return_is_not_given_to_a_delivery_it_does_not_name(busy: Office):
    mail, task = the_mail(busy, "nobody@qinglan.example"), the_task(busy, "suspected_return")
    with pytest.raises(NotAssignableError, match="没有说这个邮箱退信"):
        assign_return.assign(busy, mail.id, task.delivery_id, WHO)
    with busy.store.read() as session:
        assert queries.delivery_row(session, task.delivery_id).status == DeliveryStatus.ACCEPTED
    with pytest.raises(NotAssignableError, match="没有这份"):
        assign_return.assign(busy, mail.id, 999_999, WHO)


def test_a_dismissed_return_is_kept_and_answers_the_question(busy: Office):
    mail = the_mail(busy, "shen@qinglan.example")
    assert assign_return.dismiss(busy, mail.id, "别处的信", WHO)
    assert not assign_return.dismiss(busy, mail.id, "", WHO)
    with busy.store.read() as session:
        row = returns.entry(session, mail.id)
        assert task_book.counts(session, "open").get("suspected_return") is None
    assert (row.state, row.delivery_id, row.note) == ("dismissed", None, "小何 认定无关：别处的信")
    assert row.raw.startswith(b"Return-Path")


def test_a_dismissed_return_that_comes_again_stays_dismissed(busy: Office):
    mail = the_mail(busy, "shen@qinglan.example")
    assign_return.dismiss(busy, mail.id, "", WHO)
    assert come_back(busy.store, busy, returned_mail.hard(recipient="shen@qinglan.example")) == "dismissed"
