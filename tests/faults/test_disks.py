"""A full disk, and a death while the audience is frozen: new work is refused in plain words, nothing is half-made."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.faults.conftest import CONNECTIONS, MANY, SLOW, addresses
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, kill, result_of
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]
DISK = 32 * 1024 * 1024  # octets


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own where the data folder will be."""
    place = tmp_path / "data"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        missing(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    return ballast


@pytest.mark.fault("F16")
def test_a_disk_that_fills_up_in_mid_mailing(
    disk: Path, relay: FaultServer, make_office: Make, close_accounts: Close
) -> None:
    office = make_office(MANY)
    relay.change(SLOW)
    sending = office.send()
    relay.log.wait_until(40, 60)
    ballast = fill(disk)
    assert os.statvfs(disk).f_bavail == 0
    kept = len(relay.log.kept())
    refused = office.run("send", office.write_issue(), "--yes", "--json", "--key", "another")
    assert refused.code == 1
    assert refused.event("error")["message"]
    assert "Traceback" not in refused.err
    if sending.poll() is None:
        ballast.unlink()
    else:  # nothing could be written down any more, so it ended
        ballast.unlink()
        sending = office.send()
    relay.change(Scenario())
    told = result_of(sending, 120)
    assert told["status"] == "closed"
    accounts, _ = close_accounts(office, hit=1)
    assert kept < MANY
    assert set(accounts.statuses) <= {"accepted", "in_doubt"}
    assert accounts.statuses["in_doubt"] <= CONNECTIONS
    assert [each["key"] for each in office.mailings() if each.get("event") == "mailing"] in (["k"], [])


@pytest.mark.fault("F07")
def test_killed_while_the_audience_is_frozen(tmp_path: Path, relay: FaultServer, make_office: Make) -> None:
    """The slices are 5,000: the kill comes behind the first and before the last."""
    office = Installation(
        tmp_path, RELAY_URL=f"smtp://127.0.0.1:{relay.port}", FROM="澄江区创建办 <office@bureau.example>"
    )
    try:
        office.init()
        office.import_addresses(addresses(20_000))
        tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
        words = ("send", office.write_issue(), "--yes", "--json", "--key", "k", "--at", tomorrow)
        preparing = office.begin(*words)
        with closing(sqlite3.connect(office.data_dir / "mailer.db", timeout=30, isolation_level=None)) as other:
            wait_until(lambda: count(other, "delivery") >= 5_000, within=90, what="the first slice")
            kill(preparing)
            half = count(other, "delivery")
        preparing.communicate()
        assert 5_000 <= half < 20_000, "hit between two slices"
        assert [each for each in office.mailings() if each.get("status") != "draft" and "mailing" in each] == []
        done = office.run(*words, within=120)
        assert done.code == 0, done
        assert done.event("mailing")["recipients"] == 20_000
        rows = office.report("key:k")
        assert len({row["recipient"] for row in rows}) == len(rows) == 20_000
        assert {row["status"] for row in rows} == {"planned"}
        assert relay.log.messages() == []
    finally:
        office.close()


def count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
