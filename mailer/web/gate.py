"""What every request passes before a way sees it: the host it asked for; and the headers and cookies of every answer.

ASGI only: no query, no template. What a refusal looks like is given from outside.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Refuse = Callable[[Request], Response]

STATIC = "/static/"
#: What machines ask for, by whatever name they know this one; see monitor_pages.
MONITORED = frozenset({"/healthz", "/readyz", "/metrics"})
_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")  # RFC 3986 3.2
_SECURE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000; includeSubDomains"  # OWASP ASVS 3.4.1


def secure(headers: MutableHeaders, scope: Scope, policy: Mapping[str, str] | None = None) -> None:
    """Sets what every answer carries, but for what the answer says itself (a frame has a stricter policy of its own).

    ``policy``: the headers in which this application is another than the console. Pages hold people's data and stay in no
    cache; stylesheets and scripts are asked for again.
    """
    for name, value in {**_SECURE, **(policy or {})}.items():
        headers.setdefault(name, value)
    headers["Cache-Control"] = "no-cache" if scope["path"].startswith(STATIC) else "no-store"
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = _HSTS


class SecureHeaders:
    """The headers of ``secure`` on every answer."""

    def __init__(self, app: ASGIApp, policy: Mapping[str, str] | None = None) -> None:
        self._app, self._policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), scope, self._policy)
            await send(message)

        await self._app(scope, receive, send_secured)


class KnownHost:
    """Answers only when asked for by a loopback name, or by TLS under a name of ``names``; MONITORED under any.

    A page elsewhere may point its own name at 127.0.0.1 (DNS rebinding): its browser then asks us, but under that name.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], refuse: Refuse) -> None:
        self._app, self._names, self._refuse = app, frozenset(names), refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_monitored = scope["path"] in MONITORED if scope["type"] == "http" else False
        if (
            scope["type"] == "http"
            and not is_monitored
            and not self._is_known(Headers(scope=scope).getlist("host"), scope["scheme"])
        ):
            await self._refuse(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, hosts: list[str], scheme: str) -> bool:
        asked = _asked_for(hosts[0]) if len(hosts) == 1 else None
        return asked is not None and (is_loopback(asked[0]) or (asked[0] in self._names and scheme == "https"))


def is_from_this_machine(request: Request) -> bool:
    """Asked by a program here, of this very process: not passed on by a proxy, nor by a browser that was lied to (DNS rebinding)."""
    asked = _asked_for(request.headers.get("host", ""))
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and asked is not None
        and is_loopback(asked[0])
        and "x-forwarded-for" not in request.headers
    )


def cookie_name(request: Request) -> str:
    """One name per port: browsers keep cookies by host alone, and two consoles may run on one machine.

    With TLS in front the browser keeps it to this very host and to TLS; the loopback listener has none.
    """
    return _of_port(request, "console")


def mark_name(request: Request) -> str:
    """The cookie of the device mark."""
    return _of_port(request, "device")


def set_cookie(request: Request, response: Response, name: str, value: str, *, keep_for: int | None = None) -> None:
    """``keep_for``: seconds; None until the browser is closed."""
    response.set_cookie(
        name, value, max_age=keep_for, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )


def _of_port(request: Request, name: str) -> str:
    if request.url.scheme == "https":
        return f"__Host-{name}"  # RFC 6265bis 4.1.3.2
    asked = _asked_for(request.headers.get("host", ""))
    return f"{name}-{asked[1] if asked else ''}"


def is_loopback(name: str) -> bool:
    """«localhost» or an address that never leaves this machine. Names that only resolve to one are somebody else's."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _asked_for(host: str) -> tuple[str, str] | None:
    """(name in lower case, port or '') of a Host header, «name:port» or «[::1]:port»; None when it is none."""
    match = _HOST.fullmatch(host)
    return (match["name"].lower().strip("[]"), match["port"] or "") if match else None
