"""One signed POST to another system's address; decides nothing. Guarded against being turned on our own network (SSRF).

The name is resolved once, every address of it is looked at, and the connection goes to the address that was looked at: a
name that answers otherwise a moment later (DNS rebinding) gains nothing. No redirect is followed, no cookie kept, what
comes back is not read beyond its first bytes, and all of it together has an end.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[..., list[tuple[Any, ...]]]

_WITHIN: Final = 15.0  # seconds for the whole of it
_STEP: Final = 10.0  # for a single wait
_LONGEST_URL: Final = 500
_READ: Final = 4096  # octets of the answer, which nobody looks at
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
#: Of special use (RFC 6890, 8215, 7526), and taken for global by some versions of Python.
_SPECIAL: Final = tuple(ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48"))
_ISATAP: Final = (0x00005EFE, 0x02005EFE)  # RFC 5214 6.1: the interface id before the IPv4 address


class UrlError(ValueError):
    """An address that cannot be used; ``str()`` of it is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Posted:
    """``status``: of the answer, None where there was none; ``error``: why, a word for the log and for people."""

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def check_url(url: str) -> str:
    """The address as it will be used. Raises UrlError."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise UrlError("地址看不懂，写成 https://system.example/hook 这样。") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0 or len(url) > _LONGEST_URL:
        raise UrlError("地址要以 https:// 开头，写成 https://system.example/hook 这样。")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise UrlError("地址里不要带用户名、密码和 #。")
    if not url.isascii() or not url.strip().isprintable() or " " in url.strip():
        raise UrlError("地址里只能有 ASCII 字符；中文域名请写成 xn-- 开头的形式。")
    return url.strip()


def is_public(address: Address) -> bool:
    """Reachable for everybody: neither private, loopback, link-local, shared (RFC 6598) nor one of these within IPv6."""
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local or address.is_multicast:
            return False
        return address.is_global and all(is_public(inner) for inner in _embedded(address))
    return address.is_global and not address.is_multicast


def _embedded(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    number = int(address)
    found = [each for each in (address.ipv4_mapped, address.sixtofour) if each is not None]
    found += list(address.teredo or ())
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address in _NAT64 or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(last)
    return found


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[Network] = (),
    context: ssl.SSLContext | None = None,
    resolve: Resolve = socket.getaddrinfo,
    within: float = _WITHIN,
) -> Posted:
    """``allowed``: networks of the office's own that may be posted to, also without TLS. Faults become answers."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    try:
        addresses = [
            ipaddress.ip_address(found[4][0].partition("%")[0])
            for found in resolve(host, port, type=socket.SOCK_STREAM)
        ]
    except (OSError, ValueError, UnicodeError):
        return Posted(None, "name_unknown")
    inside = [any(address in network for network in allowed) for address in addresses]
    if not addresses or not all(known or is_public(address) for address, known in zip(addresses, inside, strict=True)):
        return Posted(None, "address_refused")
    if not is_secure and not all(inside):
        return Posted(None, "needs_https")
    connection = _connection(
        host, port, str(addresses[0]), context or ssl.create_default_context(), is_secure=is_secure
    )
    path = parts.path or "/"
    return _posted(connection, f"{path}?{parts.query}" if parts.query else path, body, headers, within)


def _posted(
    connection: http.client.HTTPConnection, target: str, body: bytes, headers: Mapping[str, str], within: float
) -> Posted:
    is_over = threading.Event()
    end = threading.Timer(within, _cut, (connection, is_over))
    end.daemon = True
    end.start()
    try:
        connection.request("POST", target, body, dict(headers))
        response = connection.getresponse()
        status = response.status
        response.read(_READ)
        if is_over.is_set():  # an answer that was cut in its head looks like a short one
            return Posted(None, "timeout")
    except ssl.SSLCertVerificationError:
        return Posted(None, "certificate")
    except ssl.SSLError:
        return Posted(None, "tls")
    except TimeoutError:
        return Posted(None, "timeout")
    except (OSError, http.client.HTTPException, ValueError):
        return Posted(None, "timeout" if is_over.is_set() else "no_answer")
    else:
        return Posted(status, "" if 200 <= status < 300 else f"http_{status}")
    finally:
        end.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection, is_over: threading.Event) -> None:
    """Whoever drips a byte now and then is not waited for."""
    is_over.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _connection(
    host: str, port: int, address: str, context: ssl.SSLContext, *, is_secure: bool
) -> http.client.HTTPConnection:
    """To that very address; by TLS with a certificate for the name."""

    class Pinned(http.client.HTTPConnection):
        def connect(self) -> None:
            plain = socket.create_connection((address, port), _STEP)
            self.sock = plain  # from here on it can be cut
            if is_secure:
                secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
                self.sock = secured
                secured.do_handshake()

    return Pinned(host, port, timeout=_STEP)
