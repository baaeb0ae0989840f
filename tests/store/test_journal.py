"""The journal: what is written whole is read back, what is torn ends the reading, and only a dead worker's can be taken."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.store import journal
from mailer.store.journal import JournalError, JournalHome, LeaseJournal, Reading, WorkerAliveError, WorkerIdentity

AT = datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC)
ME = WorkerIdentity("w1", "host-1", "boot-1", "epoch-1")
OUTCOMES = {
    (1, 1): Outcome(Phase.DOT, Reply(250, "2.0.0 Ok: queued as 4F"), None, "mx.example", AT),
    (2, 3): Outcome(Phase.RCPT, Reply(550, "5.1.1 收件人\t不存在\nsecond line"), None, "mx.example", AT),
    (3, 1): Outcome(Phase.DOT, None, Fault.CUT, "", AT, "connection reset"),
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[JournalHome]:
    home = JournalHome(tmp_path / "journal" / "w1", ME)
    yield home
    home.close()


def lease(home: JournalHome, lease_id: int = 7, rows: int = 10) -> LeaseJournal:
    home.set_aside(rows)
    return home.open_lease(lease_id)


def written(home: JournalHome) -> bytes:
    """The file of lease 7 with everything of OUTCOMES, and one that only began."""
    book = lease(home)
    for (delivery_id, attempt), outcome in OUTCOMES.items():
        book.begin(delivery_id, attempt)
        book.outcome(delivery_id, attempt, outcome)
    book.begin(4, 2)
    book.close()
    return book.path.read_bytes()


def test_what_was_written_is_read_back(home: JournalHome):
    written(home)
    reading = journal.read_lease(home.folder, 7)
    assert (reading.worker, reading.lease_id) == (ME, 7)
    assert reading.begun == {*OUTCOMES, (4, 2)}
    assert reading.outcomes == OUTCOMES


def test_a_reply_is_kept_to_its_limit_and_lines_stay_lines(home: JournalHome):
    book = lease(home)
    book.outcome(1, 1, Outcome(Phase.DOT, Reply(250, "好\r\n\0" * 1_000), None, "mx", AT, "x" * 9_000))
    book.outcome(2, 1, OUTCOMES[1, 1])
    book.close()
    found = journal.read_lease(home.folder, 7).outcomes
    reply = found[1, 1].reply
    assert reply is not None
    assert (len(reply.text), len(found[1, 1].note)) == (journal.TEXT_LIMIT, journal.TEXT_LIMIT)
    assert found[2, 1] == OUTCOMES[1, 1]


def part_of(reading: Reading) -> bool:
    """Nothing in it that was not written."""
    return (
        reading.worker in {ME, None}
        and reading.begun <= {*OUTCOMES, (4, 2)}
        and reading.outcomes.items() <= OUTCOMES.items()
    )


def test_cut_anywhere_it_reads_as_far_as_its_lines_are_whole(home: JournalHome):
    data = written(home).rstrip(b"\0")
    path = home.folder / "7.journal"
    before = 0
    for end in range(len(data) + 1):
        path.write_bytes(data[:end] + bytes(50))
        reading = journal.read_lease(home.folder, 7)
        assert part_of(reading)
        proven = len(reading.begun) + len(reading.outcomes)
        assert proven >= before
        before = proven
    assert before == 7


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_byte_never_turns_into_another_outcome(home: JournalHome, place: int, value: int):
    data = bytearray(written(home).rstrip(b"\0"))
    data[place % len(data)] = value
    (home.folder / "7.journal").write_bytes(data)
    assert part_of(journal.read_lease(home.folder, 7))


@given(data=st.binary(max_size=500))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_read_as_nothing(home: JournalHome, data: bytes):
    (home.folder / "7.journal").write_bytes(data)
    assert journal.read_lease(home.folder, 7) == Reading()


def test_a_sealed_line_of_a_kind_nobody_knows_ends_the_reading(home: JournalHome):
    data = written(home).rstrip(b"\0")
    header, rest = data.split(b"\n", 1)
    for body in ("X\t1\t1", "B\tone\t1", "O\t1\t1\t[]", 'O\t1\t1\t["dot",250,"ok",null,"mx","not a time",""]'):
        strange = journal._sealed(body)
        (home.folder / "7.journal").write_bytes(header + b"\n" + strange + rest)
        assert journal.read_lease(home.folder, 7) == Reading(worker=ME, lease_id=7)


def test_a_missing_file_reads_as_nothing(tmp_path: Path):
    assert journal.read_lease(tmp_path, 7) == Reading()


# --- the disk is asked before anything leaves ------------------------------------------------------------------------


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_room_shows_before_a_claim(home: JournalHome):
    with files_limited_to(64 * 1024), pytest.raises(JournalError, match=r"spare\.journal"):
        home.set_aside(500)
    home.set_aside(500)


def test_room_that_was_set_aside_is_there_when_the_disk_is_full(home: JournalHome):
    book = lease(home, rows=3)
    size = book.path.stat().st_size
    for delivery_id in range(1, 4):
        book.begin(delivery_id, 1)
        book.outcome(delivery_id, 1, Outcome(Phase.DOT, Reply(250, "x" * journal.TEXT_LIMIT), None, "mx.example", AT))
    book.close()
    assert book.path.stat().st_size == size
    assert len(journal.read_lease(home.folder, 7).outcomes) == 3


def test_a_line_that_cannot_be_written_stops_the_sending(home: JournalHome):
    book = lease(home, rows=1)

    def fill() -> None:
        for delivery_id in range(1, 1_000):
            book.begin(delivery_id, 1)

    with files_limited_to(book.path.stat().st_size), pytest.raises(JournalError, match=r"7\.journal"):
        fill()
    book.close()
    reading = journal.read_lease(home.folder, 7)
    assert reading.begun == {(delivery_id, 1) for delivery_id in range(1, len(reading.begun) + 1)}


def test_a_lease_without_room_set_aside_is_not_opened(home: JournalHome):
    with pytest.raises(JournalError):
        home.open_lease(7)


def test_a_folder_that_is_gone_stops_the_sending(home: JournalHome):
    home.folder.rename(home.folder.with_name("elsewhere"))
    with pytest.raises(JournalError):
        home.set_aside(1)


# --- who may read it -------------------------------------------------------------------------------------------------


def test_a_clean_end_leaves_nothing_and_an_open_lease_stays_for_recovery(tmp_path: Path):
    for number, is_open in ((1, False), (2, True)):
        home = JournalHome(tmp_path / f"w{number}", ME)
        book = lease(home)
        if is_open:
            book.close()
        else:
            book.drop()
        home.close()
        assert home.folder.exists() is is_open
        assert not (home.folder / "spare.journal").exists()


def test_only_its_owner_can_look_into_a_journal(home: JournalHome):
    book = lease(home)
    book.close()
    assert home.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.folder.iterdir())


def test_a_live_workers_folder_is_not_taken(home: JournalHome):
    with pytest.raises(WorkerAliveError):
        journal.take_over(home.folder)


def test_a_folder_that_is_not_there_cannot_be_taken(tmp_path: Path):
    assert journal.take_over(tmp_path / "nobody") is None


HOLDER = """
import subprocess, sys
from pathlib import Path
from mailer.store.journal import JournalHome, WorkerIdentity
home = JournalHome(Path(sys.argv[1]), WorkerIdentity("w9", "host-1", "boot-1", "epoch-1"))
home.set_aside(1)
home.open_lease(9).begin(1, 1)
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False)
print(child.pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def worker_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline().strip().isdigit()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_another_process_is_alive_until_it_is_killed_whatever_its_children_do(tmp_path: Path):
    folder = tmp_path / "journal" / "w9"
    with worker_process(folder) as process:
        with pytest.raises(WorkerAliveError):
            journal.take_over(folder)
        process.kill()
        process.wait()
        taken = journal.take_over(folder)  # at once, although its child may still end
    assert taken is not None
    assert taken.leases() == (9,)
    assert journal.read_lease(folder, 9).begun == {(1, 1)}
    with pytest.raises(WorkerAliveError):
        journal.take_over(folder)  # only one recovers
    taken.close()
    assert folder.exists(), "an unread lease stays"
    again = journal.take_over(folder)
    assert again is not None
    again.forget(9)
    again.forget(9)
    again.close()
    assert not folder.exists()


def test_others_folders_are_looked_at_and_never_one_in_the_making(home: JournalHome):
    root = home.folder.parent
    for name in ("w2", "w3", ".w4"):
        (root / name).mkdir()
    (root / "a file").write_text("")
    assert [path.name for path in journal.abandoned(root, home.folder)] == ["w2", "w3"]


def test_only_numbered_files_are_leases(tmp_path: Path):
    home = JournalHome(tmp_path / "w1", ME)
    for lease_id in (12, 3):
        lease(home, lease_id).close()
    home.set_aside(1)
    home.close()
    taken = journal.take_over(home.folder)
    assert taken is not None
    assert taken.leases() == (3, 12)
    taken.close()
