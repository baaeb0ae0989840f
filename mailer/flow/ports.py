"""What the flows need of the world outside, as they need it: a relay, a clock, a wake-up call.

The store is not among them: claims and leases are the database's own behaviour, and a fake would lie about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from mailer.model.reply import Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321 2.3.1. ``envid`` asks for delivery reports where the relay offers DSN (RFC 3461)."""

    mail_from: str
    rcpt_to: str
    envid: str
    size: int


class RelayError(Exception):
    """No session could be had. ``needs_person``: trying again would make it worse (a refused login locks accounts)."""

    def __init__(self, outcome: Outcome, *, needs_person: bool, message: str, hint: str) -> None:
        super().__init__(message)
        self.outcome, self.needs_person, self.message, self.hint = outcome, needs_person, message, hint


class RelaySession(Protocol):
    """One open connection, greeted, encrypted and logged in as far as asked."""

    @property
    def is_usable(self) -> bool: ...

    @property
    def sent(self) -> int:
        """Transactions spoken on this connection."""
        ...

    async def transact(
        self,
        envelope: Envelope,
        body: Callable[[], Sequence[bytes]],
        behind: Callable[[], Envelope | None] = lambda: None,
    ) -> Outcome:
        """One message. ``body`` is called at the moment the relay asks for it (354), never before; what it raises ends
        the session without a final dot. Faults become outcomes, never exceptions.

        ``behind`` is asked once the final dot has left: the envelope of the next message, if there is one already. A
        session that can sends it at once, without waiting for the answer to the dot; the next call must then be for
        this envelope, or ``withdraw`` comes first.
        """
        ...

    def withdraw(self) -> None:
        """The message announced behind the last dot will not come: the session is of no use after the dot's answer."""
        ...

    async def quit(self) -> None: ...

    def abort(self) -> None:
        """Ends the connection at once; a transaction on it ends with a fault."""
        ...


class Relay(Protocol):
    """The way out. ``connections``: how many sessions it takes at once."""

    fingerprint: str
    connections: int
    messages_per_connection: int
    is_sandbox: bool

    async def connect(self) -> RelaySession:
        """Opens a session; raises RelayError."""
        ...


class NotReadError(Exception):
    """Foreign bytes that were not read to their end. ``code`` is stable; message and hint are Chinese sentences."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


class Apart(Protocol):
    """Where foreign bytes are read: in another process, with so much time and memory, or simply here."""

    def __call__(self, task: Callable[..., T], *args: Any) -> T:
        """The task's answer, or what it raised. ``task``: a function of a module; all of it can be pickled. Raises
        NotReadError.
        """
        ...


def at_once(task: Callable[..., T], *args: Any) -> T:
    """Here and now; for commands and tests, where nobody else waits."""
    return task(*args)


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds that only grow, a suspended machine's sleep included: leases are measured with it."""
        ...


class Wake(Protocol):
    def nudge(self, mailing_id: int) -> None:
        """Tells a sleeping worker that there is work. Losing it costs seconds, never mail."""
        ...
