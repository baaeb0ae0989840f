"""A request with an Idempotency-Key is done once: asked again, it gets the answer of the first time, for seven days.

The row stands before the work begins, so two at the same moment cannot both do it. Who died in the middle left a row
without an answer; after ten minutes the request may be made anew (every act behind it may be repeated).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from mailer.flow.office import Office
from mailer.store import api_keys

KEPT_FOR = timedelta(days=7)
_GIVEN_UP_AFTER = timedelta(minutes=10)


class Stands(Enum):
    """What a key stands for when it is sent."""

    NEW = "to be done now"
    RUNNING = "somebody is doing it"
    OTHER = "used for another request"


@dataclass(frozen=True, slots=True)
class Given:
    """The answer of the first time."""

    status: int
    body: str


def begin(office: Office, key_id: int, idempotency_key: str, fingerprint: str) -> Stands | Given:
    """NEW: the caller does the work and then calls ``finish`` or ``forget``."""
    now = office.clock.now()
    with office.store.begin() as session:
        api_keys.forget_before(session, now - KEPT_FOR)
        if api_keys.begin_answer(session, key_id, idempotency_key, fingerprint, now):
            return Stands.NEW
        row = api_keys.answer(session, key_id, idempotency_key)
        if row is None or row.fingerprint != fingerprint:
            return Stands.OTHER if row is not None else Stands.RUNNING
        if row.status is not None:
            return Given(row.status, row.body)
        gone = now - row.begun_at > _GIVEN_UP_AFTER
        return Stands.NEW if gone and api_keys.take_over(session, row, now) else Stands.RUNNING


def finish(office: Office, key_id: int, idempotency_key: str, given: Given) -> None:
    with office.store.begin() as session:
        api_keys.finish_answer(session, key_id, idempotency_key, given.status, given.body)


def forget(office: Office, key_id: int, idempotency_key: str) -> None:
    """Nothing was done: the same key may be used again."""
    with office.store.begin() as session:
        api_keys.forget_answer(session, key_id, idempotency_key)
