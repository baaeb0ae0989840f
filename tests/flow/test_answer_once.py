"""A request is done once, also by several processes at the same moment, and its answer is kept for seven days."""

from __future__ import annotations

import threading
from datetime import timedelta

from mailer.flow import answer_once
from mailer.flow.answer_once import Given, Stands
from mailer.flow.api_keys import add_key
from mailer.model.api_scope import Scope
from mailer.store.engine import Store
from tests.support.builders import Clock, Wake, make_office


def test_while_the_first_is_running_the_second_waits_outside(either: Store, clock: Clock, wake: Wake):
    office = make_office(either, clock, wake)
    key_id = int(add_key(office, "a", [Scope.TASKS_READ], actor="cli:test").split("-")[1])
    assert answer_once.begin(office, key_id, "k", "f") is Stands.NEW
    assert answer_once.begin(office, key_id, "k", "f") is Stands.RUNNING
    assert answer_once.begin(office, key_id, "k", "other") is Stands.OTHER
    clock.moment += timedelta(minutes=11)  # who was doing it is gone
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(answer_once.begin(office, key_id, "k", "f"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == sorted([Stands.NEW, *[Stands.RUNNING] * 3], key=str)
    answer_once.finish(office, key_id, "k", Given(200, "{}"))
    clock.moment += timedelta(days=6, hours=23)
    assert answer_once.begin(office, key_id, "k", "f") == Given(200, "{}")
    clock.moment += timedelta(days=1)
    assert answer_once.begin(office, key_id, "k", "f") is Stands.NEW
