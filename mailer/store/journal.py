"""A worker's journal: what it began and what it was told, on local disk, before the database knows.

One folder per worker process. ``worker.lock`` is flocked for the process's whole life: whoever can take it knows that the
process is gone. One file per lease, preallocated so that a full disk shows before a message leaves and never between a
reply and its line. Lines carry a CRC, so a torn one ends the reading. The page cache survives a kill -9; after a power
cut only the database counts, which is why a file of an earlier boot proves outcomes but never the absence of one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailer.model.reply import Fault, Outcome, Phase, Reply

_LOCK = "worker.lock"
_SPARE = "spare.journal"
#: bytes set aside for one delivery: a begin line, and an outcome line with the longest text that is kept
_BYTES_PER_ROW = 4_096
TEXT_LIMIT = 500  # characters of a reply that are kept; RFC 5321 4.5.3.1.5 allows 512 octets a line


class JournalError(Exception):
    """The journal cannot be written: nothing more may begin."""


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    id: str
    host: str
    boot_id: str
    epoch: str  # of the database

    def to_json(self) -> str:
        return json.dumps({"id": self.id, "host": self.host, "boot_id": self.boot_id, "epoch": self.epoch})


#: made once: json.dumps with a wish of its own makes an encoder for every call
_encode = json.JSONEncoder(ensure_ascii=False).encode


def _sealed(text: str) -> bytes:
    data = text.encode("utf-8")
    return b"%s\t%08x\n" % (data, zlib.crc32(data))


class LeaseJournal:
    """The open file of one lease."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path, self._fd, self._end = path, fd, 0

    def _write(self, line: bytes) -> None:
        try:
            written = os.pwrite(self._fd, line, self._end)
        except OSError as error:
            raise JournalError(f"{self.path}: {error}") from error
        if written != len(line):
            raise JournalError(f"{self.path}: only {written} of {len(line)} bytes were written")
        self._end += written

    def header(self, worker: WorkerIdentity, lease_id: int) -> None:
        self._write(_sealed(f"H\t{lease_id}\t{worker.to_json()}"))

    def begin(self, delivery_id: int, attempt: int) -> None:
        """Before the first byte of a body goes to the socket."""
        self._write(_sealed(f"B\t{delivery_id}\t{attempt}"))

    def outcome(self, delivery_id: int, attempt: int, outcome: Outcome) -> None:
        """As soon as an attempt has ended, refusals too."""
        reply = outcome.reply
        said = [
            outcome.phase,
            reply.code if reply else None,
            reply.text[:TEXT_LIMIT] if reply else None,
            outcome.fault,
            outcome.host,
            outcome.at.isoformat(),
            outcome.note[:TEXT_LIMIT],
        ]
        self._write(_sealed(f"O\t{delivery_id}\t{attempt}\t{_encode(said)}"))

    def drop(self) -> None:
        """After the last commit of the lease: the database knows everything."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class JournalHome:
    """A worker's own folder, locked while the process lives."""

    def __init__(self, folder: Path, worker: WorkerIdentity) -> None:
        self.folder, self.worker = folder, worker
        folder.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        # made and locked under a name that recovery does not look at: nobody can take it before we hold it
        cradle = folder.with_name(f".{folder.name}")
        cradle.mkdir(mode=0o700)
        self._lock = os.open(cradle / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(self._lock, worker.to_json().encode("utf-8"), 0)
        os.fsync(self._lock)
        cradle.rename(folder)

    def set_aside(self, rows: int) -> None:
        """Claims the disk space of the next lease; raises JournalError when there is none. Before anything is claimed."""
        path = self.folder / _SPARE
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(fd, 0, (rows + 1) * _BYTES_PER_ROW)
            finally:
                os.close(fd)
        except OSError as error:
            raise JournalError(f"{path}: {error}") from error

    def open_lease(self, lease_id: int) -> LeaseJournal:
        path = self.folder / f"{lease_id}.journal"
        try:
            (self.folder / _SPARE).rename(path)
            journal = LeaseJournal(path, os.open(path, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            raise JournalError(f"{path}: {error}") from error
        journal.header(self.worker, lease_id)
        return journal

    def close(self) -> None:
        """A clean end. A folder without open leases goes; otherwise it stays for recovery."""
        with contextlib.suppress(FileNotFoundError):
            (self.folder / _SPARE).unlink()
        if not any(self.folder.glob("*.journal")):
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


@dataclass(slots=True)
class Reading:
    """What a lease's journal proves. ``worker`` is None for a file without a readable header."""

    worker: WorkerIdentity | None = None
    lease_id: int | None = None
    begun: set[tuple[int, int]] = field(default_factory=set)  # (delivery id, attempt)
    outcomes: dict[tuple[int, int], Outcome] = field(default_factory=dict)


def read_lease(folder: Path, lease_id: int) -> Reading:
    """Reads one lease's file as far as its lines are whole; an absent or foreign file reads as nothing."""
    reading = Reading()
    try:
        data = (folder / f"{lease_id}.journal").read_bytes()
    except OSError:
        return reading
    for raw in data.split(b"\n"):
        body, _, seal = raw.rpartition(b"\t")
        if not body or seal != b"%08x" % zlib.crc32(body):
            break  # the preallocated rest, or a torn line: nothing behind it can be trusted
        try:
            _take_line(reading, body.decode("utf-8").split("\t", 3))
        except (ValueError, KeyError, IndexError):
            break
    return reading


def _take_line(reading: Reading, parts: list[str]) -> None:
    kind = parts[0]
    if kind == "H":
        reading.lease_id = int(parts[1])
        reading.worker = WorkerIdentity(**json.loads("\t".join(parts[2:])))
    elif kind == "B":
        reading.begun.add((int(parts[1]), int(parts[2])))
    elif kind == "O":
        phase, code, text, fault, host, at, note = json.loads(parts[3])
        reading.outcomes[int(parts[1]), int(parts[2])] = Outcome(
            phase=Phase(phase),
            reply=Reply(code, text) if code is not None else None,
            fault=Fault(fault) if fault else None,
            host=host,
            at=datetime.fromisoformat(at),
            note=note,
        )
    else:
        raise ValueError(kind)


class TakenJournal:
    """A dead worker's folder whose lock we hold while we recover it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder, self._lock = folder, lock

    def leases(self) -> tuple[int, ...]:
        return tuple(sorted(int(path.stem) for path in self.folder.glob("*.journal") if path.stem.isdigit()))

    def forget(self, lease_id: int) -> None:
        (self.folder / f"{lease_id}.journal").unlink(missing_ok=True)

    def close(self) -> None:
        if not self.leases():
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def abandoned(root: Path, own: Path) -> list[Path]:
    """Worker folders under the journal's root, our own apart; whether their worker lives only its lock can say."""
    return sorted(path for path in root.iterdir() if path.is_dir() and path != own and not path.name.startswith("."))


class WorkerAliveError(Exception):
    """The lock is held: the process lives, however old its lease."""


def take_over(folder: Path) -> TakenJournal | None:
    """Takes a dead worker's folder. None when there is none; raises WorkerAliveError when its process lives."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise WorkerAliveError(str(folder)) from None
    return TakenJournal(folder, lock)


def machine_boot() -> str:
    """Names the running boot of this machine: after another boot a missing journal line proves nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
