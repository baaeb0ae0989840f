"""Raw returned mail is forgotten when its time is over; what was read from it stays."""

from __future__ import annotations

from datetime import timedelta

from mailer.flow.join_list import Applicant, apply_for
from mailer.flow.keep_for_a_time import Forgotten, keep_for_a_time
from mailer.flow.office import Office
from mailer.store import core
from recipients import directory
from recipients.address import EmailAddress
from recipients.directory import join_book
from recipients.list_policy import ListPolicy
from tests.flow.test_release_and_control import records
from tests.support.builders import START, Clock

NINETY = timedelta(days=90)


def keep(office: Office, raw: bytes, state: str) -> None:
    with office.store.begin() as session:
        session.execute(
            core.returned.insert().values(
                sha256=raw.hex(), envelope_rcpt="", sender="", raw=raw, received_at=START, kind="bounce", state=state,
                note="",
            )
        )  # fmt: skip


def raws(office: Office) -> dict[str, bytes]:
    with office.store.read() as session:
        return {row.state: row.raw for row in session.execute(core.returned.select())}


def test_what_is_old_enough_and_read_is_cut(office: Office, clock: Clock):
    keep(office, b"one", "applied")
    keep(office, b"four", "waiting")
    clock.turn(days=90)
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=False) == Forgotten(0, 0)
    clock.turn(seconds=1)
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=True) == Forgotten(1, 3)
    assert raws(office) == {"applied": b"one", "waiting": b"four"}
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=False) == Forgotten(1, 3)
    assert raws(office) == {"applied": b"", "waiting": b"four"}
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=False) == Forgotten(0, 0)
    assert [action for _, action in records(office)] == ["retention.run"] * 3


def test_an_address_that_somebody_typed_into_a_form_is_forgotten(office: Office, clock: Clock):
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        directory.set_policy(session, "发", ListPolicy(joining="open"), is_duty=False)
    apply_for(office, "发", Applicant("冯新", "", EmailAddress.parse("new@nowhere.example"), "192.0.2.0/24"))
    clock.turn(days=30)
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=False).applications == 0
    clock.turn(seconds=1)
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=True).applications == 1
    assert keep_for_a_time(office, "cli:a", raw_returns_for=NINETY, dry_run=False).applications == 1
    with office.store.read() as session:
        assert join_book.join_request(session, 1) is None
