"""Alarms: each condition rings while it holds, is told once after its patience, and once more when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.flow import alarms, intake_trouble, relay_trouble, settle
from mailer.flow.control_mailing import resolve_in_doubt, resume
from mailer.flow.office import Office
from mailer.flow.tell_alarms import Patience, tell_alarms
from mailer.flow.tell_colleagues import Desk
from mailer.model.delivery import DeliveryEventKind
from mailer.store import writes
from tests.store.queueing import claim, claimed, ended
from tests.store.queueing import settle as settle_rows
from tests.support.builders import START, Clock, make_audience, make_sending, make_worker

PATIENCE = Patience(queue_age=timedelta(minutes=15), intake_silent=timedelta(minutes=30))


def keys(office: Office) -> list[str]:
    with office.store.read() as session:
        rings = alarms.ringing(
            session, office.clock.now(), queue_age=PATIENCE.queue_age, intake_silent=PATIENCE.intake_silent
        )
    return [alarm.key for alarm in rings]


def hold(office: Office, mailing_id: int) -> None:
    with office.store.begin() as session:
        settle.hold(session, mailing_id, "发信服务器不认登录", START)


def doubt(office: Office, mailing_id: int) -> None:
    lease = claimed(office.store, mailing_id, now=office.clock.now())
    settle_rows(office.store, lease, [ended(row, DeliveryEventKind.DOUBTED) for row in lease.rows])


def set_fact(office: Office, key: str, value: str) -> None:
    with office.store.begin() as session:
        writes.set_fact(session, key, value)


def nobody_sends(office: Office, clock: Clock) -> None:
    clock.turn(minutes=16)


@pytest.mark.parametrize(
    ("happen", "key"),
    [
        (lambda office, mailing_id, _: hold(office, mailing_id), "held:{}"),
        (lambda office, mailing_id, _: doubt(office, mailing_id), "doubt:{}"),
        (lambda office, _, __: set_fact(office, relay_trouble.FACT, "连不上"), "relay"),
        (lambda office, _, __: set_fact(office, intake_trouble.FACT, START.isoformat()), "intake"),
        (lambda office, _, clock: nobody_sends(office, clock), "still:{}"),
    ],
    ids=["held", "doubt", "relay", "intake", "still"],
)
def test_each_condition_rings(office: Office, clock: Clock, happen: Callable[..., None], key: str):
    mailing_id = make_sending(office, make_audience(2))
    assert keys(office) == []
    happen(office, mailing_id, clock)
    assert keys(office) == [key.format(mailing_id)]


def test_a_rehearsal_rings_no_bell(office: Office, clock: Clock):
    mailing_id = make_sending(office, make_audience(2), rehearsal=True)
    hold(office, mailing_id)
    nobody_sends(office, clock)
    assert keys(office) == []


def test_while_somebody_sends_waiting_is_no_alarm(office: Office, clock: Clock, tmp_path):
    make_sending(office, make_audience(2))
    clock.turn(minutes=16)
    home = make_worker(office.store, tmp_path, "w1", now=clock.now())
    assert keys(office) == []
    clock.turn(minutes=3)  # it has not shown itself since
    assert len(keys(office)) == 1
    home.close()


def test_a_worker_that_holds_rows_and_does_nothing_hangs(office: Office, clock: Clock, tmp_path):
    mailing_id = make_sending(office, make_audience(2))
    home = make_worker(office.store, tmp_path, "w1", now=START)
    assert claim(office.store, mailing_id, worker="w1", now=START) is not None
    clock.turn(minutes=8)
    assert keys(office) == ["hangs:w1"]
    home.close()


def test_told_once_and_once_more_when_it_is_over(office: Office, desk: Desk):
    mailing_id = make_sending(office, make_audience(2))
    assert tell_alarms(desk, "me", PATIENCE) == 0
    hold(office, mailing_id)
    assert tell_alarms(desk, "me", PATIENCE) == 1
    assert tell_alarms(desk, "me", PATIENCE) == 0
    resume(office, mailing_id, "cli:a")
    assert tell_alarms(desk, "me", PATIENCE) == 1
    assert tell_alarms(desk, "me", PATIENCE) == 0


def test_what_passes_quickly_is_told_to_nobody(office: Office, desk: Desk, clock: Clock):
    mailing_id = make_sending(office, make_audience(1))
    doubt(office, mailing_id)
    assert tell_alarms(desk, "me", PATIENCE) == 0
    clock.turn(minutes=1)
    resolve_in_doubt(office, mailing_id, "cli:a", resend=False)
    assert tell_alarms(desk, "me", PATIENCE) == 0
    clock.turn(minutes=5)
    assert tell_alarms(desk, "me", PATIENCE) == 0


def test_what_nobody_took_is_told_again(office: Office, desk: Desk):
    hold(office, make_sending(office, make_audience(1)))
    assert tell_alarms(replace(desk, to=("spam-trap@office.example",)), "me", PATIENCE) == 0
    assert tell_alarms(desk, "me", PATIENCE) == 1


def test_another_process_does_not_tell_it_too(office: Office, desk: Desk):
    hold(office, make_sending(office, make_audience(1)))
    assert tell_alarms(desk, "me", PATIENCE) == 1
    assert tell_alarms(desk, "other", PATIENCE) == 0
