"""Timed runs of the recipients' side: 50,000 rows read and compared, and an audience of N duties frozen in slices.

Each prints one JSON line: rows, seconds, rows a second and the peak memory of the process in MB. Every run is a process of its
own, so that the peak is that run's alone: ``python -m tests.bench.directory read 50000`` | ``freeze sqlite|postgres 100000``.
``all`` makes the runs one after the other, a small and a large freezing side by side; ``all --million`` a million on PostgreSQL too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailer import log, wiring
from mailer.flow.draw_up_order import draw_up_order
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.settings import load
from mailer.store import queries
from mailer.wake.local import LocalWake
from recipients import directory, tables
from recipients.difference import Scope
from recipients.directory.bulk import insert_rows
from recipients.roster import read_roster
from recipients.spreadsheet import read, write_xlsx
from tests.support.builders import make_audience, make_order
from tests.support.servers.postgres_server import PostgresServer

_A_UNIT = 30
_AT_ONCE = 50_000
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


def _office(folder: str, database_url: str) -> Office:
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


def fill(folder: str, people: int, database_url: str = "") -> None:
    """A directory of that many people, thirty to a unit, each with an address of their own, straight into the tables."""
    office = _office(folder, database_url)
    at = datetime.now(UTC)
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
        units = [
            {"id": n, "key": f"第{n}单位", "name": f"第{n}单位", "unit_group": "", "position": n, "valid_from": at}
            for n in range(1, people // _A_UNIT + 2)
        ]
        insert_rows(session, tables.Unit, units)
        posts = [{"id": unit["id"], "unit_id": unit["id"], "role_key": "信息员", "role": "信息员"} for unit in units]
        insert_rows(session, tables.Post, posts)
    for start in range(1, people + 1, _AT_ONCE):
        part = range(start, min(start + _AT_ONCE, people + 1))
        holder = {"title": "", "phone": "", "note": "", "paper_only": False, "care_of": "", "is_essential": False}
        with office.store.begin() as session:
            insert_rows(
                session, tables.Holder,
                [{"id": n, "post_id": n // _A_UNIT + 1, "name": f"收件{n}", "valid_from": at} | holder for n in part],
            )  # fmt: skip
            insert_rows(session, tables.RecipientAddress, [_address(n, at) for n in part])
            insert_rows(
                session, tables.HolderAddress,
                [{"holder_id": n, "address_id": n, "position": 0, "valid_from": at} for n in part],
            )  # fmt: skip


def _address(n: int, at: datetime) -> dict[str, Any]:
    domain = f"d{n % 50}.example"
    address = f"r{n}@{domain}"
    return {"id": n, "address": address, "wire": address, "address_key": address, "domain": domain, "created_at": at}


def freeze(folder: str, people: int, database_url: str = "") -> None:
    """Everybody of the directory becomes a duty of one mailing."""
    log.configure(json=False, quiet=True)
    office = _office(folder, database_url)
    made: Order = make_order(office.store, make_audience(1))
    before = _peak_mb()
    started = time.monotonic()
    order = draw_up_order(office, revision_id=made.revision_id, issue=made.issue, sender=made.sender, codes=("发",))
    mailing_id, _ = prepare_mailing(office, order, "bench")
    database = "PostgreSQL" if database_url else "SQLite"
    _told(f"freeze on {database} (peak before: {before:.0f} MB)", people, started)
    with office.store.read() as session:
        assert queries.mailing(session, mailing_id).recipients == people


def freeze_on(database: str, people: int) -> None:
    """``database``: sqlite or postgres, its own, thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        url = ""
        if database == "postgres":
            server = stack.enter_context(PostgresServer(settings={"shared_buffers": "256MB", "max_wal_size": "4GB"}))
            url = server.url(server.create_database())
        _in_a_process_of_its_own("fill", folder, str(people), url)
        sys.stdout.buffer.write(_in_a_process_of_its_own("freeze", folder, str(people), url))
        sys.stdout.flush()


def main(words: list[str]) -> None:
    if words[0] == "write":
        sys.stdout.buffer.write(_workbook(int(words[1])))
    elif words[0] == "take":
        take(words[1], words[2], int(words[3]))
    elif words[0] == "read":
        read_and_compare(int(words[1]))
    elif words[0] in {"fill", "freeze"} and len(words) == 4:
        (fill if words[0] == "fill" else freeze)(words[1], int(words[2]), words[3])
    elif words[0] == "freeze":
        freeze_on(words[1], int(words[2]))
    else:
        read_and_compare(50_000)
        for people in (10_000, 100_000):
            freeze_on("sqlite", people)
        if "--million" in words:
            for people in (100_000, 1_000_000):
                freeze_on("postgres", people)


if __name__ == "__main__":
    main(sys.argv[1:] or ["all"])
