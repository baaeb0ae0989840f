"""签收 in the console: the sheet by unit (to be printed), 催办, and what the office enters by hand. Nothing is ranked."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.acknowledge import Said, SignError, acknowledge, take_back
from mailer.flow.browse_ledger import read_head
from mailer.flow.prepare_mailing import BeingPreparedError
from mailer.flow.read_signatures import read_sheet
from mailer.flow.remind import RemindError, outlook, remind
from mailer.model.acknowledgement import How
from mailer.model.rights import Right
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import number
from mailer.web.console.ways import Form, Way


def ways(desk: Desk) -> list[Way]:
    pages = _SignaturePages(desk)
    one = "/mailings/{id}/deliveries/{delivery}"
    return [
        Way("/mailings/{id}/signatures", pages.sheet, Right.VIEW),
        Way("/mailings/{id}/remind", pages.remind, Right.SEND, "POST"),
        Way(f"{one}/acknowledge", pages.acknowledge, Right.SEND, "POST"),
        Way(f"{one}/take-back", pages.take_back, Right.SEND, "POST"),
    ]


class _SignaturePages:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def sheet(self, request: Request) -> Response:
        mailing_id, now = number(request.path_params["id"]), self._office.clock.now()
        unsigned_only = request.query_params.get("only") == "unsigned"
        with self._office.store.read() as session:
            head, _ = read_head(session, mailing_id, now)
            sheet = read_sheet(session, mailing_id, unsigned_only=unsigned_only)
            reminder = outlook(session, mailing_id, now)
        self._desk.viewed(request, f"mailing:{mailing_id}", "ledger.viewed")
        return self._desk.show(
            request,
            "console/ledger/signatures.html",
            area="mailings",
            masthead=head.title,
            head=head,
            sheet=sheet,
            reminder=reminder,
            unsigned_only=unsigned_only,
            is_late=sheet.due_at is not None and sheet.due_at < now,
            may_act=caller_of(request).may(Right.SEND),
        )

    def remind(self, request: Request, form: Form) -> Response:
        """A new mailing to those who have not signed; on to its own ledger."""
        del form
        mailing_id = number(request.path_params["id"])
        back = f"/mailings/{mailing_id}/signatures"
        try:
            new_id, created = remind(self._office, mailing_id, caller_of(request).actor)
        except RemindError as error:
            return self._desk.to(request, back, said=f"没有催办：{error}")
        except BeingPreparedError:
            return self._desk.to(request, back, said="另一个人正在催办，马上就好。")
        said = "催办已放行，只发给还没有签收的；这是它的台账。" if created else "正在催办，这是它的台账；没有再建一批。"
        return self._desk.to(request, f"/mailings/{new_id}", said=said)

    def acknowledge(self, request: Request, form: Form) -> Response:
        delivery_id = number(request.path_params["delivery"])
        said = Said(How.HAND, form.text("channel"), form.text("who"), form.text("note"))
        try:
            signed = acknowledge(self._office, delivery_id, said, caller_of(request).actor)
        except SignError as error:
            return self._back(request, f"{error.message}{error.hint}")
        return self._back(request, "已登记签收。" if signed.is_new else "先前已经签收，没有改动。")

    def take_back(self, request: Request, form: Form) -> Response:
        delivery_id = number(request.path_params["delivery"])
        done = take_back(self._office, delivery_id, form.text("note"), caller_of(request).actor)
        return self._back(request, "已撤销签收，留有记录。" if done else "没有签收，没有改动。")

    def _back(self, request: Request, said: str) -> Response:
        values = request.path_params
        return self._desk.to(
            request, f"/mailings/{number(values['id'])}/deliveries/{number(values['delivery'])}", said=said
        )
