"""What a dead worker left, row by row of DESIGN 5.8: proven outcomes settled, the unknown in doubt, the unbegun back."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.flow.control_mailing import cancel
from mailer.flow.office import Office
from mailer.flow.recover import own_orphans, recover
from mailer.flow.send_kit import SendKit
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.store import queries, windows
from mailer.store.engine import Store
from mailer.store.journal import JournalHome, LeaseJournal
from mailer.store.queue import Lease
from tests.flow.test_release_and_control import statuses, tasks
from tests.store.queueing import LEASE_FOR, claimed, disagreement, lease_row, rows_of, together
from tests.support.builders import START, Clock, make_audience, make_kit, make_office, make_sending, make_worker

OK = Outcome(Phase.DOT, Reply(250, "2.0.0 Ok"), None, "mx.example", START)
UNKNOWN_USER = Outcome(Phase.RCPT, Reply(550, "5.1.1 User unknown"), None, "mx.example", START)
GREYLISTED = Outcome(Phase.RCPT, Reply(451, "4.7.1 Greylisted, try again later"), None, "mx.example", START)
CUT = Outcome(Phase.DOT, None, Fault.CUT, "", START)


@dataclass
class Scene:
    """Worker w9 with a lease on six rows: four granted, two not. It is killed by ``die``."""

    store: Store
    root: Path
    home: JournalHome
    mailing_id: int
    lease: Lease
    book: LeaseJournal

    def die(self) -> None:
        """As after kill -9: the lock is free, everything else stays as it is."""
        self.book.close()
        os.close(self.home._lock)

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows()]

    def rows(self) -> list[Any]:
        by_id = {row.id: row for row in rows_of(self.store, self.mailing_id)}
        return [by_id[row.id] for row in self.lease.rows]

    def begin(self, *numbers: int) -> None:
        for number in numbers:
            self.book.begin(self.lease.rows[number].id, 1)

    def end(self, number: int, outcome: Outcome) -> None:
        self.book.outcome(self.lease.rows[number].id, 1, outcome)


def set_scene(store: Store, root: Path, office: Office, *, granted: int = 4, **identity: Any) -> Scene:
    mailing_id = make_sending(office, make_audience(6))
    home = make_worker(store, root, "w9", **identity)
    home.set_aside(6)
    lease = claimed(store, mailing_id, worker="w9", epoch=home.worker.epoch)
    book = home.open_lease(lease.id)
    with store.begin() as session:
        assert windows.grant(session, lease, worker_id="w9", begun_to=granted, expires_at=START + LEASE_FOR)
    return Scene(store, root, home, mailing_id, lease, book)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def scene(store: Store, root: Path, office: Office) -> Scene:
    return set_scene(store, root, office)


def test_each_row_as_far_as_the_journal_proves(scene: Scene, kit: SendKit):
    scene.begin(0, 1)
    scene.end(0, OK)
    scene.end(2, UNKNOWN_USER)  # refused before a body: no begin line
    scene.die()
    assert recover(kit) == 1
    assert scene.statuses() == ["accepted", "in_doubt", "bounced", "queued", "queued", "queued"]
    rows = scene.rows()
    assert [row.attempts for row in rows] == [1, 1, 1, 0, 0, 0]
    assert [row.crashes for row in rows] == [0, 0, 0, 1, 0, 0], "only what was granted is suspected"
    assert [row.doubts for row in rows] == [0, 1, 0, 0, 0, 0]
    assert (rows[0].reply_text, rows[0].accepted_at, rows[0].host) == ("2.0.0 Ok", START, "mx.example")
    assert (rows[2].bounced_by, rows[2].reply_code, rows[2].reason) == ("session", 550, "userunknown")
    assert all(row.lease_id is None for row in rows)
    assert lease_row(scene.store, scene.lease.id).state == "recovered"
    assert not scene.home.folder.exists()
    assert disagreement(scene.store, scene.mailing_id) == ""


def test_recovering_again_changes_nothing(scene: Scene, kit: SendKit):
    scene.begin(0)
    scene.die()
    assert recover(kit) == 1
    before = scene.rows()
    assert recover(kit) == 0
    assert scene.rows() == before


def test_what_was_given_back_is_sent_by_another_and_the_dead_one_can_settle_nothing(scene: Scene, kit: SendKit):
    scene.die()
    recover(kit)
    again = claimed(scene.store, scene.mailing_id, worker="me")
    assert [row.attempts for row in again.rows] == [1] * 6
    with scene.store.begin() as session:
        assert not windows.renew(session, scene.lease.id, worker_id="w9", expires_at=START)
        assert not windows.grant(session, scene.lease, worker_id="w9", begun_to=6, expires_at=START)


def test_a_worker_that_died_before_its_first_grant_loses_nothing(
    store: Store, root: Path, office: Office, kit: SendKit
):
    scene = set_scene(store, root, office, granted=0)
    scene.die()
    (scene.home.folder / f"{scene.lease.id}.journal").unlink()  # it died between the claim and the journal
    recover(kit)
    assert scene.statuses() == ["queued"] * 6
    assert {(row.attempts, row.crashes) for row in scene.rows()} == {(0, 0)}


# --- a journal that cannot prove what it lacks -----------------------------------------------------------------------


def test_after_a_power_cut_outcomes_count_and_silence_does_not(store: Store, root: Path, office: Office, kit: SendKit):
    scene = set_scene(store, root, office, boot="boot-0")
    scene.begin(0)
    scene.end(0, OK)
    scene.die()
    recover(kit)
    assert scene.statuses() == ["accepted", "in_doubt", "in_doubt", "in_doubt", "queued", "queued"]
    assert [row.attempts for row in scene.rows()] == [1, 1, 1, 1, 0, 0]
    assert disagreement(store, scene.mailing_id) == ""


def test_a_journal_of_another_epoch_proves_nothing(store: Store, root: Path, office: Office, kit: SendKit):
    """The database was restored: the ids in the journal may be other deliveries' now."""
    scene = set_scene(store, root, office, epoch="epoch-0")
    scene.begin(0)
    scene.end(0, OK)
    scene.die()
    recover(kit)
    assert scene.statuses() == ["in_doubt"] * 4 + ["queued"] * 2


