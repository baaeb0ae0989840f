"""Everything at once, drawn from a seed: which fault strikes when. The seed is the recipe; the run asserts nothing itself."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mailer.flow.control_mailing import pause, resume
from mailer.flow.leases import WINDOW
from mailer.flow.suppress_address import suppress_address
from mailer.store import queries
from recipients.address import EmailAddress
from recipients.suppression import Suppression, SuppressionReason
from tests.faults.conftest import CONNECTIONS, addresses
from tests.faults.inside import Inside
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.programs import Program
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

RECIPIENTS = 2_000
WORKERS = 2
KILLS = 8
SUPPRESSIONS = 20
REDIS_AWAY_FOR = 60.0  # seconds
ACTOR = "cli:chaos"


def scenario(seed: int) -> Scenario:
    """One answer in twenty lost behind the dot, in half of them the message with it; slow enough to last a good minute."""
    dropped = tuple(Fault(at=At.DOT, do=Do.CUT, kept=kept, share=0.025) for kept in (True, False))
    return Scenario(faults=dropped, seed=seed, latency=0.2)


@dataclass
class Chaos:
    """``play`` does what the seed says, each act when the relay has seen so many messages."""

    seed: int
    office: Installation
    relay: FaultServer
    redis: RedisServer
    postgres: PostgresServer
    inside: Inside
    workers: list[Program]
    done: list[str] = field(default_factory=list)  # the acts in their order
    at_once: set[str] = field(default_factory=set)  # withheld in the very transaction of their suppression
    after_pause: list[int] = field(default_factory=list)  # messages that still left

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._redis_is_back = threading.Event()
        self._redis_is_back.set()
        self._chosen = iter(self._chance.sample(addresses(RECIPIENTS), SUPPRESSIONS))

    def play(self) -> None:
        acts: list[Callable[[], None]] = [self.kill] * KILLS + [self.flush] * 2
        acts += [self.redis_goes, self.restart_postgres, self.pause_and_resume] + [self.suppress] * SUPPRESSIONS
        self._chance.shuffle(acts)
        moments = sorted(self._chance.sample(range(20, RECIPIENTS * 3 // 4), len(acts)))
        for moment, act in zip(moments, acts, strict=True):
            self._until(moment)
            act()
            self.done.append(act.__name__)
        self._redis_is_back.wait(REDIS_AWAY_FOR + 30)

    def _until(self, moment: int) -> None:
        wait_until(lambda: len(self.relay.log.messages()) >= moment, 240, f"{moment} messages")

    def kill(self) -> None:
        place = self._chance.randrange(WORKERS)
        self.workers[place].kill()
        [self.workers[place]] = self.office.serve("worker")

    def flush(self) -> None:
        self._redis_is_back.wait(REDIS_AWAY_FOR + 30)
        self.redis.flush_all()

    def redis_goes(self) -> None:
        self.redis.kill()
        self._redis_is_back.clear()
        threading.Timer(REDIS_AWAY_FOR, self._redis_comes).start()

    def _redis_comes(self) -> None:
        self.redis.start()
        self._redis_is_back.set()

    def restart_postgres(self) -> None:
        self.postgres.restart(self._chance.choice(["fast", "immediate"]))
        self.inside.store.engine.dispose()

    def suppress(self) -> None:
        address = next(self._chosen)
        wanted = Suppression(EmailAddress.parse(address).key, SuppressionReason.OFFICE, "")
        if suppress_address(self.inside.office, wanted, ACTOR).withheld:
            self.at_once.add(address)

    def pause_and_resume(self) -> None:
        pause(self.inside.office, 1, ACTOR)
        at_the_answer = len(self.relay.log.messages())
        # until everything that was granted has ended: what a killed worker held is recovered meanwhile
        wait_until(lambda: self.counted().get("attempting", 0) == 0, 90, "what was granted to end")
        self.after_pause.append(len(self.relay.log.messages()) - at_the_answer)
        resume(self.inside.office, 1, ACTOR)

    def counted(self) -> dict[str, int]:
        """The rows by status; fails when the ledger's sum is not right in that very snapshot (I5)."""
        with self.inside.store.read() as session:
            ledger, rows = queries.ledger_sum(session, 1), queries.counted(session, 1)
        assert ledger.adds_up
        assert rows == ledger.counts
        return {str(status): number for status, number in rows.items()}

    def may_leave_after_pause(self) -> int:
        return WORKERS * (WINDOW + CONNECTIONS)
