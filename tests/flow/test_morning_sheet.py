"""The morning sheet: whom to call and why, told once when a mailing settles, and again on a working morning for news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailer.flow.close_mailing import close_if_done
from mailer.flow.morning_sheet import morning_sheet
from mailer.flow.office import Office
from mailer.flow.take_in_report import take_in_report
from mailer.flow.tell_colleagues import Desk, tell_due
from mailer.model.delivery import DeliveryEventKind
from mailer.model.working_days import read_calendar
from mailer.store.core import delivery
from mailer.transport.relay import RelayAddress, SmtpRelay
from mailer.transport.smtp import Timeouts
from recipients.audience import Audience, Withheld
from tests.store.queueing import claimed, ended, settle
from tests.support import returned_mail
from tests.support.builders import SHANGHAI, SIGNER, START, Clock, make_entry, make_sending


def settled(office: Office, **changed: object) -> int:
    """A mailing of four: reached, bounced, in doubt, on paper."""
    audience = Audience((*(make_entry(number) for number in (1, 2, 3)), make_entry(4, withheld=Withheld.PAPER)))
    mailing_id = make_sending(office, audience, **changed)
    lease = claimed(office.store, mailing_id, now=office.clock.now())
    first, second, third = lease.rows
    settle(
        office.store,
        lease,
        [
            ended(first, accepted_at=START, finished_at=START),
            ended(
                second, DeliveryEventKind.BOUNCED, reason="userunknown", fault="recipient", hard=True, finished_at=START
            ),
            ended(third, DeliveryEventKind.DOUBTED),
        ],
    )
    assert close_if_done(office.store, mailing_id, office.clock.now())
    return mailing_id


def test_a_stranger_could_make_the_calls(office: Office):
    mailing_id = settled(office)
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert [(each.unit, each.post, each.name, each.phone) for each in sheet.not_reached] == [
        (f"第{n}单位", "信息员", f"收件{n}", f"000-{n}") for n in (2, 3, 4)
    ]
    causes = [each.cause for each in sheet.not_reached]
    assert causes == ["对方说没有这个邮箱", "正文发完后没有等到答复，对方可能已收到", "只收纸质"]
    assert all(each.remedy for each in sheet.not_reached)
    assert {label: n for label, n in sheet.counts if n} == {"已交出": 1, "退回": 1, "结果不明": 1, "不发": 1}
    assert sheet.recipients == 4
    assert sheet.silent_units == ("第2单位", "第3单位", "第4单位")


def test_told_once_when_it_settles_and_again_only_for_news(office: Office, desk: Desk, clock: Clock):
    assert tell_due(desk, "me") == 0
    mailing_id = settled(office)
    assert tell_due(desk, "me") == 1
    assert tell_due(desk, "me") == 0
    clock.turn(hours=14)  # Tuesday, 08:00
    assert tell_due(desk, "me") == 0, "nothing new since the evening"
    clock.turn(hours=24)
    with office.store.begin() as session:
        session.execute(
            delivery.update()
            .where(delivery.c.mailing_id == mailing_id, delivery.c.status == "bounced")
            .values(reason="mailboxfull")
        )
    assert tell_due(desk, "me") == 1
    assert tell_due(desk, "me") == 0


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 11, 24, 7, 59, tzinfo=SHANGHAI), 0),
        (datetime(2026, 11, 24, 8, 0, tzinfo=SHANGHAI), 1),
        (datetime(2026, 11, 28, 9, 0, tzinfo=SHANGHAI), 0),  # a Saturday
        (datetime(2026, 12, 2, 8, 0, tzinfo=SHANGHAI), 0),  # over a week later
    ],
)
def test_what_is_not_settled_is_told_on_working_mornings(
    office: Office, desk: Desk, clock: Clock, moment: datetime, told: int
):
    make_sending(office, Audience((make_entry(1),)))
    clock.moment = moment.astimezone(UTC)
    assert tell_due(desk, "me") == told


def test_a_rehearsal_is_no_news(office: Office, desk: Desk):
    settled(office, rehearsal=True)
    assert tell_due(desk, "me") == 0


def test_while_another_process_tells_we_do_not(office: Office, desk: Desk, clock: Clock):
    settled(office)
    nobody = replace(desk, to=())
    assert tell_due(nobody, "other") == 0
    assert tell_due(desk, "me") == 0
    clock.turn(minutes=15)
    assert tell_due(desk, "me") == 1


def test_a_relay_that_is_away_is_asked_again(office: Office, desk: Desk):
    settled(office)
    gone = replace(desk, relay=lambda: SmtpRelay(
        RelayAddress("127.0.0.1", 1), connections=1, messages_per_connection=1, timeouts=Timeouts(), helo_name="x",
        now=office.clock.now, pipelined=False, one_at_a_time=True,
    ))  # fmt: skip
    assert tell_due(gone, "me") == 0
    assert tell_due(desk, "me") == 1


def fill_in(office: Office, mailing_id: int, was: str, **values: object) -> None:
    """Moves the rows of that status by hand, as a return would."""
    with office.store.begin() as session:
        session.execute(
            delivery.update().where(delivery.c.mailing_id == mailing_id, delivery.c.status == was).values(**values)
        )


def test_the_next_sheet_says_what_has_changed(office: Office, desk: Desk, clock: Clock):
    mailing_id = settled(office)
    assert tell_due(desk, "me") == 1
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert sheet.since_last == "与上一份晨报相比，名单没有变化。"
    fill_in(office, mailing_id, "accepted", status="expired", fault="network", reason="expired")
    fill_in(office, mailing_id, "in_doubt", status="delivered")
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert sheet.since_last == "与上一份晨报相比：新增 1 个（第1单位收件1），已收到 1 个（第3单位收件3）。"
    assert [(each.name, each.is_new) for each in sheet.not_reached] == [
        ("收件1", True), ("收件2", False), ("收件4", False),
    ]  # fmt: skip


def test_a_first_sheet_compares_nothing(office: Office):
    mailing_id = settled(office)
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert sheet.since_last == ""
    assert not any(each.is_new for each in sheet.not_reached)


CALENDAR = read_calendar(
    "year = 2026\n[[holiday]]\nname = '节'\nfrom = 2026-11-24\nto = 2026-12-02\nwork = [2026-11-28]\n"
)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 11, 24, 8, 0, tzinfo=SHANGHAI), 0),  # the first day of the holidays
        (datetime(2026, 11, 28, 8, 0, tzinfo=SHANGHAI), 1),  # a Saturday worked for them
        (datetime(2026, 12, 3, 8, 0, tzinfo=SHANGHAI), 1),  # the first day behind them, ten days after the release
        (datetime(2026, 12, 9, 8, 0, tzinfo=SHANGHAI), 0),
    ],
)
def test_holidays_put_it_off_and_lose_nothing(office: Office, desk: Desk, clock: Clock, moment: datetime, told: int):
    make_sending(office, Audience((make_entry(1),)))
    clock.moment = moment.astimezone(UTC)
    assert tell_due(replace(desk, working_days=lambda: CALENDAR), "me") == told


def test_who_is_away_and_what_waits_for_a_person_stand_below(office: Office):
    mailing_id = make_sending(office, Audience((make_entry(1),)))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(lease.rows[0], accepted_at=START, finished_at=START)])
    answer = (
        f"From: r1@d1.example\r\nAuto-Submitted: auto-replied\r\nSubject: 自动回复\r\nDate: {START:%a, %d %b %Y} 10:00:00 +0000\r\n"
        f"In-Reply-To: <{SIGNER.token(lease.rows[0].id)}@office.example>\r\n\r\n我外出至12月1日。\r\n"
    ).encode()
    for raw in (answer, returned_mail.hard(recipient="nobody@else.example")):
        take_in_report(
            office.store, raw=raw, envelope_rcpt="office@office.example", sender="", signer=office.signer,
            retry=office.retry, now=office.clock.now(),
        )  # fmt: skip
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert sheet.away == ("第1单位收件1：自动回复，写明外出至 2026-12-01",)
    assert sheet.unassigned == 1


def test_a_rehearsal_says_what_it_is_and_everybody_is_named_with_the_address(office: Office):
    mailing_id = settled(office, rehearsal=True)
    with office.store.read() as session:
        sheet = morning_sheet(session, mailing_id, START)
    assert sheet.issue.endswith("（演练）")
    assert [each.address for each in sheet.not_reached] == ["r2@d2.example", "r3@d0.example", ""]
