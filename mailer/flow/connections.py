"""The connections of one worker: opened when a message needs one, kept from lease to lease, given up at once when told.

Decides nothing about messages; ``send_due`` owns the loop that uses them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

from mailer.flow.ports import Relay, RelaySession

Job = TypeVar("Job")


class StoppedError(Exception):
    """The process is to stop while it still waits for a relay to answer: nothing was begun."""


@dataclass(slots=True)
class Slot(Generic[Job]):
    """A place for one connection, and the job that goes next over it where that is known already."""

    session: RelaySession | None = None
    next: Job | None = None
    promised_at: float = 0.0  # Clock.elapsed() when the next was named

    def promise(self, job: Job, elapsed: float) -> None:
        self.next, self.promised_at = job, elapsed

    def withdraw(self) -> Job:
        """Takes the next job back; there must be one. The relay may have heard of it, so nothing else may follow."""
        job, self.next = self.next, None
        assert job is not None
        self.forget()
        return job

    def forget(self) -> None:
        """What was announced over the session will not come."""
        if self.session is not None:
            self.session.withdraw()


class Connections(Generic[Job]):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.slots: list[Slot[Job]] = [Slot() for _ in range(relay.connections)]
        self._opening: set[asyncio.Task[RelaySession]] = set()

    @property
    def any_usable(self) -> bool:
        return any(slot.session is not None and slot.session.is_usable for slot in self.slots)

    def has_room(self, slot: Slot[Job]) -> bool:
        """Whether one more message may go over the session of this slot."""
        return slot.session is not None and slot.session.sent < self._relay.messages_per_connection

    async def session(self, slot: Slot[Job]) -> RelaySession:
        """The slot's session, or a new one. Raises RelayError, StoppedError."""
        session = slot.session
        if session is not None and session.is_usable and self.has_room(slot):
            return session
        slot.session = None
        if session is not None:
            await session.quit()
        slot.session = await self._open()
        return slot.session

    async def _open(self) -> RelaySession:
        """A new session; given up at once when the process is to stop, however long the relay is silent."""
        opening = asyncio.ensure_future(self._relay.connect())
        self._opening.add(opening)
        try:
            return await opening
        except asyncio.CancelledError:
            here = asyncio.current_task()
            if here is not None and here.cancelling():
                raise  # it was ourselves
            raise StoppedError from None
        finally:
            self._opening.discard(opening)

    def give_up_opening(self) -> None:
        for opening in self._opening:
            opening.cancel()

    def abort(self) -> None:
        for slot in self.slots:
            if slot.session is not None:
                slot.session.abort()

    async def close(self) -> None:
        for slot in self.slots:
            if slot.session is not None:
                await slot.session.quit()
                slot.session = None
