"""Timed runs of the recipients' side: 50,000 rows read and compared, and an audience of N duties frozen in slices.

Each prints one JSON line: rows, seconds, rows a second and the peak memory of the process in MB. Every run is a process of its
own, so that the peak is that run's alone: ``python -m tests.bench.directory read 50000`` | ``freeze 100000 [DATABASE_URL]``.
``all`` makes the runs one after the other and compares the memory of a small and a large freezing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from mailer import log, wiring
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.settings import load
from mailer.wake.local import LocalWake
from recipients import directory
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read, write_xlsx
from tests.support.builders import make_order

_HEADER = ("单位", "姓名", "人员类别", "电话", "邮箱")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _told(name: str, rows: int, started: float) -> None:
    seconds = time.monotonic() - started
    print(
        json.dumps(
            {
                "run": name,
                "rows": rows,
                "s": round(seconds, 2),
                "rows_per_s": round(rows / seconds),
                "mb": round(_peak_mb()),
            }
        )
    )


def _office(folder: str, database_url: str) -> wiring.Office:
    settings = load(
        {}, data_dir=f"{folder}/data", secret_key="a bench key that is long enough", database_url=database_url
    )
    return wiring.office_of(settings, wiring.initialise(settings), LocalWake())


def _workbook(rows: int) -> bytes:
    people = [
        (f"第{n // 30}单位", f"人员{n}", f"岗位{n % 30}", f"000-{n}", f"r{n}@d{n % 50}.example") for n in range(rows)
    ]
    return write_xlsx([("名单", [_HEADER, *people])])


def read_and_compare(rows: int) -> None:
    """A workbook of that many rows is read and taken over, then, by another process, read and compared again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder, "a.xlsx").write_bytes(_in_a_process_of_its_own("write", str(rows)))
        for name in ("read and take over", "read and compare"):
            sys.stdout.buffer.write(_in_a_process_of_its_own("take", folder, name, str(rows)))
            sys.stdout.flush()


def _in_a_process_of_its_own(*words: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench.directory", *words], check=True, capture_output=True
    ).stdout


def take(folder: str, name: str, rows: int) -> None:
    office = _office(folder, "")
    started = time.monotonic()
    with office.store.begin() as session:
        roster = read_roster([("a.xlsx", read(Path(folder, "a.xlsx").read_bytes()))])
        at = datetime.now(UTC)
        changes = directory.difference(session, roster, Scope.FULL, at)
        directory.apply(session, changes, Scope.FULL, at, "bench", source="", file_hash="")
    _told(name, rows, started)


def freeze(duties: int, database_url: str = "") -> None:
    """An audience of that many duties, every address its own, is frozen into rows."""
    log.configure(json=False, quiet=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        office = _office(folder, database_url)
        entries = tuple(
            Entry("发", 3, EmailAddress.parse(f"r{n}@d{n % 50}.example"), f"收件{n}", f"第{n}单位", "信息员", None, "")
            for n in range(duties)
        )
        order: Order = make_order(office.store, Audience(entries))
        before = _peak_mb()
        started = time.monotonic()
        prepare_mailing(office, order, "bench")
        _told(f"freeze (peak before: {before:.0f} MB)", duties, started)


def main(words: list[str]) -> None:
    if words[0] == "write":
        sys.stdout.buffer.write(_workbook(int(words[1])))
    elif words[0] == "take":
        take(words[1], words[2], int(words[3]))
    elif words[0] == "read":
        read_and_compare(int(words[1]))
    elif words[0] == "freeze":
        freeze(int(words[1]), *words[2:3])
    else:
        for run in (["read", "50000"], ["freeze", "10000"], ["freeze", "100000"]):
            subprocess.run([sys.executable, "-m", "tests.bench.directory", *run], check=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["all"])