def test_a_lease_of_another_epoch_is_not_told_by_todays_journal(scene: Scene, kit: SendKit):
    scene.begin(0)
    scene.end(0, OK)
    scene.die()
    restored = replace(kit, home=_with_epoch(kit.home, "epoch-2"))
    recover(restored)
    assert scene.statuses() == ["in_doubt"] * 4 + ["queued"] * 2


def _with_epoch(home: JournalHome, epoch: str) -> JournalHome:
    other = object.__new__(JournalHome)
    other.__dict__.update(home.__dict__)
    other.worker = replace(home.worker, epoch=epoch)
    return other


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "headless"])
def test_a_journal_that_is_gone_or_unreadable_leaves_the_granted_windows_in_doubt(
    scene: Scene, kit: SendKit, damage: str
):
    scene.begin(0, 1)
    scene.end(0, OK)
    path = scene.book.path
    scene.die()
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "garbage": b"\xff" * 99, "headless": data[data.index(b"\n") + 1 :]}[damage])
    recover(kit)
    assert scene.statuses() == ["in_doubt"] * 4 + ["queued"] * 2
    assert disagreement(scene.store, scene.mailing_id) == ""


# --- who may recover -------------------------------------------------------------------------------------------------


def test_a_live_workers_rows_are_never_taken_however_old_its_lease(
    scene: Scene, kit: SendKit, clock: Clock, office: Office
):
    before = scene.rows()
    for after, opened in (
        (LEASE_FOR, []),
        (timedelta(minutes=4, seconds=59), []),
        (timedelta(seconds=1), ["worker_hangs"]),
        (timedelta(days=9), ["worker_hangs"]),
    ):
        clock.moment += after
        assert recover(kit) == 0
        assert scene.rows() == before
        assert tasks(office) == opened
    scene.die()
    assert recover(kit) == 1


@pytest.mark.parametrize("identity", [{"host": "host-2"}, {}])
def test_a_folder_that_cannot_be_seen_waits_for_the_end_of_the_lease(
    store: Store, root: Path, office: Office, kit: SendKit, clock: Clock, identity: dict[str, Any]
):
    scene = set_scene(store, root, office, **identity)
    scene.begin(0)
    scene.end(0, OK)
    scene.home.folder.rename(root / ".elsewhere")
    before = scene.rows()
    for after in (timedelta(), LEASE_FOR, timedelta(seconds=9)):
        clock.moment += after
        assert recover(kit) == 0
        assert scene.rows() == before
    clock.turn(seconds=1)
    assert recover(kit) == 1
    assert scene.statuses() == ["in_doubt"] * 4 + ["queued"] * 2
    assert disagreement(store, scene.mailing_id) == ""
    scene.die()


