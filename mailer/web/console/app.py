"""The console as an ASGI application: the areas' ways, the static files, and what every request passes.

Endpoints are plain functions, run in threads: the database is never waited for in the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError, NoResultFound
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mailer import resources, wiring
from mailer.flow.passwords import Passwords
from mailer.flow.ports import Apart, at_once
from mailer.model.rights import Right
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web import gate
from mailer.web.api import app as api
from mailer.web.console import (
    account_pages,
    archive_pages,
    audit_pages,
    directory_pages,
    doctor_pages,
    entrance,
    follow_up_pages,
    home_pages,
    import_pages,
    issue_pages,
    key_pages,
    ledger_pages,
    monitor_pages,
    people_pages,
    preview_pages,
    report_pages,
    request_pages,
    return_pages,
    sending_pages,
    settings_pages,
    signature_pages,
    staff_pages,
    suppression_pages,
    task_pages,
    unit_pages,
)
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.desk import Desk
from mailer.web.console.refusals import Refusals
from mailer.web.console.ways import Way, route
from mailer.web.pages import Pages
from mailer.web.request_log import RequestLog

#: Every area's ways.
AREAS: Final[tuple[Callable[[Desk], list[Way]], ...]] = (
    monitor_pages.ways,
    entrance.ways,
    account_pages.ways,
    key_pages.ways,
    staff_pages.ways,
    settings_pages.ways,
    doctor_pages.ways,
    audit_pages.ways,
    home_pages.ways,
    ledger_pages.ways,
    report_pages.ways,
    directory_pages.ways,
    unit_pages.ways,
    people_pages.ways,
    import_pages.ways,
    suppression_pages.ways,
    request_pages.ways,
    return_pages.ways,
    task_pages.ways,
    issue_pages.ways,
    archive_pages.ways,
    preview_pages.ways,
    sending_pages.ways,
    follow_up_pages.ways,
    signature_pages.ways,
)


def all_ways(desk: Desk) -> list[Way]:
    """Every way into the console; each names its right."""
    return [way for area in AREAS for way in area(desk)]


def make_desk(
    settings: Settings, store: Store, keys: OneTimeKeys, passwords: Passwords | None = None, apart: Apart = at_once
) -> Desk:
    return Desk(
        settings=settings,
        office=wiring.office_of(settings, store),
        pages=Pages(resources.templates(), settings.timezone),
        passwords=passwords or Passwords(),
        keys=keys,
        apart=apart,
    )


def console_app(
    settings: Settings, store: Store, keys: OneTimeKeys, passwords: Passwords | None = None, apart: Apart = at_once
) -> Starlette:
    """The console. ``keys``: what ``/enter?key=`` accepts; the caller issues and prints them. ``apart``: see Desk."""
    desk = make_desk(settings, store, keys, passwords, apart)
    refusals = Refusals(desk)
    found = all_ways(desk)
    desk.rights.update(
        {way.path: way.right if isinstance(way.right, Right) else None for way in found if way.method == "GET"}
    )
    static = resources.templates() / "static"
    names = {urlsplit(settings.console_url).hostname or ""} - {""}
    app = Starlette(
        routes=[
            *(route(desk, way, refusals) for way in found),
            *api.routes(desk.office, apart),
            Mount("/static/lib", StaticFiles(packages=[("js_lib_htmx", "static")])),
            Mount("/static", StaticFiles(directory=static)),
        ],
        middleware=[
            Middleware(RequestLog),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
            Middleware(gate.SecureHeaders),
            Middleware(gate.KnownHost, names=names, refuse=refusals.other_host),
        ],
        exception_handlers={
            HTTPException: refusals.http,
            NoResultFound: refusals.not_found,
            DBAPIError: refusals.no_database,
            Exception: refusals.failed,
        },
    )
    app.state.at_end = desk.at_end
    return app
