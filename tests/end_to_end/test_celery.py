"""Redis, PostgreSQL, two sending processes and a beat: whatever becomes of the first three, the ledger tells the truth."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_smtp.program import FaultProgram
from tests.support.fault_smtp.scenario import Scenario
from tests.support.installation import Installation, check_sum
from tests.support.servers.programs import Program
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_redis, pytest.mark.needs_postgres]

CONNECTIONS = 4  # of each sending process


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[FaultProgram]:
    """In its own process, so that its books outlive whatever is killed."""
    with FaultProgram(tmp_path, Scenario(latency=0.015)) as relay:
        yield relay


@pytest.fixture
def office(tmp_path: Path, relay: FaultProgram, redis_server: RedisServer, postgres_url: str) -> Iterator[Installation]:
    office = Installation(
        tmp_path,
        RELAY_URL=f"smtp://127.0.0.1:{relay.port}",
        RELAY_CONNECTIONS=CONNECTIONS,
        FROM="澄江区创建办 <office@bureau.example>",
        ALERT_TO="clerk@bureau.example",
        DATABASE_URL=postgres_url,
        BROKER_URL=redis_server.url,
        LEASE="20s",
    )
    office.init()
    yield office
    office.close()


def people(office: Installation, count: int) -> set[str]:
    """A roster of so many people in thirty domains; their addresses."""
    addresses = [f"ren{n}@unit{n % 30}.example" for n in range(count)]
    office.import_people((f"第{n}局", f"张{n}", address, "发") for n, address in enumerate(addresses))
    return set(addresses)


def finish(sending: subprocess.Popen[bytes], within: float = 50.0) -> dict[str, Any]:
    """What the waiting ``send`` tells at its end."""
    out, err = sending.communicate(timeout=within)
    told = [json.loads(line) for line in out.splitlines()]
    assert sending.returncode == 0, (told[-1:], err.decode("utf-8"))
    assert told[-1]["event"] == "result"
    mailing = next(each for each in told if each["event"] == "mailing")
    assert mailing["created"] is True
    return dict(told[-1])


def compare(office: Installation, relay: FaultProgram, told: dict[str, Any], wanted: set[str]) -> Counter[str]:
    """The report against the relay's own books (I2, I3, I5, I6); the numbers by status."""
    rows = office.report()
    counts = check_sum(told, rows)
    assert {row["recipient"] for row in rows} == wanted
    copies = relay.log.by_address()
    assert set(copies) <= wanted
    for row in rows:
        mine = copies.get(row["recipient"], [])
        assert len(mine) <= 1, row
        assert row["attempts"] >= len(mine), row
        assert all(message.message_id == f"<{row['message_id']}>" for message in mine)
        if row["status"] == "accepted":
            assert len(mine) == 1, row
        else:
            assert row["status"] == "in_doubt", row
    return counts


def sends(program: Program, relay: FaultProgram) -> bool:
    """The process has a connection to the relay."""
    sockets = set()
    for link in Path(f"/proc/{program.pid}/fd").iterdir():
        try:
            sockets.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except FileNotFoundError:
            continue  # closed since it was listed
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if words[2].endswith(f":{relay.port:04X}") and words[9] in sockets:
            return True
    return False


def one_that_sends(programs: list[Program], relay: FaultProgram) -> Program:
    return wait_until(
        lambda: next((each for each in programs if sends(each, relay)), None), what="a process that sends"
    )


def test_a_flushed_broker_and_a_killed_worker_lose_and_repeat_nothing(
    office: Installation, relay: FaultProgram, redis_server: RedisServer
) -> None:
    wanted = people(office, 400)
    *workers, _beat = office.serve("worker", "worker", "beat")
    sending = office.begin("send", office.write_issue(), "--yes", "--wait", "--json")
    relay.log.wait_until(40)
    redis_server.flush_all()
    relay.log.wait_until(80)
    victim = one_that_sends(workers, relay)
    victim.kill()  # and left dead
    assert len(relay.log.kept()) < 300  # it was hit in the middle
    told = finish(sending)
    assert told["status"] == "closed"
    counts = compare(office, relay, told, wanted)
    # what was on the wire at that moment and only that is not known
    assert counts["in_doubt"] <= CONNECTIONS
    assert counts["accepted"] + counts["in_doubt"] == 400


def test_without_a_broker_the_workers_find_the_work_themselves(
    office: Installation, relay: FaultProgram, redis_server: RedisServer
) -> None:
    wanted = people(office, 60)
    redis_server.stop()
    office.serve("worker", "worker", "beat")
    told = finish(office.begin("send", office.write_issue(), "--yes", "--wait", "--json"))
    assert compare(office, relay, told, wanted) == {"accepted": 60}


def test_a_worker_told_to_stop_gives_back_what_it_has_not_begun(office: Installation, relay: FaultProgram) -> None:
    wanted = people(office, 200)
    [first] = office.serve("worker")
    sending = office.begin("send", office.write_issue(), "--yes", "--wait", "--json")
    relay.log.wait_until(30)
    first.stop(signal.SIGTERM)
    sent = len(relay.log.kept())
    assert sent < 150  # it did not send on to the end
    assert office.show()["counts"]["queued"] == 200 - sent
    office.serve("worker")
    told = finish(sending)
    assert compare(office, relay, told, wanted) == {"accepted": 200}


def test_a_beat_told_to_stop_has_nothing_to_complain_of(office: Installation) -> None:
    [beat] = office.serve("beat")
    beat.stop(signal.SIGTERM)
    assert "错误" not in beat.log.read_text("utf-8")
