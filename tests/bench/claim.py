"""A claim out of a million rows on PostgreSQL, with nothing and with 95 % of them done.

Prints the median milliseconds of both. Every claim is taken back, so that each sees the same queue.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, literal, select, text, true
from sqlmodel import Session

from mailer import log, wiring
from mailer.store import queue
from mailer.store.core import delivery
from mailer.store.engine import Store
from tests.bench.product import Task, prepare
from tests.support.servers.postgres_server import PostgresServer

_CLAIMS = 21


def _fill(store: Store, rows: int) -> None:
    """The one delivery of the mailing, a million times."""
    numbers = func.generate_series(1, rows - 1).table_valued("n").render_derived()
    number = numbers.c.n
    changed = {
        "id": delivery.c.id + number,
        "address": literal("r").concat(number.cast(delivery.c.address.type)).concat("@d.example"),
        "address_key": literal("r").concat(number.cast(delivery.c.address.type)).concat("@d.example"),
        "message_id": delivery.c.message_id.concat(number.cast(delivery.c.address.type)),
    }
    names = [column.name for column in delivery.columns]
    columns = (changed.get(column.name, column).label(column.name) for column in delivery.columns)
    values = select(*columns).select_from(delivery.join(numbers, true()))
    with store.begin() as session:
        session.connection().execute(insert(delivery).from_select(names, values))


def _median_claim(store: Store) -> float:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE delivery"))
    spans = []
    for _ in range(_CLAIMS):
        now = datetime.now(UTC)
        with store.engine.connect() as connection, Session(connection) as session:
            started = time.perf_counter()
            lease = queue.claim(
                session, mailing_id=1, worker_id="bench", epoch="e", now=now, expires_at=now + timedelta(minutes=2),
                limit=500, excluded=wiring.excluded(now),
            )  # fmt: skip
            spans.append((time.perf_counter() - started) * 1e3)
            assert lease is not None
            assert len(lease.rows) == 500
            session.rollback()
    return statistics.median(spans)


def main(rows: int) -> dict[str, float]:
    with PostgresServer() as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        task = Task(folder, 1, 6_000, {"database_url": server.url(server.create_database())})
        prepare(task)
        store = wiring.open_store(task.load())
        _fill(store, rows)
        fresh = _median_claim(store)
        with store.begin() as session:
            session.connection().execute(
                delivery.update()
                .where(delivery.c.id % 20 != 0)
                .values(status="accepted", due_at=None, accepted_at=datetime.now(UTC))
            )
        late = _median_claim(store)
        store.close()
    return {"rows": rows, "fresh": fresh, "late": late, "ratio": late / fresh}


if __name__ == "__main__":
    log.configure(json=False, quiet=True)
    print(json.dumps(main(int(sys.argv[1]))))
