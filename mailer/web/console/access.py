"""Keys that open the console once, to look. In memory only; a restart ends them all.

The console listens on loopback, which every program and every web page on the machine can reach; the key shows that
whoever comes can also read the terminal (or the service's log) that ``mailer serve`` prints to.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable

_BYTES = 32  # 256 bits; OWASP ASVS 7.2.3 asks for 128
_MAX_KEYS = 16


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


def _constant_time_find(known: Iterable[str], given: str) -> str | None:
    """Compares with every known secret to its end, so that the time taken tells nothing about any of them."""
    wanted = given.encode("utf-8", "surrogatepass")
    found = None
    for secret in known:
        if hmac.compare_digest(secret.encode("ascii"), wanted):
            found = secret
    return found
