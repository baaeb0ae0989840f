"""The recipients' pages as an ASGI application, on a listener of its own: no session, no cookie, no script, no login.

Nothing of the console is reachable here. A path that no area names is answered like a link that is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mailer import resources, wiring
from mailer.flow.ports import Clock
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.web import gate
from mailer.web.pages import Pages
from mailer.web.public import acknowledge_pages, join_pages, leave_pages, privacy_page, reading_pages, settings_pages
from mailer.web.public.hall import Hall
from mailer.web.public.throttle import Throttle
from mailer.web.public.ways import Visit, Way, address_of, no_such_link, route, too_many
from mailer.web.request_log import RequestLog

#: Every area's ways.
AREAS: Final[tuple[Callable[[Hall], list[Way]], ...]] = (
    reading_pages.ways,
    acknowledge_pages.ways,
    settings_pages.ways,
    leave_pages.ways,
    join_pages.ways,
    privacy_page.ways,
)

#: Of templates/static; nothing else of it is here.
_STATIC: Final = {"console.css": "text/css", "public.css": "text/css", "console.svg": "image/svg+xml"}

#: Beside what the console's answers carry: not even our own host learns the link that was left (RFC 9110 10.1.3).
POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def make_hall(settings: Settings, store: Store, clock: Clock | None = None) -> Hall:
    office = wiring.office_of(settings, store, LocalWake())
    return Hall(
        settings=settings,
        office=replace(office, clock=clock) if clock else office,
        pages=Pages(resources.templates(), settings.timezone),
    )


def all_ways(hall: Hall) -> list[Way]:
    """Every way there is."""
    return [
        Way("/", lambda visit: _front(hall, visit)),
        Way("/readyz", lambda visit: _health(hall, visit)),
        Way("/robots.txt", lambda _visit: PlainTextResponse("User-agent: *\nDisallow: /\n")),
        *(_static(name, media_type) for name, media_type in _STATIC.items()),
        *(way for area in AREAS for way in area(hall)),
    ]


def public_app(settings: Settings, store: Store, clock: Clock | None = None) -> Starlette:
    """The pages. They answer under the name of BASE_URL by TLS, and on loopback. ``clock``: the system's where none is given."""
    hall = make_hall(settings, store, clock)
    elapsed = hall.office.clock.elapsed
    bad_links = Throttle(60, 60, elapsed)
    answers = _Answers(hall, bad_links)
    app = Starlette(
        routes=[route(hall, way, bad_links) for way in all_ways(hall)],
        middleware=[
            Middleware(RequestLog),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
            Middleware(gate.SecureHeaders, policy=POLICY),
            Middleware(
                gate.KnownHost, names={urlsplit(settings.base_url).hostname or ""} - {""}, refuse=answers.other_host
            ),
            Middleware(_Throttled, throttle=Throttle(600, 1_200, elapsed), hall=hall),
        ],
        exception_handlers={HTTPException: answers.http, DBAPIError: answers.no_database, Exception: answers.failed},
    )
    app.router.redirect_slashes = False  # a redirect would carry the link on
    return app


class _Throttled:
    """At most so many requests from one address, before anything is looked up."""

    def __init__(self, app: ASGIApp, throttle: Throttle, hall: Hall) -> None:
        self._app, self._throttle, self._hall = app, throttle, hall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._throttle.take(address_of(Request(scope))):
            await too_many(self._hall)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Answers:
    """What is said when there is no page to show. No answer repeats what was asked for, and no log line does."""

    def __init__(self, hall: Hall, bad_links: Throttle) -> None:
        self._hall, self._bad_links = hall, bad_links

    def other_host(self, request: Request) -> Response:
        """RFC 9110 15.5.20: the request was meant for a host that we are not."""
        del request
        return self._hall.message(421, "网址不对", "请从邮件里的链接打开。")

    def http(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        page = no_such_link(self._hall, self._bad_links, request)
        if error.status_code != 404:
            page = self._hall.message(error.status_code, "不能这样打开", "请从邮件里的链接打开。")
            page.headers.update(error.headers or {})  # 405 names the methods that there are
        return page

    def no_database(self, request: Request, error: Exception) -> Response:
        del error
        kept = "刚才这一步没有记下来，请过几分钟再按一次。" if request.method == "POST" else "请过几分钟再打开。"
        return self._hall.message(503, "暂时打不开", kept)

    def failed(self, request: Request, error: Exception) -> Response:
        """Starlette answers this one outside of every middleware, so it brings its own headers; the server logs it."""
        del error
        page = self._hall.message(500, "这一页没有显示出来", "程序出了错，已经记下。请过一会儿再试。")
        gate.secure(page.headers, request.scope, POLICY)
        return page


def _front(hall: Hall, visit: Visit) -> Response:
    del visit
    return hall.show("front.html")


def _health(hall: Hall, visit: Visit) -> Response:
    """200 while the database answers; says nothing else."""
    del visit
    try:
        with hall.office.store.read() as session:
            session.connection().exec_driver_sql("SELECT 1")
    except DBAPIError:
        return JSONResponse({"status": "no database"}, 503)
    return JSONResponse({"status": "ok"})


def _static(name: str, media_type: str) -> Way:
    data = (resources.templates() / "static" / name).read_bytes()
    return Way(f"{gate.STATIC}{name}", lambda _visit: Response(data, media_type=media_type))