def test_a_worker_nobody_knows_is_recovered_after_its_lease(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(2))
    claimed(office.store, mailing_id, worker="stranger")
    assert recover(kit) == 0
    clock.moment += LEASE_FOR + timedelta(seconds=10)
    assert recover(kit) == 1
    assert statuses(office, mailing_id) == ["queued", "queued"]


def test_of_two_that_recover_at_once_one_does(either: Store, root: Path, clock: Clock):
    office = make_office(either, clock)
    scene = set_scene(either, root, office)
    scene.begin(0, 1)
    scene.end(0, OK)
    scene.die()
    homes = [make_worker(either, root, f"r{number}") for number in range(2)]
    recovered = together(2, lambda number: recover(make_kit(either, homes[number], clock)))
    for home in homes:
        home.close()
    assert sum(recovered) >= 1
    assert scene.statuses() == ["accepted", "in_doubt"] + ["queued"] * 4
    assert [row.attempts for row in scene.rows()] == [1, 1, 0, 0, 0, 0]
    assert disagreement(either, scene.mailing_id) == ""


def test_a_claim_whose_commit_was_never_confirmed_is_given_back_by_its_own_worker(office: Office, kit: SendKit):
    mailing_id = make_sending(office, make_audience(3))
    known = claimed(office.store, mailing_id, worker="me", limit=1)
    claimed(office.store, mailing_id, worker="me")
    with office.store.begin() as session:
        own_orphans(session, kit, known={known.id}, now=START)
    assert statuses(office, mailing_id) == ["attempting", "queued", "queued"]
    assert [row.attempts for row in rows_of(office.store, mailing_id)] == [1, 0, 0]


# --- what follows ----------------------------------------------------------------------------------------------------


def test_of_a_cancelled_mailing_nothing_goes_back_into_the_queue(scene: Scene, kit: SendKit, office: Office):
    scene.begin(0, 1)
    scene.end(0, OK)
    scene.die()
    cancel(office, scene.mailing_id, "cli:a")
    recover(kit)
    assert scene.statuses() == ["accepted", "in_doubt"] + ["cancelled"] * 4
    assert disagreement(scene.store, scene.mailing_id) == ""


def test_an_office_that_prefers_copies_twice_gets_the_unknown_sent_again(
    store: Store, root: Path, clock: Clock, kit: SendKit
):
    scene = set_scene(store, root, make_office(store, clock, in_doubt="resend"))
    scene.begin(0)
    scene.die()
    recover(kit)
    row = scene.rows()[0]
    assert (row.status, row.doubts, row.attempts) == ("deferred", 1, 1)
    assert row.due_at == START + timedelta(minutes=5)


def test_a_row_that_was_granted_in_five_crashes_is_set_apart(store: Store, root: Path, office: Office, kit: SendKit):
    mailing_id = make_sending(office, make_audience(2))
    for number in range(5):
        home = make_worker(store, root, f"dying{number}")
        lease = claimed(store, mailing_id, worker=f"dying{number}")
        home.set_aside(1)
        home.open_lease(lease.id).close()
        with store.begin() as session:
            windows.grant(session, lease, worker_id=f"dying{number}", begun_to=1, expires_at=START)
        os.close(home._lock)
        assert tasks(office) == []
        recover(kit)
    first, second = rows_of(store, mailing_id)
    assert (first.crashes, first.due_at, first.reason) == (5, None, "crashes")
    assert tasks(office) == ["crashes"]
    assert [row.id for row in claimed(store, mailing_id, worker="me").rows] == [second.id]


def test_the_log_says_what_was_recovered(scene: Scene, kit: SendKit):
    said: list[tuple[str, dict[str, Any]]] = []
    scene.begin(0)
    scene.die()
    recover(replace(kit, note=lambda event, **facts: said.append((event, facts))))
    assert said == [
        ("lease_recovered", {"lease": scene.lease.id, "settled": 1, "given_back": 5, "whole": True}),
    ]
    with scene.store.read() as session:
        assert queries.ledger_sum(session, scene.mailing_id).open == 5
