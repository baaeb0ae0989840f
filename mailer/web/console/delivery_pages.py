"""One recipient of one mailing: how it stands, everything that happened with its evidence, what a person may decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.browse_ledger import read_head
from mailer.flow.read_history import read_history
from mailer.flow.read_signatures import read_asked, read_book
from mailer.model.acknowledgement import CHANNELS
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Right
from mailer.web.console.desk import caller_of
from mailer.web.console.fields import number
from mailer.web.console.ledger_desk import LedgerDesk
from mailer.web.console.ledger_page import served
from mailer.web.console.ways import Way


def ways(books: LedgerDesk) -> list[Way]:
    pages = _Deliveries(books)
    return [Way("/mailings/{id}/deliveries/{delivery}", pages.one, Right.VIEW)]


class _Deliveries:
    def __init__(self, books: LedgerDesk) -> None:
        self._books = books

    def one(self, request: Request) -> Response:
        mailing_id, delivery_id = number(request.path_params["id"]), number(request.path_params["delivery"])
        books, caller = self._books, caller_of(request)
        with books.office.store.read() as session:
            history = read_history(session, mailing_id, delivery_id)
            head, _ = read_head(session, mailing_id, books.office.clock.now())
            asked = read_asked(session, delivery_id, books.office.clock.now())
            book = read_book(session, delivery_id)
        books.desk.viewed(request, f"delivery:{delivery_id}", "delivery.viewed")
        return books.desk.show(
            request,
            "console/ledger/delivery.html",
            area="mailings",
            masthead=head.title,
            head=head,
            history=history,
            entry=history.entry,
            people=served(history.entry.duties),
            may_decide=history.entry.status is DeliveryStatus.IN_DOUBT and caller.may(Right.SEND),
            asked=asked,
            signatures=book,
            channels=CHANNELS,
            may_enter=asked.is_asked and caller.may(Right.SEND),
            returns_are_here="/returns/{id}" in books.desk.rights,
        )
