"""What every request passes before a page sees it: the host it asked for, its session; and the headers of every answer.

ASGI only: no query, no template. What a refusal looks like is given from outside.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailer.web.console.access import Sessions

Refuse = Callable[[Request], Response]

STATIC = "/static/"
_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")  # RFC 3986 3.2
_SECURE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def secure(headers: MutableHeaders, path: str) -> None:
    """Sets what every answer carries. Pages hold people's data and stay in no cache; the stylesheet is asked for again."""
    for name, value in _SECURE.items():
        headers[name] = value
    headers["Cache-Control"] = "no-cache" if path.startswith(STATIC) else "no-store"


class SecureHeaders:
    """The headers of ``secure`` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_secured)


class KnownHost:
    """Answers only when asked for by a loopback name or ``listen_host``.

    A page elsewhere may point its own name at 127.0.0.1 (DNS rebinding): its browser then asks us, but under that name.
    """

    def __init__(self, app: ASGIApp, listen_host: str, refuse: Refuse) -> None:
        self._app, self._listen_host, self._refuse = app, listen_host.lower(), refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(Headers(scope=scope).getlist("host")):
            await self._refuse(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, hosts: list[str]) -> bool:
        asked = _asked_for(hosts[0]) if len(hosts) == 1 else None
        return asked is not None and (asked[0] == self._listen_host or is_loopback(asked[0]))


class NeedsSession:
    """Lets in who has a session; it then is ``request.state.session``."""

    def __init__(self, app: ASGIApp, sessions: Sessions, refuse: Refuse) -> None:
        self._app, self._sessions, self._refuse = app, sessions, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            session = self._sessions.find(request.cookies.get(cookie_name(request), ""))
            if session is None:
                await self._refuse(request)(scope, receive, send)
                return
            request.state.session = session
        await self._app(scope, receive, send)


def cookie_name(request: Request) -> str:
    """One name per port: browsers keep cookies by host alone, and two consoles may run on one machine.

    Not ``__Host-``: that asks for Secure, and the loopback listener has no TLS.
    """
    asked = _asked_for(request.headers.get("host", ""))
    return f"console-{asked[1] if asked else ''}"


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
