"""What machines ask: is the process there, can it work, and how the service is in figures. No session, nothing of people.

``/healthz`` and ``/readyz`` say one word under any name. ``/metrics`` is for this machine, or for whoever has the token.
"""

from __future__ import annotations

import hmac
from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mailer.store import schema
from mailer.store.engine import UNAVAILABLE
from mailer.web import gate
from mailer.web.console.desk import Desk
from mailer.web.console.metrics import MEDIA_TYPE, Snapshot
from mailer.web.console.ways import Open, Way


def ways(desk: Desk) -> list[Way]:
    pages = _Monitor(desk)
    return [
        Way("/healthz", pages.health, Open.ANYBODY),
        Way("/readyz", pages.ready, Open.ANYBODY),
        Way("/metrics", pages.metrics, Open.ANYBODY),
    ]


class _Monitor:
    def __init__(self, desk: Desk) -> None:
        self._office, self._token = desk.office, desk.settings.metrics_token

    def health(self, request: Request) -> Response:
        """200 while the process answers; a restart would help nobody whose database is away."""
        del request
        return JSONResponse({"status": "ok"})

    def ready(self, request: Request) -> Response:
        """200 while the database answers and has this program's schema."""
        del request
        try:
            current = schema.current(self._office.store)
        except UNAVAILABLE:
            return JSONResponse({"status": "no database"}, 503)
        if current != schema.newest():
            return JSONResponse({"status": "other schema"}, 503)
        return JSONResponse({"status": "ok"})

    def metrics(self, request: Request) -> Response:
        if not self._may_read(request):
            return PlainTextResponse("loopback, or Authorization: Bearer with MAILER_METRICS_TOKEN\n", 403)
        now = self._office.clock.now()
        try:
            with self._office.store.read() as session:
                text = Snapshot(session, now, version=_version(), schema=schema.newest()).text()
        except UNAVAILABLE:
            return PlainTextResponse("no database\n", 503)
        return Response(text, media_type=MEDIA_TYPE)

    def _may_read(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if self._token and hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return True
        return gate.is_from_this_machine(request)


def _version() -> str:
    try:
        return version("bulletin-mailer")
    except PackageNotFoundError:
        return "unknown"
