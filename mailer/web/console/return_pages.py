"""退信: the mail that came back, by what became of it; one mail as text with its evidence; to whom it belongs, or to nobody."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import assign_return
from mailer.flow.assign_return import OPEN_STATES, NotAssignableError
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Right
from mailer.store import address_history, returns
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, leaf_number, line, number
from mailer.web.console.return_view import KINDS, STATE_WORDS, STATES, mail_view, summary
from mailer.web.console.ways import Form, Way

_PER_LEAF = 50


def ways(desk: Desk) -> list[Way]:
    pages = _Returns(desk)
    return [
        Way("/returns", pages.book, Right.VIEW),
        Way("/returns/{id}", pages.one, Right.VIEW),
        Way("/returns/{id}/assign", pages.assign, Right.TASKS, "POST"),
        Way("/returns/{id}/dismiss", pages.dismiss, Right.TASKS, "POST"),
    ]


class _Returns:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def book(self, request: Request) -> Response:
        query = request.query_params
        with self._office.store.read() as session:
            counted = returns.counts(session)
            by_state = {
                key: sum(n for (s, _), n in counted.items() if s in states) for key, (_, states) in STATES.items()
            }
            asked = query.get("state", "")
            state = asked if asked in STATES else "open" if by_state["open"] or not by_state["applied"] else "applied"
            states = STATES[state][1]
            by_kind = {kind: sum(n for (s, k), n in counted.items() if s in states and k == kind) for kind in KINDS}
            kind = query.get("kind", "")
            found = by_kind.get(kind, 0) if kind else by_state[state]
            pages = max(1, -(-found // _PER_LEAF))
            at = min(leaf_number(query.get("page", "")), pages)
            rows = returns.listed(session, states, kind, limit=_PER_LEAF, offset=(at - 1) * _PER_LEAF)
        if rows:
            self._desk.viewed(request, "returns", "returns.viewed")
        entries = [{"row": row, "head": summary(row.head)} for row in rows]
        kept = {"state": state, "kind": kind}
        return self._desk.show(
            request, "console/returns/returns.html", area="returns", entries=entries, state=state, states=STATES,
            by_state=by_state, kind=kind, kinds={k: (KINDS[k], n) for k, n in by_kind.items() if n}, page=at, pages=pages,
            found=found, total=sum(counted.values()), state_words=STATE_WORDS, kind_words=KINDS,
            link=lambda **changed: "?" + urlencode({k: v for k, v in (kept | changed).items() if v}),
        )  # fmt: skip

    def one(self, request: Request) -> Response:
        return self._one(request)

    def _one(self, request: Request, *, problem: str = "") -> Response:
        mail_id = number(request.path_params["id"])
        with self._office.store.read() as session:
            row = returns.entry(session, mail_id)
            if row is None:
                raise HTTPException(404)
            duties = address_history.duties_of(session, row.delivery_id) if row.delivery_id is not None else ()
        is_open = row.state in OPEN_STATES
        now = self._office.clock.now()
        candidates = assign_return.candidates(self._office.store, row.raw, now) if is_open else ()
        self._desk.viewed(request, f"return:{mail_id}", "return.viewed")
        return self._desk.show(
            request, "console/returns/return.html", area="returns", status=422 if problem else 200, problem=problem,
            mail=row, view=mail_view(row.raw), duties=duties, candidates=candidates, is_open=is_open,
            state_words=STATE_WORDS, kind_words=KINDS, may_act=caller_of(request).may(Right.TASKS), size=len(row.raw),
        )  # fmt: skip

    def assign(self, request: Request, form: Form) -> Response:
        mail_id = number(request.path_params["id"])
        try:
            after = assign_return.assign(self._office, mail_id, number(form.text("delivery")), caller_of(request).actor)
        except NotAssignableError as error:
            return self._one(request, problem=str(error))
        words = DeliveryStatus(after).label if after else "没有变"
        return self._desk.to(request, f"/returns/{mail_id}", said=f"已归入，台账现在是“{words}”。")

    def dismiss(self, request: Request, form: Form) -> Response:
        mail_id = number(request.path_params["id"])
        try:
            because = line(form.text("because"), "说明", 200)
        except FieldError as error:
            return self._one(request, problem=str(error))
        done = assign_return.dismiss(self._office, mail_id, because, caller_of(request).actor)
        return self._desk.to(request, "/returns", said="已认定无关，原信仍保留。" if done else "这封退信已经有人处理。")
