"""What the send loop and the recovery need, put together by wiring, and the budgets they keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement

from mailer.flow.ports import Clock, Relay
from mailer.model.links import Links
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import ReturnPath, Signer
from mailer.store.engine import Store
from mailer.store.journal import JournalHome


class Note(Protocol):
    """The structured log: an event and its facts."""

    def __call__(self, event: str, **facts: object) -> None: ...


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """Budgets of attempts; 0 is no limit. Per relay, and per receiving domain."""

    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0
    domain_per_minute: int = 0
    connections_per_domain: int = 0

    @property
    def any(self) -> bool:
        """Some budget has to be counted."""
        return bool(self.per_minute or self.per_hour or self.per_day or self.domain_per_minute)


@dataclass(frozen=True, slots=True)
class SendKit:
    store: Store
    home: JournalHome
    clock: Clock
    relay: Relay
    signer: Signer
    links: Links
    retry: RetryPolicy
    limits: PaceLimits
    turn: Callable[[str], float]  # domain -> seconds this message has to wait for its turn
    jitter: Callable[[], float]  # uniform in [0, 1)
    return_path: ReturnPath
    bounce_domain: str
    lease_for: timedelta
    excluded: Callable[
        [datetime | ColumnElement[datetime]], ColumnElement[bool]
    ]  # names suppressed addresses, over delivery.address_key
    note: Note
    sign: Callable[[Sequence[bytes]], Sequence[bytes]] = tuple  # a finished copy -> the copy that goes out
