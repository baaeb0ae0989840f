"""Who may look: keys that open the console once, and the sessions they open. In memory only; a restart ends them all.

The console listens on loopback, which every program and every web page on the machine can reach; the key shows that
whoever comes can also read the terminal (or the service's log) that ``mailer serve`` prints to.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_BYTES = 32  # 256 bits; OWASP ASVS 7.2.3 asks for 128
_MAX_KEYS = 16
_MAX_SESSIONS = 64
LIFETIME = 12 * 3600.0  # seconds: a session ends with the working day, however busy it is (ASVS 7.3.2)


class OneTimeKeys:
    """Keys of links that open one browser each. ``on_use`` is called after a key has been used up."""

    def __init__(self, on_use: Callable[[], None] = lambda: None) -> None:
        self._targets: dict[str, str] = {}
        self._lock = threading.Lock()
        self._on_use = on_use

    def issue(self, to: str = "/") -> str:
        """A new key. ``to``: the page of ours it leads to; kept here, so that a link cannot be bent to lead elsewhere."""
        key = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._targets[key] = to
            while len(self._targets) > _MAX_KEYS:
                del self._targets[next(iter(self._targets))]
        return key

    def redeem(self, given: str) -> str | None:
        """The page the key leads to, and the key is gone; None for a key that never was or was used before."""
        with self._lock:
            found = _constant_time_find(self._targets, given)
            target = self._targets.pop(found) if found is not None else None
        if target is not None:
            self._on_use()
        return target


@dataclass(slots=True)
class Session:
    """One browser that came in. ``label`` names it in the audit, where its id must not stand."""

    label: str
    began_at: float  # seconds of the clock that only goes forward
    looked_at: set[str] = field(default_factory=set)  # whose personal data it was shown; recorded once each


class Sessions:
    """Open sessions by their random id. ``elapsed``: a clock that only goes forward, in seconds."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._elapsed = elapsed

    def begin(self) -> str:
        """A new session's id. The oldest makes room."""
        session_id = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._open[session_id] = Session(secrets.token_hex(4), self._elapsed())
            while len(self._open) > _MAX_SESSIONS:
                del self._open[next(iter(self._open))]
        return session_id

    def find(self, given: str) -> Session | None:
        """The session of this id while it lasts."""
        with self._lock:
            found = _constant_time_find(self._open, given)
            if found is None:
                return None
            if self._elapsed() - self._open[found].began_at >= LIFETIME:
                del self._open[found]
                return None
            return self._open[found]


def _constant_time_find(known: Iterable[str], given: str) -> str | None:
    """Compares with every known secret to its end, so that the time taken tells nothing about any of them."""
    wanted = given.encode("utf-8", "surrogatepass")
    found = None
    for secret in known:
        if hmac.compare_digest(secret.encode("ascii"), wanted):
            found = secret
    return found
