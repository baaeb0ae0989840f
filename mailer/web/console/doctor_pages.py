"""The page that looks the installation over, as ``mailer doctor`` does; nothing is sent and nothing changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailer.doctor.finding import Finding, State
from mailer.doctor.look_over import look_over
from mailer.doctor.names import Ask
from mailer.model.rights import Right
from mailer.web.console.caller import caller_of
from mailer.web.console.desk import Desk
from mailer.web.console.ways import Way
from mailer.web.forms import Form


def ways(desk: Desk, ask: Ask | None = None) -> list[Way]:
    """``ask``: how DNS is asked; by default as this machine does."""
    pages = _Doctor(desk, ask)
    return [
        Way("/doctor", pages.page, Right.SYSTEM),
        Way("/doctor", pages.examine, Right.SYSTEM, method="POST"),
    ]


class _Doctor:
    def __init__(self, desk: Desk, ask: Ask | None) -> None:
        self._desk, self._ask = desk, ask

    def page(self, request: Request) -> Response:
        return self._show(request, None)

    def examine(self, request: Request, form: Form) -> Response:
        """Asks database, broker, name servers and this machine; some questions take seconds."""
        del form
        found = list(look_over(self._desk.settings, self._ask))
        office, bad = self._desk.office, sum(each.state is State.BAD for each in found)
        with office.store.begin() as session:
            office.record(
                session, caller_of(request).actor, "doctor.run", "installation", looked_at=len(found), bad=bad
            )
        return self._show(request, found)

    def _show(self, request: Request, found: list[Finding] | None) -> Response:
        order = [State.BAD, State.NOTE, State.FINE]
        return self._desk.show(
            request,
            "console/doctor.html",
            area="settings",
            found=None if found is None else sorted(found, key=lambda each: order.index(each.state)),
            bad=sum(each.state is State.BAD for each in found or ()),
        )
