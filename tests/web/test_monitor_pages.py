"""What machines ask: figures that agree with the ledger, from this machine or with the token, and nothing of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from mailer import wiring
from mailer.flow import intake_trouble, relay_trouble
from mailer.model.delivery import DeliveryStatus
from mailer.settings import Settings
from mailer.store import core, writes
from mailer.store.engine import Store
from tests.web.console_server import Console, running_console
from tests.web.sample_ledger import Row, make_mailing

TOKEN = "a-token-of-the-tests-0123"
_S = DeliveryStatus


def read(console: Console, **headers: str) -> dict[tuple[str, ...], float]:
    """(name, label values in the order of the labels' names...) -> value, as Prometheus' own parser understands the answer."""
    answer = console.get("/metrics", **headers)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_ledger(console: Console, store: Store):
    now = datetime.now(UTC)
    rows = [
        Row(list_code="报", address="a@one.example"),
        Row(address="b@one.example"),
        Row(address="c@two.example", status=_S.BOUNCED, reason="userunknown", extra={"bounced_by": "return"}),
        Row(address="d@two.example", status=_S.DEFERRED, reason="greylisted"),
        Row(address="e@two.example", status=_S.QUEUED),
    ]
    mailing_id = make_mailing(store, rows)
    make_mailing(store, [Row(address="f@three.example")], key="rehearsed", rehearsal=True)
    with store.begin() as session:
        due = update(core.delivery).where(core.delivery.c.status == str(_S.QUEUED))
        session.execute(due.values(due_at=now - timedelta(hours=1)))
        session.execute(update(core.delivery).where(core.delivery.c.domain == "two.example").values(attempts=3))
        writes.hold_domain(session, mailing_id, "two.example", reason="blocked", now=now, until=None)
        writes.open_task(session, kind="held", title="x", dedupe_key="x", now=now)
        writes.set_fact(session, relay_trouble.FACT, "away")
        writes.set_fact(session, intake_trouble.FACT, (now - timedelta(minutes=10)).isoformat())
    found = read(console)
    assert found["mailer_deliveries", "报", "accepted"] == 1
    assert found["mailer_deliveries", "发", "accepted"] == 1
    assert found["mailer_deliveries", "发", "bounced"] == 1
    assert sum(value for key, value in found.items() if key[0] == "mailer_deliveries") == len(rows)
    assert found["mailer_recent_deliveries", "one.example", "accepted"] == 2
    assert found["mailer_recent_troubles", "return", "userunknown", "bounced"] == 1
    assert found["mailer_recent_troubles", "", "greylisted", "deferred"] == 1
    assert found["mailer_recent_retries",] == 6
    assert found["mailer_queue_due",] == 1
    assert 3_600 <= found["mailer_queue_oldest_seconds",] < 3_900
    assert found["mailer_queue_parked",] == 1
    assert found["mailer_mailings", "sending"] == 1
    assert found["mailer_breaker_domains",] == found["mailer_relay_trouble",] == 1
    assert 600 <= found["mailer_intake_trouble_seconds",] < 900
    assert found["mailer_tasks_open", "held"] == 1


def test_rate_and_latency_are_of_the_last_minutes(console: Console, store: Store):
    now = datetime.now(UTC)
    mailing_id = make_mailing(store, [Row(address=f"p{n}@one.example") for n in range(3)])
    with store.begin() as session:
        ids = session.execute(core.delivery.select()).all()
        for n, row in enumerate(ids):
            at = now - timedelta(seconds=10 if n < 2 else 3_600)
            what = {"delivery_id": row.id, "mailing_id": mailing_id, "at": at, "kind": "accepted", "phase": "dot"}
            session.execute(insert(core.event).values(**what))
            session.execute(
                update(core.delivery)
                .where(core.delivery.c.id == row.id)
                .values(queued_at=at - timedelta(seconds=20 + n), accepted_at=at)
            )
    found = read(console)
    assert found["mailer_attempts_per_second", "none", "accepted"] == pytest.approx(2 / 300)
    assert found["mailer_accept_seconds", "0.5"] == 20
    assert found["mailer_accept_seconds", "1.0"] == 21


def test_many_domains_and_strange_reasons_do_not_become_labels(console: Console, store: Store):
    rows = [Row(address=f"p@d{n}.example", status=_S.BOUNCED, reason=f"odd{n}") for n in range(50)]
    make_mailing(store, rows, title="第一\n期")
    found = read(console)
    domains = {key[1] for key in found if key[0] == "mailer_recent_deliveries"}
    assert len(domains) == 21
    assert found["mailer_recent_deliveries", "other", "bounced"] == 30
    assert found["mailer_recent_troubles", "session", "other", "bounced"] == 50


def test_nobody_is_named(console: Console, store: Store):
    make_mailing(store, [Row(status=_S.BOUNCED, reason="userunknown"), Row(address="x@y.example", name="何 文")])
    text = console.get("/metrics").text
    assert "@" not in text
    assert "沈可远" not in text
    assert "何 文" not in text


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}])
def test_elsewhere_only_with_the_token(settings: Settings, store: Store, headers: dict[str, str]):
    with running_console(replace(settings, metrics_token=TOKEN), store) as console:
        assert console.get("/metrics", host="rebound.example", **headers).status == 403
        assert console.get("/metrics", x_forwarded_for="192.0.2.7", **headers).status == 403
        assert read(console, authorization=f"Bearer {TOKEN}", host="mailer:8025")
        assert read(console)


def test_without_a_token_only_this_machine(console: Console):
    assert console.get("/metrics", host="rebound.example", authorization="Bearer ").status == 403
    assert console.get("/healthz", host="mailer:8025").status == 200
    assert console.get("/readyz", host="mailer:8025").status == 200


def test_a_database_of_another_version_is_not_ready(console: Console, settings: Settings):
    store = wiring.open_store(settings)
    with store.begin() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    store.close()
    assert console.get("/readyz").status == 503
    assert console.get("/healthz").status == 200
