"""A journal that turns up after its leases were recovered without it: what it proves still resolves what is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.flow.close_mailing import close_if_done
from mailer.flow.control_mailing import resolve_in_doubt
from mailer.flow.office import Office
from mailer.flow.recover import recover
from mailer.flow.send_kit import SendKit
from mailer.flow.sweep import sweep
from mailer.model.delivery import DeliveryStatus
from mailer.store import ledger_rows
from mailer.store.engine import Store
from tests.flow.test_recover import CUT, GREYLISTED, OK, UNKNOWN_USER, Scene, set_scene
from tests.flow.test_release_and_control import status
from tests.store.queueing import LEASE_FOR, claimed, disagreement, row_of
from tests.support.builders import Clock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def scene(store: Store, root: Path, office: Office) -> Scene:
    return set_scene(store, root, office)


def lost_and_found(scene: Scene, kit: SendKit, clock: Clock, found: Callable[[], None]) -> None:
    """Recovered without its folder; then the folder is there again."""
    hidden = scene.root / ".elsewhere"
    scene.home.folder.rename(hidden)
    clock.moment += LEASE_FOR + timedelta(seconds=10)
    assert recover(kit) == 1
    found()
    hidden.rename(scene.home.folder)
    scene.die()
    recover(kit)


def nothing() -> None:
    pass


def test_a_journal_that_turns_up_late_still_resolves_what_is_in_doubt(scene: Scene, kit: SendKit, clock: Clock):
    scene.begin(0, 1, 2, 3)
    for number, outcome in enumerate((OK, UNKNOWN_USER, CUT)):
        scene.end(number, outcome)
    lost_and_found(scene, kit, clock, nothing)
    assert scene.statuses() == ["accepted", "bounced", "in_doubt", "in_doubt", "queued", "queued"]
    assert not scene.home.folder.exists()
    assert disagreement(scene.store, scene.mailing_id) == ""


def test_a_late_temporary_refusal_puts_the_row_back_into_a_mailing_that_had_closed(
    scene: Scene, kit: SendKit, clock: Clock, office: Office
):
    scene.end(0, GREYLISTED)

    def close() -> None:
        rows = scene.rows()[4:]
        with scene.store.begin() as session:
            ledger_rows.move_rows(session, scene.mailing_id, rows, DeliveryStatus.ACCEPTED, {})
        assert close_if_done(scene.store, scene.mailing_id, clock.now())

    scene.begin(1, 2, 3)
    lost_and_found(scene, kit, clock, close)
    assert scene.statuses() == ["deferred"] + ["in_doubt"] * 3 + ["accepted"] * 2
    sweep(kit)
    assert status(office, scene.mailing_id) == "sending"
    assert disagreement(scene.store, scene.mailing_id) == ""


@pytest.mark.parametrize(("boot", "wanted"), [("boot-1", "deferred"), ("boot-0", "in_doubt")])
def test_late_silence_about_a_row_is_proof_in_a_journal_of_this_boot_only(
    store: Store, root: Path, office: Office, kit: SendKit, clock: Clock, boot: str, wanted: str
):
    scene = set_scene(store, root, office, boot=boot)
    scene.begin(0, 1)
    scene.end(0, OK)
    lost_and_found(scene, kit, clock, nothing)
    assert scene.statuses() == ["accepted", "in_doubt", wanted, wanted, "queued", "queued"]
    assert disagreement(scene.store, scene.mailing_id) == ""


def test_a_late_journal_says_nothing_about_a_later_attempt(scene: Scene, kit: SendKit, clock: Clock, office: Office):
    scene.begin(0, 1, 2, 3)
    scene.end(0, UNKNOWN_USER)

    def resend() -> None:
        resolve_in_doubt(office, scene.mailing_id, "cli:a", resend=True)
        lease = claimed(scene.store, scene.mailing_id, worker="me", now=clock.now())
        assert row_of(scene.store, lease.rows[-1].id).attempts in {1, 2}

    lost_and_found(scene, kit, clock, resend)
    assert set(scene.statuses()) == {"attempting"}


def test_a_late_journal_of_another_epoch_is_dropped(
    store: Store, root: Path, office: Office, kit: SendKit, clock: Clock
):
    scene = set_scene(store, root, office, epoch="epoch-0")
    scene.begin(0)
    scene.end(0, OK)
    lost_and_found(scene, kit, clock, nothing)
    assert scene.statuses() == ["in_doubt"] * 4 + ["queued"] * 2
