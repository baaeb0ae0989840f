"""A mailing closes when nothing is open and three counts agree; what came back after the end is looked after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from mailer.flow.approve_mailing import approve
from mailer.flow.close_mailing import close_if_done
from mailer.flow.control_mailing import cancel, pause
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import schedule
from mailer.flow.send_kit import SendKit
from mailer.flow.sweep import sweep
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.store import core, ledger_rows, queries
from mailer.store.engine import Store, sqlite_url
from tests.flow.test_release_and_control import status, statuses, tasks
from tests.store.queueing import claimed, disagreement, ended, rows_of, settle, together
from tests.support.builders import (
    START,
    Clock,
    make_audience,
    make_kit,
    make_office,
    make_order,
    make_sending,
    suppress,
)


def settled(office: Office, count: int = 3) -> int:
    """A mailing whose rows are all accepted and that nobody has closed yet."""
    mailing_id = make_sending(office, make_audience(count))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(row) for row in lease.rows])
    return mailing_id


def test_it_closes_once_nothing_is_open(office: Office, clock: Clock):
    mailing_id = make_sending(office, make_audience(2))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(lease.rows[0])])
    assert not close_if_done(office.store, mailing_id, clock.now())
    settle(office.store, lease, [ended(lease.rows[1], DeliveryEventKind.DOUBTED)])
    assert close_if_done(office.store, mailing_id, clock.turn(minutes=1))
    assert not close_if_done(office.store, mailing_id, clock.turn(minutes=1))
    with office.store.read() as session:
        row = queries.mailing(session, mailing_id)
    assert (row.status, row.closed_at) == ("closed", START + timedelta(minutes=1))


@pytest.mark.parametrize(
    "damage",
    [
        update(core.tally).where(core.tally.c.status == "accepted").values(n=4),
        update(core.tally).where(core.tally.c.status.in_(["accepted", "bounced"])).values(
            n=core.tally.c.n + 1
        ),
        update(core.mailing).values(recipients=4),
        update(core.delivery).where(core.delivery.c.address == "r1@d1.example").values(status="bounced"),
        core.delivery.delete().where(core.delivery.c.address == "nobody"),
    ],
)  # fmt: skip
def test_sums_that_disagree_keep_it_open_and_say_so_once(office: Office, clock: Clock, damage):
    mailing_id = settled(office)
    with office.store.begin() as session:
        changed = session.connection().execute(damage).rowcount
    for _ in range(2):
        assert close_if_done(office.store, mailing_id, clock.now()) is (changed == 0)
        if changed == 0:
            break
    assert status(office, mailing_id) == ("sending" if changed else "closed")
    assert tasks(office) == (["sum_disagrees"] if changed else [])


def test_workers_that_find_at_once_that_it_is_done_close_it_once(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id = settled(office)
    assert sum(together(3, lambda _: close_if_done(either, mailing_id, clock.now()))) == 1
    assert status(office, mailing_id) == "closed"


# --- the sweep -------------------------------------------------------------------------------------------------------


def test_the_sweep_says_what_is_due_and_closes_what_is_done(office: Office, kit: SendKit):
    done, due = settled(office), make_sending(office, make_audience(1), key="due")
    assert sweep(kit) == (due,)
    assert (status(office, done), status(office, due)) == ("closed", "sending")


def test_one_sweeps_and_the_others_only_look(office: Office, kit: SendKit, worker, clock: Clock):
    assert sweep(kit) == ()
    other = make_kit(office.store, worker("other"), clock)
    mailing_id = settled(office)
    due = make_sending(office, make_audience(1), key="due")
    assert sweep(other) == (due,), "the lease of the sweep is another's"
    assert status(office, mailing_id) == "sending"
    clock.turn(seconds=30)
    assert sweep(other) == (due,)
    assert status(office, mailing_id) == "closed"


def test_the_sweep_withholds_the_suppressed_and_gives_up_what_waited_too_long(
    office: Office, kit: SendKit, clock: Clock
):
    mailing_id = make_sending(office, make_audience(2))
    suppress(office.store, "r1@d1.example", START)
    assert sweep(kit) == (mailing_id,)
    assert statuses(office, mailing_id) == ["withheld", "queued"]
    pause(office, mailing_id, "cli:a")
    clock.turn(hours=72)
    assert sweep(kit) == ()
    assert statuses(office, mailing_id) == ["withheld", "expired"]
    assert status(office, mailing_id) == "closed"
    assert disagreement(office.store, mailing_id) == ""


def test_the_sweep_releases_what_is_scheduled(office: Office, kit: SendKit, clock: Clock):
    mailing_id, _ = prepare_mailing(office, make_order(office.store, make_audience(1)), "cli:a")
    approve(office, mailing_id, "cli:a")
    schedule(office, mailing_id, START + timedelta(minutes=10), "cli:a")
    assert sweep(kit) == ()
    clock.turn(minutes=10)
    assert sweep(kit) == (mailing_id,)


def test_what_a_worker_brings_back_after_a_cancel_is_cancelled_too(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(3))
    lease = claimed(office.store, mailing_id)
    cancel(office, mailing_id, "cli:a")
    kinds = [DeliveryEventKind.DEFERRED, DeliveryEventKind.PARKED, DeliveryEventKind.ACCEPTED]
    due = START + timedelta(minutes=5)
    settle(
        office.store,
        lease,
        [
            ended(row, kind, due_at=due if kind is DeliveryEventKind.DEFERRED else None)
            for row, kind in zip(lease.rows, kinds, strict=True)
        ],
    )
    clock.turn(seconds=5)
    assert sweep(kit) == ()
    assert statuses(office, mailing_id) == ["cancelled", "cancelled", "accepted"]
    assert disagreement(office.store, mailing_id) == ""


def test_a_closed_mailing_that_owes_something_again_goes_on(office: Office, kit: SendKit, clock: Clock):
    mailing_id = settled(office)
    assert close_if_done(office.store, mailing_id, clock.now())
    with office.store.begin() as session:
        rows = rows_of(office.store, mailing_id)[:1]
        ledger_rows.move_rows(session, mailing_id, rows, DeliveryStatus.DEFERRED, {"due_at": START})
    assert sweep(kit) == (mailing_id,)
    assert status(office, mailing_id) == "sending"


def test_a_database_that_is_away_is_no_end(office: Office, kit: SendKit, clock: Clock, tmp_path):
    said: list[str] = []
    away = Store(sqlite_url(tmp_path / "nowhere"))
    lost = make_kit(away, kit.home, clock, note=lambda event, **_: said.append(event))
    assert sweep(lost) == ()
    assert said == ["database_unavailable"]
