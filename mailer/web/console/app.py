"""The console's routes: the list of mailings, a mailing's ledger, its report as a file, and the way in.

GET only, and GET changes nothing but the audit: who was shown or took away personal data is written down once.
Endpoints are plain functions, which Starlette runs in threads: the database is never waited for in the event loop.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError, NoResultFound
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mailer import resources, wiring
from mailer.flow.export_report import export_report
from mailer.flow.office import Office
from mailer.flow.read_ledger import Ledger, read_ledger
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.settings import Settings
from mailer.store import queries
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.web.console import gate
from mailer.web.console.access import OneTimeKeys, Session, Sessions
from mailer.web.console.ledger_page import account, ledger_page, read_filter, state_words
from mailer.web.console.refusals import Refusals
from mailer.web.pages import Pages, office_time

_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_DIGITS = 9  # of a mailing's number: more is no number of ours, and no database needs to be asked


def console_app(settings: Settings, store: Store, keys: OneTimeKeys) -> Starlette:
    """The console as an ASGI application. ``keys``: what ``/enter?key=`` accepts; the caller issues and prints them."""
    office = wiring.office_of(settings, store, LocalWake())
    pages = Pages(resources.templates(), settings.timezone)
    refusals = Refusals(pages)
    sessions = Sessions(office.clock.elapsed)
    console = _Console(settings, office, pages)
    doors = _Doors(store, keys, sessions, refusals)
    listen_host = settings.console_listen[0] if settings.console_listen else "localhost"
    inside = [
        Route("/", console.mailings),
        Route("/mailings/{id}", console.ledger),
        Route("/mailings/{id}/report.{format}", console.report),
    ]
    return Starlette(
        routes=[
            Route("/health", doors.health),
            Route("/enter", doors.enter),
            Mount("/static", StaticFiles(directory=resources.templates() / "static")),
            Mount(
                "/",
                routes=inside,
                middleware=[Middleware(gate.NeedsSession, sessions=sessions, refuse=refusals.no_session)],
            ),
        ],
        middleware=[
            Middleware(gate.SecureHeaders),
            Middleware(gate.KnownHost, listen_host=listen_host, refuse=refusals.other_host),
        ],
        exception_handlers={
            HTTPException: refusals.http,
            NoResultFound: refusals.not_found,
            DBAPIError: refusals.no_database,
            Exception: refusals.failed,
        },
    )


class _Doors:
    """What is answered without a session."""

    def __init__(self, store: Store, keys: OneTimeKeys, sessions: Sessions, refusals: Refusals) -> None:
        self._store, self._keys, self._sessions, self._refusals = store, keys, sessions, refusals

    def health(self, request: Request) -> Response:
        """200 while the database answers; says nothing else."""
        del request
        try:
            with self._store.read() as session:
                queries.mailings(session, limit=1)
        except DBAPIError:
            return JSONResponse({"status": "no database"}, 503)
        return JSONResponse({"status": "ok"})

    def enter(self, request: Request) -> Response:
        """A key for a session, once. The redirect takes the key out of the address bar and of the history."""
        if request.method == "HEAD":  # a program that looks whether links are good must not use one up
            return Response()
        target = self._keys.redeem(request.query_params.get("key", ""))
        if target is not None:
            response = RedirectResponse(target, 303)
            response.set_cookie(
                gate.cookie_name(request), self._sessions.begin(), path="/", httponly=True, samesite="strict"
            )
            return response
        if self._sessions.find(request.cookies.get(gate.cookie_name(request), "")):
            return RedirectResponse("/", 303)  # the same link again, in the browser it has let in
        return self._refusals.used_key(request)


class _Console:
    """The pages behind the door."""

    def __init__(self, settings: Settings, office: Office, pages: Pages) -> None:
        self._settings, self._office, self._pages = settings, office, pages

    def mailings(self, request: Request) -> Response:
        del request
        with self._office.store.read() as session:
            rows = [
                (row, queries.ledger_sum(session, row.id), queries.parked_count(session, row.id))
                for row in queries.mailings(session)
            ]
        entries = [
            {
                "id": row.id,
                "title": row.title,
                "number": row.number,
                "kind": MailingKind(row.kind).label,
                "status": MailingStatus(row.status),
                "lists": row.lists.split(","),
                "rehearsal": row.rehearsal,
                "created_at": row.created_at,
                "released_at": row.released_at,
                "reason": row.reason,
                "state": self._state(MailingStatus(row.status), total, parked, row.released_at),
                "sum": total,
                "account": account("合计", total.counts),
            }
            for row, total, parked in rows
        ]
        masthead = entries[0]["title"] if entries else ""
        return HTMLResponse(self._pages.render("console/mailings.html", masthead=masthead, mailings=entries))

    def ledger(self, request: Request) -> Response:
        mailing_id = _number(request)
        with self._office.store.read() as session:
            ledger = read_ledger(session, mailing_id, self._office.clock.now())
        self._record_view(request.state.session, ledger)
        state = self._state(ledger.status, ledger.sum, ledger.parked, ledger.released_at)
        page = ledger_page(ledger, read_filter(request.query_params), state)
        return HTMLResponse(self._pages.render("console/ledger.html", masthead=ledger.title, page=page))

    def report(self, request: Request) -> Response:
        """The ledger as a file for people: Chinese headers and words. Nothing leaves without its audit record."""
        mailing_id, fmt = _number(request), request.path_params["format"]
        if fmt not in _FORMATS:
            raise HTTPException(404)
        viewer: Session = request.state.session
        with self._office.store.begin() as session:
            number = queries.mailing_with_issue(session, mailing_id).number
            data = export_report(session, mailing_id, fmt, labels=True, zone=self._settings.timezone)
            self._office.record(session, _actor(viewer), "report.exported", f"mailing:{mailing_id}", format=fmt)
        # RFC 6266 4.3: a name every program can read, and the real one
        name = quote(f"发送台账-第{number}期-批次{mailing_id}.{fmt}")
        disposition = f"attachment; filename=\"ledger-{mailing_id}.{fmt}\"; filename*=UTF-8''{name}"
        return Response(data, headers={"Content-Type": _FORMATS[fmt], "Content-Disposition": disposition})

    def _state(self, status: MailingStatus, total: queries.Sum, parked: int, released_at: datetime | None) -> str:
        until = office_time(released_at + self._settings.retry_give_up, self._settings.timezone) if released_at else ""
        return state_words(status, total, parked, until)

    def _record_view(self, viewer: Session, ledger: Ledger) -> None:
        """Once a session and mailing: a page that refreshes itself is one view."""
        subject = f"mailing:{ledger.mailing_id}"
        if subject in viewer.looked_at:
            return
        with self._office.store.begin() as session:
            self._office.record(session, _actor(viewer), "ledger.viewed", subject)
        viewer.looked_at.add(subject)


def _actor(viewer: Session) -> str:
    return f"console:{viewer.label}"


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise HTTPException(404)
    return int(text)
