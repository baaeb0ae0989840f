"""Other systems are told everything once at least, in order, signed; who does not take it is asked again, later and later."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from mailer.flow.office import Office
from mailer.flow.webhooks import Teller, WebhookError, add_webhook, remove_webhook, resume_webhook, tell_programs
from mailer.store import queries, webhooks
from mailer.store.core import event, task
from mailer.store.engine import Store
from tests.support.builders import START, Clock, Wake, make_office


@dataclass(frozen=True)
class Answer:
    is_taken: bool
    error: str = ""


@dataclass
class System:
    """The other side. ``up``: whether it takes what is posted."""

    up: bool = True
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert url == "https://system.example/hook"
        self.bodies.append(body)
        self.headers.append(headers)
        return Answer(self.up, "" if self.up else "http_500")

    def seen(self) -> list[list[int]]:
        return [[each["id"] for each in json.loads(body)["events"]] for body in self.bodies]


@pytest.fixture
def office(either: Store, clock: Clock, wake: Wake) -> Office:
    return make_office(either, clock, wake)


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def teller(office: Office, system: System) -> Teller:
    return Teller(office, system.post, lambda: 0.0, lambda _event, **_facts: None)


def happened(office: Office, n: int) -> list[int]:
    """So many events a minute ago; their ids."""
    at = office.clock.now() - timedelta(minutes=1)
    values = {
        "delivery_id": 1,
        "mailing_id": 1,
        "kind": "accepted",
        "attempt": 1,
        "reason": "",
        "fault": "",
        "actor": "",
    }
    with office.store.begin() as session:
        return [
            session.execute(insert(event).values(at=at, **values).returning(event.c.id)).scalar_one() for _ in range(n)
        ]


def row(office: Office):
    with office.store.read() as session:
        found = webhooks.by_name(session, "督查系统")
    assert found is not None
    return found


def test_it_is_told_what_happens_from_then_on_in_order_and_signed(office: Office, teller: Teller, system: System):
    happened(office, 2)
    secret = add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    ids = happened(office, 130)
    assert [tell_programs(teller) for _ in range(3)] == [1, 1, 0]
    assert system.seen() == [ids[:100], ids[100:]]
    for body, headers in zip(system.bodies, system.headers, strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
        assert headers["Webhook-Signature"] == f"v1,{wanted}"
        assert int(headers["Webhook-Timestamp"]) == int(START.timestamp())
    assert len({headers["Webhook-Id"] for headers in system.headers}) == 2
    assert secret not in str(row(office))


def test_what_is_too_young_waits(office: Office, clock: Clock, teller: Teller, system: System):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    with office.store.begin() as session:
        values = {
            "delivery_id": 1,
            "mailing_id": 1,
            "kind": "accepted",
            "reason": "",
            "fault": "",
            "actor": "",
            "attempt": 1,
        }
        session.execute(insert(event).values(at=clock.now(), **values))
    assert tell_programs(teller) == 0
    clock.moment += timedelta(seconds=10)
    assert tell_programs(teller) == 1
    assert len(system.bodies) == 1


def test_who_does_not_take_it_gets_the_same_again_later_and_later(
    office: Office, clock: Clock, teller: Teller, system: System
):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    ids = happened(office, 3)
    system.up = False
    waits = []
    for _ in range(9):
        assert tell_programs(teller) == 0
        assert tell_programs(teller) == 0  # not before it is due
        waits.append((row(office).due_at - clock.now()).total_seconds())
        clock.moment = row(office).due_at
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert len(system.bodies) == 9
    system.up = True
    assert tell_programs(teller) == 1
    assert all(seen == ids for seen in system.seen())
    found = row(office)
    assert (found.failures, found.failing_since, found.said, found.cursor) == (0, None, "", ids[-1])


def test_after_three_days_it_stops_and_a_person_is_asked(office: Office, clock: Clock, teller: Teller, system: System):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    ids = happened(office, 1)
    system.up = False
    tell_programs(teller)
    clock.moment += timedelta(hours=72)
    tell_programs(teller)
    assert row(office).stopped_at is not None
    clock.moment += timedelta(days=1)
    assert tell_programs(teller) == 0
    assert len(system.bodies) == 2
    with office.store.read() as session:
        titles = [each.title for each in queries.open_tasks(session)]
    assert titles == ["回调“督查系统”三天没有收下，已停下"]

    system.up = True
    assert resume_webhook(office, "督查系统", actor="cli:test")
    assert tell_programs(teller) == 1
    assert system.seen()[-1] == ids


def test_two_processes_do_not_post_the_same_at_once(office: Office, clock: Clock, system: System):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    happened(office, 1)

    def meanwhile(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert tell_programs(other) == 0  # the other one looks while this one posts
        return system.post(url, body, headers)

    other = Teller(office, system.post, lambda: 0.0, lambda _event, **_facts: None)
    assert tell_programs(Teller(office, meanwhile, lambda: 0.0, lambda _event, **_facts: None)) == 1
    assert len(system.bodies) == 1


def test_who_died_while_posting_holds_it_for_a_minute(office: Office, clock: Clock, teller: Teller, system: System):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    ids = happened(office, 1)

    def dies(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell_programs(Teller(office, dies, lambda: 0.0, lambda _event, **_facts: None))
    assert tell_programs(teller) == 0
    clock.moment += timedelta(minutes=1)
    assert tell_programs(teller) == 1
    assert system.seen() == [ids]


def test_names_are_taken_once_and_what_is_removed_is_told_nothing(office: Office, teller: Teller, system: System):
    add_webhook(office, "督查系统", "https://system.example/hook", actor="cli:test")
    with pytest.raises(WebhookError, match="换一个名称"):
        add_webhook(office, "督查系统", "https://other.example/", actor="cli:test")
    happened(office, 1)
    assert remove_webhook(office, "督查系统", actor="cli:test")
    assert not remove_webhook(office, "督查系统", actor="cli:test")
    assert tell_programs(teller) == 0
    assert system.bodies == []
    with office.store.read() as session:
        assert session.execute(select(task.c.id)).all() == []
