"""PostgreSQL, Redis and two sending processes under Celery: from the release to the closed mailing, and their CPU."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from mailer import wiring
from mailer.flow.control_mailing import pause, resume
from tests.bench.product import Task, accepted, prepare
from tests.bench.relays import cpu_of
from tests.support.installation import Installation
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until


def run(task: Task, relay_url: str) -> dict[str, float]:
    """The workers are at work before the mailing is let go, as in an office whose service runs all day."""
    with PostgresServer() as postgres, RedisServer() as redis:
        places = {"relay_url": relay_url, "database_url": postgres.url(postgres.create_database())}
        task = replace(task, settings=places | {"broker_url": redis.url})
        settings = task.load()
        size = prepare(task)["bytes"]
        office = wiring.office_of(settings, store := wiring.open_store(settings))
        pause(office, 1, "bench")
        installation = Installation(
            Path(task.folder), DATABASE_URL=settings.database_url, BROKER_URL=settings.broker_url, RELAY_URL=relay_url,
            FROM=settings.from_, SECRET_KEY=settings.secret_key,
        )  # fmt: skip
        try:
            workers = installation.serve("worker", "worker")
            cpu = sum(cpu_of(worker.pid) for worker in workers)
            wall = time.monotonic()
            resume(office, 1, "bench")
            wait_until(lambda: accepted(store) >= 0, 600, "the closed mailing")
            wall = time.monotonic() - wall
            cpu = sum(cpu_of(worker.pid) for worker in workers) - cpu
        finally:
            installation.close()
        ok = accepted(store)
        store.close()
    return {"n": task.n, "ok": ok, "wall": wall, "cpu": cpu, "bytes": size}
