"""The ledger: the list of mailings, one mailing while it is sent and after, its live events, its files, who was missed.

GET changes nothing but the audit: who was shown or took away personal data is written down once.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.browse_ledger import read_entries, read_head
from mailer.flow.export_report import export_report
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.model.rights import Right
from mailer.store import ledger_reads, queries
from mailer.store.ledger_reads import Need, Wanted
from mailer.web.console import delivery_pages, ledger_acts
from mailer.web.console.desk import Desk, caller_of, session_of
from mailer.web.console.fields import number
from mailer.web.console.ledger_desk import LedgerDesk
from mailer.web.console.ledger_page import Filter, Now, read_filter, served
from mailer.web.console.live import Hub
from mailer.web.console.ways import Way

_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_MAILINGS = 20  # on one page
_ON_PAPER = 2_000  # lines of «谁没收到»: what nobody reads on paper is in the file
_UNITS = 300


def ways(desk: Desk) -> list[Way]:
    books = LedgerDesk(desk)
    hub = Hub(books.source())
    desk.at_end.append(hub.close)
    pages = _Ledgers(books, hub)
    return [
        Way("/mailings", pages.mailings, Right.VIEW),
        Way("/mailings/{id}", pages.ledger, Right.VIEW),
        Way("/mailings/{id}/part", pages.ledger, Right.VIEW, by_itself=True),
        Way("/mailings/{id}/live", pages.live, Right.VIEW, by_itself=True),
        Way("/mailings/{id}/report.{format}", pages.report, Right.VIEW),
        Way("/mailings/{id}/not-reached", pages.not_reached, Right.VIEW),
        Way("/mailings/{id}/units", pages.units, Right.VIEW),
        *delivery_pages.ways(books),
        *ledger_acts.ways(books),
    ]


class _Ledgers:
    def __init__(self, books: LedgerDesk, hub: Hub) -> None:
        self._books, self._hub = books, hub
        self._desk, self._office, self._settings = books.desk, books.office, books.settings

    def mailings(self, request: Request) -> Response:
        before = request.query_params.get("before", "")
        with self._office.store.read() as session:
            found = self._books.mailings(session, int(before) if _is_number(before) else None, _MAILINGS + 1)
        return self._desk.show(
            request,
            "console/mailings.html",
            area="mailings",
            mailings=found[:_MAILINGS],
            older=found[_MAILINGS - 1]["id"] if len(found) > _MAILINGS else None,
        )

    def ledger(self, request: Request) -> Response:
        """The whole page; a live page asks for it again and takes over the parts that moved."""
        mailing_id, chosen = number(request.path_params["id"]), read_filter(request.query_params)
        as_of = self._office.clock.now()
        with self._office.store.read() as session:
            now, missed = self._books.now(session, mailing_id, as_of)
            lines = self._books.lines(session, mailing_id, chosen, as_of)
            around = self._books.around(session, mailing_id)
        self._desk.viewed(request, f"mailing:{mailing_id}", "ledger.viewed")
        return self._desk.show(
            request,
            "console/ledger.html",
            area="mailings",
            masthead=now.head.title,
            now=now,
            missed=missed,
            lines=lines,
            served=served,
            path=f"/mailings/{mailing_id}",
            may_act=caller_of(request).may(Right.SEND),
            is_live=chosen.is_live and _may_move(now),
            refresh_after=_refresh_after(now, chosen),
            **around,
        )

    def live(self, request: Request) -> Response:
        mailing_id = number(request.path_params["id"])
        with self._office.store.read() as session:
            queries.mailing(session, mailing_id)  # raises NoResultFound
        return self._hub.answer(mailing_id, session_of(request).digest)

    def report(self, request: Request) -> Response:
        """The ledger as a file for people: Chinese headers and words. Nothing leaves without its audit record."""
        mailing_id, fmt = number(request.path_params["id"]), request.path_params["format"]
        if fmt not in _FORMATS:
            raise HTTPException(404)
        with self._office.store.read() as session:
            issue_number = queries.mailing_with_issue(session, mailing_id).number
            data = export_report(session, mailing_id, fmt, labels=True, zone=self._settings.timezone)
        with self._office.store.begin() as session:
            actor = caller_of(request).actor
            self._office.record(session, actor, "report.exported", f"mailing:{mailing_id}", format=fmt)
        # RFC 6266 4.3: a name every program can read, and the real one
        name = quote(f"发送台账-第{issue_number}期-批次{mailing_id}.{fmt}")
        disposition = f"attachment; filename=\"ledger-{mailing_id}.{fmt}\"; filename*=UTF-8''{name}"
        return Response(data, headers={"Content-Type": _FORMATS[fmt], "Content-Disposition": disposition})

    def not_reached(self, request: Request) -> Response:
        """«谁没收到» as a sheet for the printer and the telephone."""
        mailing_id, as_of = number(request.path_params["id"]), self._office.clock.now()
        with self._office.store.read() as session:
            head, tallies = read_head(session, mailing_id, as_of)
            wanted = Wanted(Need.PERSON)
            entries = read_entries(session, mailing_id, wanted, start=0, limit=_ON_PAPER)
            silent = ledger_reads.silent_units(session, mailing_id)
        self._desk.viewed(request, f"mailing:{mailing_id}", "ledger.viewed")
        return self._show(
            request,
            "console/ledger/not_reached.html",
            head,
            entries=entries,
            more=tallies.count(need=Need.PERSON) - len(entries),
            waiting=tallies.count(need=Need.WAIT),
            silent_units=silent,
            served=served,
        )

    def units(self, request: Request) -> Response:
        """Unit by unit: of how many posts how many were reached; those with somebody missing first asked for."""
        mailing_id, as_of = number(request.path_params["id"]), self._office.clock.now()
        every = request.query_params.get("all") == "yes"
        with self._office.store.read() as session:
            head, _ = read_head(session, mailing_id, as_of)
            found = ledger_reads.units(session, mailing_id, only_missing=not every, limit=_UNITS + 1)
        return self._show(
            request, "console/ledger/units.html", head, units=found[:_UNITS], more=len(found) > _UNITS, every=every
        )

    def _show(self, request: Request, template: str, head: Any, **values: Any) -> Response:
        return self._desk.show(request, template, area="mailings", masthead=head.title, head=head, **values)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _may_move(now: Now) -> bool:
    """Returns still come when all is sent, so a closed ledger is watched too; a cancelled one is over."""
    return now.head.status is not MailingStatus.CANCELLED or now.head.sum.open > 0


def _refresh_after(now: Now, chosen: Filter) -> int | None:
    """Seconds after which a browser without scripts asks again; None when the page keeps still."""
    head = now.head
    if not chosen.is_live or chosen.is_reading or not (head.sum.open or head.status is MailingStatus.DRAFT):
        return None
    counts = head.sum.counts
    moves = counts[DeliveryStatus.QUEUED] + counts[DeliveryStatus.ATTEMPTING] > 0
    return 5 if head.status is MailingStatus.SENDING and moves else 30
