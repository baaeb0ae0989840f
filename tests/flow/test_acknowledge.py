"""签收: once and for all copies of a revision, by hand with who said so, taken back with a trace; 催办 within its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mailer.flow.acknowledge import Said, SignError, acknowledge, settle_signed, take_back
from mailer.flow.office import Office
from mailer.flow.order_follow_up import Wish, order_follow_up
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.read_history import read_history
from mailer.flow.read_signatures import read_asked, read_book, read_sheet
from mailer.flow.remind import RemindError, outlook, remind
from mailer.flow.take_in_report import take_in_report
from mailer.model.acknowledgement import How, Terms, may_remind
from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind
from mailer.store import acknowledgements, core, queries
from mailer.store.engine import Store
from recipients import directory
from recipients.audience import Audience
from recipients.list_policy import ListPolicy
from tests.flow.following_up import numbers, people, revised, set_status
from tests.support.builders import SIGNER, START, Clock, make_entry, make_office, make_order, make_sending

S = DeliveryStatus
BY_TELEPHONE = Said(How.HAND, "电话", "王主任")


@pytest.fixture
def both(either: Store, clock: Clock) -> Office:
    return make_office(either, clock)


def asking(office: Office, count: int = 4, **policy: Any) -> int:
    """A mailing to 发, which asks for a signature; everybody accepted, number 3 in doubt."""
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        directory.set_policy(session, "发", ListPolicy(acknowledgement=True, **policy), is_duty=True)
    audience = Audience(tuple(make_entry(n) for n in range(1, count + 1)))
    order = make_order(office.store, audience)
    lists = tuple(replace(each, asks_acknowledgement=True) for each in order.lists)
    mailing_id = make_sending(office, audience, lists=lists)
    statuses = {n: S.IN_DOUBT if n == 3 else S.ACCEPTED for n in range(1, count + 1)}
    set_status(office.store, mailing_id, statuses)
    return mailing_id


def delivery(store: Store, mailing_id: int, number: int) -> Any:
    with store.read() as session:
        return session.execute(
            select(core.delivery).where(
                core.delivery.c.mailing_id == mailing_id,
                core.delivery.c.address == f"r{number}@d{number % 3}.example",
            )
        ).one()


def sign(office: Office, mailing_id: int, number: int) -> bool:
    row = delivery(office.store, mailing_id, number)
    return acknowledge(office, row.id, Said(How.PAGE), f"recipient:{row.id}").is_new


def unsigned(office: Office, mailing_id: int) -> list[str]:
    with office.store.read() as session:
        sheet = read_sheet(session, mailing_id, unsigned_only=True)
    return [line.name for unit in sheet.units for line in unit.lines]


def test_signing_twice_is_signing_once_and_settles_a_doubt(both: Office) -> None:
    mailing_id = asking(both)
    assert sign(both, mailing_id, 3)
    both.clock.turn(hours=1)  # type: ignore[attr-defined]  # the test's clock
    assert not sign(both, mailing_id, 3)
    row = delivery(both.store, mailing_id, 3)
    assert (row.status, row.acknowledged_at) == ("accepted", START)
    with both.store.read() as session:
        assert len(session.execute(select(core.acknowledgement)).all()) == 1
        history = read_history(session, mailing_id, row.id)
        assert queries.ledger_sum(session, mailing_id).counts[S.ACCEPTED] == 4
    assert [step.what for step in history.steps][-1] == "签收"
    assert unsigned(both, mailing_id) == ["收件1", "收件2", "收件4"]


def test_signed_while_on_the_wire_it_cannot_end_in_doubt(office: Office) -> None:
    mailing_id = asking(office)
    set_status(office.store, mailing_id, {1: S.ATTEMPTING})
    assert sign(office, mailing_id, 1)
    assert delivery(office.store, mailing_id, 1).status == "attempting", "the worker has the last word on its own row"
    set_status(office.store, mailing_id, {1: S.IN_DOUBT})
    with office.store.begin() as session:
        settle_signed(session, START)
    assert delivery(office.store, mailing_id, 1).status == "accepted"


def test_by_hand_it_says_who_and_how_and_is_taken_back_with_a_trace(office: Office) -> None:
    mailing_id = asking(office)
    row = delivery(office.store, mailing_id, 1)
    for said, code in (
        (replace(BY_TELEPHONE, who=" "), "no_name"),
        (replace(BY_TELEPHONE, channel="梦里"), "no_channel"),
    ):
        with pytest.raises(SignError) as raised:
            acknowledge(office, row.id, said, "account:小何")
        assert raised.value.code == code
    acknowledge(office, row.id, BY_TELEPHONE, "account:小何")
    with office.store.read() as session:
        line = read_sheet(session, mailing_id).units[0].lines[0]
    assert line.how == "电话（王主任），小何登记"
    office.clock.turn(minutes=5)  # type: ignore[attr-defined]  # the test's clock
    assert take_back(office, row.id, "登记错了人", "account:小何")
    assert not take_back(office, row.id, "再来", "account:小何")
    assert unsigned(office, mailing_id) == ["收件1", "收件2", "收件3", "收件4"]
    with office.store.read() as session:
        book = read_book(session, row.id)
        steps = [step.what for step in read_history(session, mailing_id, row.id).steps]
    assert [(each.what, each.by, each.note) for each in book] == [
        ("签收（人工登记：电话，王主任）", "小何", ""),
        ("撤销签收", "小何", "登记错了人"),
    ]
    assert steps[-2:] == ["签收", "撤销签收登记"]


def test_a_receipt_of_a_mail_program_is_a_hint_in_its_own_column(office: Office) -> None:
    mailing_id = asking(office)
    row = delivery(office.store, mailing_id, 1)
    raw = (
        "From: r1@d1.example\r\nSubject: Read\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n"
        "--x\r\n\r\nread\r\n--x\r\nContent-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822;r1@d1.example\r\n"
        f"Original-Message-ID: <{row.message_id}>\r\n"
        "Disposition: automatic-action/MDN-sent-automatically; displayed\r\n\r\n--x--\r\n"
    ).encode()
    state = take_in_report(
        office.store, raw=raw, envelope_rcpt="", sender="", signer=SIGNER, retry=office.retry, now=START
    )
    assert state == "applied"
    with office.store.read() as session:
        line = read_sheet(session, mailing_id).units[0].lines[0]
    assert (line.displayed_at, line.signed_at) == (START, None)


def test_a_list_that_asks_for_nothing_takes_none(office: Office) -> None:
    mailing_id = make_sending(office, Audience((make_entry(1),)))
    with pytest.raises(SignError, match="没有要求签收"):
        sign(office, mailing_id, 1)
    with office.store.read() as session:
        assert not read_asked(session, delivery(office.store, mailing_id, 1).id, START).is_asked


def test_the_deadline_counts_from_the_release(office: Office) -> None:
    mailing_id = asking(office, sign_within=3)
    row = delivery(office.store, mailing_id, 1)
    with office.store.read() as session:
        asked = read_asked(session, row.id, START + timedelta(days=4))
        sheet = read_sheet(session, mailing_id)
    assert (asked.due_at, asked.is_late) == (START + timedelta(days=3), True)
    assert (sheet.due_at, sheet.posts, sheet.signed) == (START + timedelta(days=3), 4, 0)


def test_a_reminder_goes_to_exactly_those_who_have_not_signed(both: Office) -> None:
    mailing_id = asking(both, 6)
    set_status(both.store, mailing_id, {5: S.BOUNCED, 6: S.QUEUED})
    sign(both, mailing_id, 1)
    both.clock.turn(days=1)  # type: ignore[attr-defined]  # the test's clock
    with both.store.read() as session:
        assert outlook(session, mailing_id, both.clock.now()).copies == 3
    new_id, created = remind(both, mailing_id, "account:小何")
    assert created
    assert numbers(both.store, new_id) == {2, 3, 4}
    assert remind(both, mailing_id, "account:小何") == (new_id, False), "pressed twice it is one"
    assert sign(both, new_id, 2), "the reminder has its own button"
    assert people(both.store, new_id)["r2@d2.example"] == "withheld", "and is not sent after that"
    assert unsigned(both, mailing_id) == ["收件3", "收件4", "收件5", "收件6"]
    assert unsigned(both, new_id) == ["收件3", "收件4"]


def test_reminders_are_limited(office: Office) -> None:
    mailing_id = asking(office, 2, reminders=1, reminder_gap=2)
    with pytest.raises(RemindError, match="满 2 天"):
        remind(office, mailing_id, "account:小何")
    office.clock.turn(days=2)  # type: ignore[attr-defined]  # the test's clock
    new_id, _ = remind(office, mailing_id, "account:小何")
    set_status(office.store, new_id, {1: S.ACCEPTED, 2: S.ACCEPTED})
    with office.store.begin() as session:
        session.execute(core.mailing.update().where(core.mailing.c.id == new_id).values(status="closed"))
    office.clock.turn(days=9)  # type: ignore[attr-defined]  # the test's clock
    with pytest.raises(RemindError, match="最多催办 1 次"):
        remind(office, mailing_id, "account:小何")
    with pytest.raises(RemindError, match="不能催办"):
        remind(office, new_id, "account:小何")


def test_nobody_is_reminded_of_what_was_corrected(office: Office) -> None:
    mailing_id = asking(office)
    wish = Wish(FollowUpKind.CORRECTION, mailing_id, "有误", revised(office.store))
    order_follow_up(office, wish, "cli:test")
    office.clock.turn(days=1)  # type: ignore[attr-defined]  # the test's clock
    with pytest.raises(RemindError, match="已经更正"):
        remind(office, mailing_id, "account:小何")


def test_a_proof_asks_nobody_to_sign(office: Office) -> None:
    asking(office)
    order = make_order(office.store, Audience((make_entry(9),)))
    lists = tuple(replace(each, asks_acknowledgement=True) for each in order.lists)
    trial, _ = prepare_mailing(office, replace(order, lists=lists, kind="test", key="t"), "cli:test")  # type: ignore[arg-type]  # the kind's word
    with office.store.read() as session:
        assert acknowledgements.terms(session, trial) == {}


def test_the_strictest_list_decides() -> None:
    terms = (Terms("报", reminders=3, gap_days=1), Terms("发", reminders=1, gap_days=5))
    at = {"released_at": START, "now": START + timedelta(days=6)}
    assert may_remind(terms, reminded=0, last_at=None, **at) == ""
    assert may_remind(terms, reminded=1, last_at=START, **at).startswith("名单规定最多催办 1 次")
    assert may_remind((), reminded=0, last_at=None, **at) == "这一批没有要求签收。"
    assert may_remind((Terms("发"),), reminded=0, last_at=None, **at).startswith("名单规定不催办")
