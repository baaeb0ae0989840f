"""The hint that goes through Redis carries ids only: the mailing's, and that of the request which set it off."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from mailer import log
from mailer.wake.celery import TAKE_WORK, CeleryWake, make_app
from mailer.workers import celery_tasks
from tests.support.servers.redis_server import RedisServer


@pytest.mark.needs_redis
def test_the_hint_carries_the_request(redis_server: RedisServer):
    with log.request("a-request-of-the-tests"):
        CeleryWake(make_app(redis_server.url)).nudge(7)
    with Redis.from_url(redis_server.url) as redis:
        (hint,) = redis.lrange("mailer:bulk", 0, -1)
    told = json.loads(hint)
    assert told["headers"]["request_id"] == "a-request-of-the-tests"


def test_the_worker_notes_under_it():
    app = make_app("memory://")
    seen = []
    celery_tasks._register(app, lambda: seen.append(log.request_id()))
    app.tasks[TAKE_WORK].apply(args=[7], headers={"request_id": "a-request-of-the-tests"})
    app.tasks[TAKE_WORK].apply(args=[7])
    assert seen == ["a-request-of-the-tests", ""]


def test_threads_note_under_it_too():
    with log.Carrying(1) as threads:
        with log.request("a-request-of-the-tests"):
            inside = threads.submit(log.request_id)
        outside = threads.submit(log.request_id)
        assert [inside.result(), outside.result()] == ["a-request-of-the-tests", ""]
