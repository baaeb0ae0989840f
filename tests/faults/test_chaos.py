"""Many faults in one mailing: whatever the order, the invariants hold. ``CHAOS_SEEDS=1,2,3 make chaos`` chooses the seeds."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from mailer.store import queries
from tests.faults.chaos import KILLS, RECIPIENTS, WORKERS, Chaos, scenario
from tests.faults.conftest import CONNECTIONS
from tests.faults.inside import opened
from tests.faults.test_databases import status
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.needs_redis, pytest.mark.needs_postgres, pytest.mark.chaos, pytest.mark.timeout(900)]

SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", ",".join(map(str, range(1, 21)))).split(",")]


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos(
    seed: int,
    relay: FaultServer,
    redis_server: RedisServer,
    postgres_server: PostgresServer,
    make_production: Callable[..., Installation],
    close_accounts: Callable[..., Any],
    record_property: Callable[[str, object], None],
) -> None:
    relay.change(scenario(seed))
    office = make_production(RECIPIENTS)
    *workers, _beat = office.serve(*["worker"] * WORKERS, "beat")
    first, second = (office.begin("send", office.write_issue(), "--yes", "--json", "--key", "k") for _ in range(2))
    for trigger in (first, second):
        trigger.communicate(timeout=60)
    assert 0 in {first.returncode, second.returncode}
    with opened(office) as inside:
        chaos = Chaos(seed, office, relay, redis_server, postgres_server, inside, workers)
        chaos.play()
        record_property("seed", seed)
        record_property("order", " ".join(chaos.done))
        wait_until(lambda: ended(chaos, office), 300, "the mailing to end by itself (I11)")
        chaos.counted()
        assert status(inside) == "closed"
    assert len([each for each in office.mailings() if "key" in each]) == 1, "two triggers, one mailing (I7)"
    accounts, report = close_accounts(office, hit=len(chaos.done))
    assert accounts.recipients == RECIPIENTS
    assert set(accounts.statuses) <= {"accepted", "in_doubt", "withheld"}
    assert accounts.statuses["in_doubt"] <= accounts.unanswered + KILLS * CONNECTIONS, "I3"
    assert not chaos.at_once & set(relay.log.by_address()), "I4"
    assert max(chaos.after_pause) <= chaos.may_leave_after_pause(), "I8"
    assert {row["status"] for row in report if row["recipient"] in chaos.at_once} <= {"withheld"}


def ended(chaos: Chaos, office: Installation) -> bool:
    """Rows that were granted in five crashes wait for a person, who says: go on."""
    if status(chaos.inside) == "closed":
        return True
    counted = chaos.counted()
    if not counted.get("attempting") and counted.get("queued") == parked(chaos) > 0:
        assert office.run("mailings", "resume", 1, "--json").code == 0
    return False


def parked(chaos: Chaos) -> int:
    with chaos.inside.store.read() as session:
        return queries.parked_count(session, 1)
