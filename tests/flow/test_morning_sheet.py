"""The morning sheet: whom to call and why, told once when a mailing settles, and again on a working morning for news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailer.flow.close_mailing import close_if_done
from mailer.flow.morning_sheet import morning_sheet
from mailer.flow.office import Office
from mailer.flow.tell_colleagues import Desk, tell_due
from mailer.model.delivery import DeliveryEventKind
from mailer.store.core import delivery
from mailer.transport.relay import RelayAddress, SmtpRelay
from mailer.transport.smtp import Timeouts
from recipients.audience import Audience, Withheld
from tests.store.queueing import claimed, ended, settle
from tests.support.builders import SHANGHAI, START, Clock, make_entry, make_sending


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
