"""From approved to sending, and what a person may do on the way: pause, resume, cancel, decide about doubts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailer import wiring
from mailer.flow.approve_mailing import approve
from mailer.flow.close_mailing import close_if_done
from mailer.flow.control_mailing import cancel, pause, resolve_in_doubt, resume
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import LATE, release, release_scheduled, schedule
from mailer.flow.settle import hold
from mailer.model.delivery import DeliveryEventKind
from mailer.model.mailing import IllegalMailingTransitionError
from mailer.store import audit, core, queries
from recipients.audience import Audience
from tests.store.queueing import claim, claimed, disagreement, ended, events_of, row_of, rows_of, settle, together
from tests.support.builders import (
    AUDIT_KEY,
    START,
    Clock,
    Wake,
    make_audience,
    make_entry,
    make_office,
    make_order,
    make_sending,
    suppress,
)


def status(office: Office, mailing_id: int) -> str:
    with office.store.read() as session:
        return str(queries.mailing(session, mailing_id).status)


def statuses(office: Office, mailing_id: int) -> list[str]:
    return [row.status for row in rows_of(office.store, mailing_id)]


def tasks(office: Office) -> list[str]:
    with office.store.read() as session:
        return [task.kind for task in queries.open_tasks(session)]


def records(office: Office) -> list[tuple[str, str]]:
    with office.store.read() as session:
        assert not audit.verify(session, AUDIT_KEY)
        return [(row.actor, row.action) for row in session.execute(core.audit.select().order_by(core.audit.c.id))]


def prepared(office: Office, entries: Sequence[Any] | None = None) -> int:
    audience = Audience(tuple(entries)) if entries else make_audience(3)
    mailing_id, _ = prepare_mailing(office, make_order(office.store, audience), "cli:a")
    return mailing_id


# --- release ---------------------------------------------------------------------------------------------------------


def test_released_rows_are_due_at_once_in_the_order_of_the_lists(office: Office, wake: Wake):
    entries = [make_entry(number, code) for number, code in enumerate(("发", "送", "报", "发", "报"), start=1)]
    mailing_id = prepared(office, sorted(entries, key=lambda entry: entry.lane))
    approve(office, mailing_id, "cli:a", waived={"no_credit": "本期不署"})
    assert release(office, mailing_id, "cli:a") == 5
    assert [row.list_code for row in claimed(office.store, mailing_id, now=START).rows] == [
        "报",
        "报",
        "送",
        "发",
        "发",
    ]
    assert {row.queued_at for row in rows_of(office.store, mailing_id)} == {START}
    assert wake.nudged == [mailing_id]
    assert disagreement(office.store, mailing_id) == ""
    assert records(office)[-2:] == [("cli:a", "mailing.approved"), ("cli:a", "mailing.released")]


def test_releasing_twice_releases_once(office: Office, wake: Wake):
    mailing_id = prepared(office)
    approve(office, mailing_id, "cli:a")
    approve(office, mailing_id, "cli:b")
    assert [release(office, mailing_id, "cli:a"), release(office, mailing_id, "cli:b")] == [3, 0]
    assert [action for _, action in records(office)].count("mailing.released") == 1
    assert [action for _, action in records(office)].count("mailing.approved") == 1
    assert wake.nudged == [mailing_id]


def test_nothing_goes_out_without_a_persons_approval(office: Office):
    mailing_id = prepared(office)
    assert release(office, mailing_id, "cli:a") == 0
    assert (status(office, mailing_id), statuses(office, mailing_id)) == ("prepared", ["planned"] * 3)


def test_who_is_suppressed_between_preparing_and_release_gets_nothing(office: Office):
    mailing_id = prepared(office)
    suppress(office.store, "r2@d2.example", START)
    approve(office, mailing_id, "cli:a")
    release(office, mailing_id, "cli:a")
    lease = claimed(office.store, mailing_id, excluded=wiring.excluded(START))
    assert [row.address for row in lease.rows] == ["r1@d1.example", "r3@d0.example"]


@pytest.mark.parametrize(
    ("after", "wanted", "opened"),
    [
        (timedelta(seconds=-1), "scheduled", []),
        (timedelta(), "sending", []),
        (LATE, "sending", []),
        (LATE + timedelta(seconds=1), "held", ["missed"]),
    ],
)
def test_what_is_scheduled_goes_at_its_hour_and_never_long_after_it(
    office: Office, clock: Clock, after: timedelta, wanted: str, opened: list[str]
):
    mailing_id = prepared(office)
    approve(office, mailing_id, "cli:a")
    at = START + timedelta(hours=8)
    schedule(office, mailing_id, at, "cli:a")
    clock.moment = at + after
    for _ in range(2):
        with office.store.begin() as session:
            release_scheduled(session, clock.now())
    assert (status(office, mailing_id), tasks(office)) == (wanted, opened)
    assert statuses(office, mailing_id) == ["queued" if wanted == "sending" else "planned"] * 3
    if wanted == "held":
        resume(office, mailing_id, "cli:a")
        assert (status(office, mailing_id), statuses(office, mailing_id)) == ("sending", ["queued"] * 3)
    assert disagreement(office.store, mailing_id) == ""


# --- pause, resume, cancel -------------------------------------------------------------------------------------------


def test_a_paused_mailing_sends_nothing_until_it_is_resumed(office: Office, wake: Wake):
    mailing_id = make_sending(office, make_audience(3))
    pause(office, mailing_id, "cli:a")
    pause(office, mailing_id, "cli:a")
    assert claim(office.store, mailing_id) is None
    wake.nudged.clear()
    resume(office, mailing_id, "cli:b")
    assert len(claimed(office.store, mailing_id).rows) == 3
    assert wake.nudged == [mailing_id]
    with office.store.read() as session:
        assert queries.mailing(session, mailing_id).reason == ""


def test_resuming_a_mailing_that_held_itself_tries_what_was_parked(office: Office, clock: Clock):
    mailing_id = make_sending(office, make_audience(3))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(row, DeliveryEventKind.PARKED) for row in lease.rows])
    with office.store.begin() as session:
        hold(session, mailing_id, "内容被拒", START)
        hold(session, mailing_id, "内容被拒", START)
    assert (status(office, mailing_id), tasks(office)) == ("held", ["held"])
    clock.turn(hours=1)
    resume(office, mailing_id, "cli:a")
    assert [row.attempts for row in claimed(office.store, mailing_id, now=clock.now()).rows] == [2, 2, 2]
    assert disagreement(office.store, mailing_id) == ""


def test_a_mailing_that_a_person_paused_is_not_held_on_top(office: Office):
    mailing_id = make_sending(office, make_audience(1))
    pause(office, mailing_id, "cli:a")
    with office.store.begin() as session:
        hold(session, mailing_id, "x", START)
    assert (status(office, mailing_id), tasks(office)) == ("paused", [])


def test_cancelling_stops_what_waits_and_counts_what_left(office: Office):
    mailing_id = make_sending(office, make_audience(4))
    lease = claimed(office.store, mailing_id, limit=2)
    assert cancel(office, mailing_id, "cli:a") == 2
    assert cancel(office, mailing_id, "cli:a") == 0
    settle(office.store, lease, [ended(lease.rows[0])])
    assert sorted(statuses(office, mailing_id)) == ["accepted", "attempting", "cancelled", "cancelled"]
    assert disagreement(office.store, mailing_id) == ""


@pytest.mark.parametrize("step", [pause, resume, cancel])
def test_what_is_over_is_not_steered_any_more(office: Office, step):
    mailing_id = make_sending(office, make_audience(1))
    cancel(office, mailing_id, "cli:a")
    before = records(office)
    if step is not cancel:
        with pytest.raises(IllegalMailingTransitionError):
            step(office, mailing_id, "cli:a")
        assert records(office) == before, "no record of what did not happen"


def test_a_pause_and_a_cancel_at_the_same_moment_leave_one_truth(either, clock: Clock):
    office = make_office(either, clock)
    mailing_id = make_sending(office, make_audience(6))

    def act(number: int) -> bool:
        try:
            (pause, cancel, resume)[number](office, mailing_id, f"cli:{number}")
        except IllegalMailingTransitionError:
            return False
        return True

    assert together(3, act)[1]
    assert status(office, mailing_id) == "cancelled"
    assert set(statuses(office, mailing_id)) == {"cancelled"}
    assert disagreement(either, mailing_id) == ""


# --- in doubt --------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(office: Office) -> int:
    """Three rows: accepted, in doubt, in doubt; the mailing still open."""
    mailing_id = make_sending(office, make_audience(3))
    lease = claimed(office.store, mailing_id)
    kinds = [DeliveryEventKind.ACCEPTED, DeliveryEventKind.DOUBTED, DeliveryEventKind.DOUBTED]
    settle(
        office.store, lease, [ended(row, kind, finished_at=START) for row, kind in zip(lease.rows, kinds, strict=True)]
    )
    return mailing_id


def test_resending_a_doubt_sends_the_same_row_under_the_same_id(office: Office, clock: Clock, doubtful: int):
    before = {row.id: row.message_id for row in rows_of(office.store, doubtful)}
    assert close_if_done(office.store, doubtful, START)
    now = clock.turn(hours=80)
    assert resolve_in_doubt(office, doubtful, "cli:a", resend=True, recipient="R2@d2.example") == 1
    assert status(office, doubtful) == "sending"
    assert statuses(office, doubtful) == ["accepted", "queued", "in_doubt"]
    lease = claimed(office.store, doubtful, now=now)
    assert [(row.attempts, row.queued_at) for row in lease.rows] == [(2, now)], "its days begin anew"
    assert {row.id: row.message_id for row in rows_of(office.store, doubtful)} == before
    assert (lease.rows[0].id, "resolved_resend") in events_of(office.store, doubtful)
    assert disagreement(office.store, doubtful) == ""


def test_accepting_doubts_ends_the_mailing(office: Office, doubtful: int):
    assert resolve_in_doubt(office, doubtful, "cli:a", resend=False) == 2
    assert (status(office, doubtful), set(statuses(office, doubtful))) == ("closed", {"accepted"})
    row = row_of(office.store, rows_of(office.store, doubtful)[1].id)
    assert (row.reason, row.accepted_at) == ("resolved_by_hand", START)
    assert records(office)[-1] == ("cli:a", "mailing.resolved_accept")


def test_resolving_again_finds_nothing_to_do(office: Office, doubtful: int):
    resolve_in_doubt(office, doubtful, "cli:a", resend=False)
    assert resolve_in_doubt(office, doubtful, "cli:a", resend=True) == 0
    assert status(office, doubtful) == "closed"


def test_a_cancelled_mailing_resends_no_doubt_but_one_may_be_taken_as_sent(office: Office, doubtful: int):
    cancel(office, doubtful, "cli:a")
    with pytest.raises(IllegalMailingTransitionError):
        resolve_in_doubt(office, doubtful, "cli:a", resend=True)
    assert statuses(office, doubtful) == ["accepted", "in_doubt", "in_doubt"]
    assert resolve_in_doubt(office, doubtful, "cli:a", resend=False) == 2
    assert status(office, doubtful) == "cancelled"
