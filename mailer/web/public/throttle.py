"""How much one address may ask: a bucket of requests, and a smaller one of links that are none.

An office's hundreds of people come from one address, and so does its scanner: whoever brings a good link is not kept out
by a neighbour's bad ones. In memory, per process; the proxy in front is the wall against floods.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

_KEPT = 20_000  # addresses; the one that asked longest ago is forgotten first
_IPV6_NETWORK = 64  # bits: one subscriber has all of them (RFC 6177 2)


class Throttle:
    """A token bucket for each address: ``burst`` at once, ``per_minute`` afterwards. ``elapsed``: seconds that only grow."""

    def __init__(self, burst: int, per_minute: int, elapsed: Callable[[], float]) -> None:
        self._burst, self._rate, self._elapsed = float(burst), per_minute / 60, elapsed
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> (tokens, as of)
        self._lock = threading.Lock()

    def take(self, address: str) -> bool:
        """False when the address has had its share for now."""
        key, now = network_of(address), self._elapsed()
        with self._lock:
            tokens, as_of = self._left.pop(key, (self._burst, now))
            tokens = min(self._burst, tokens + (now - as_of) * self._rate)
            is_allowed = tokens >= 1
            self._left[key] = (tokens - is_allowed, now)
            while len(self._left) > _KEPT:
                self._left.popitem(last=False)
        return is_allowed


def network_of(address: str, ipv4_bits: int = 32, ipv6_bits: int = _IPV6_NETWORK) -> str:
    """The network an address counts for; what is no address counts as it stands."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    bits = ipv4_bits if parsed.version == 4 else ipv6_bits
    return str(ipaddress.ip_network((parsed, bits), strict=False))
