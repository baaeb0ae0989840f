"""停发: which addresses are not written to and why; entering one and lifting one, each with a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.suppress_address import lift_suppression, suppress_address
from mailer.model.rights import Right
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, ends_on, leaf_of, line, number
from mailer.web.console.ways import Form, Way
from recipients import directory
from recipients.address import AddressError, EmailAddress
from recipients.suppression import Suppression, SuppressionReason

_PER_LEAF = 100
_REASONS = {str(reason): reason.chinese for reason in SuppressionReason}


def ways(desk: Desk) -> list[Way]:
    pages = _Suppressions(desk)
    return [
        Way("/suppressions", pages.book, Right.VIEW),
        Way("/suppressions", pages.add, Right.LISTS, "POST"),
        Way("/suppressions/{id}/lift", pages.lift, Right.LISTS, "POST"),
    ]


class _Suppressions:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def book(self, request: Request) -> Response:
        given = {"address": request.query_params.get("address", "")}
        return self._book(request, given)

    def _book(self, request: Request, given: dict[str, str], *, problem: str = "") -> Response:
        query, now = request.query_params, self._office.clock.now()
        is_past = query.get("past") == "yes"
        with self._office.store.read() as session:
            active = {row.id for row in directory.listed_suppressions(session, now)}
            rows = directory.listed_suppressions(session, now, also_past=is_past)
            codes = [each.code for each in directory.lists(session)]
        wanted = query.get("q", "").strip().casefold()
        found = [row for row in reversed(rows) if not wanted or wanted in row.address_key]
        if rows:
            self._desk.viewed(request, "suppressions", "suppressions.viewed")
        return self._desk.show(
            request, "console/suppressions/suppressions.html", area="lists", status=422 if problem else 200,
            problem=problem, leaf=leaf_of(found, query.get("page", ""), _PER_LEAF), active=active, is_past=is_past,
            q=query.get("q", "").strip(), codes=codes, reasons=_REASONS, given=given, any=bool(rows),
            may_edit=caller_of(request).may(Right.LISTS),
            link=lambda **changed: "?" + urlencode({k: v for k, v in changed.items() if v}),
        )  # fmt: skip

    def add(self, request: Request, form: Form) -> Response:
        given = {name: form.text(name) for name in ("address", "scope", "reason", "because", "until")}
        try:
            wanted = self._wanted(given)
        except AddressError as error:
            problem = f"“邮箱”写得不对：{error.message}。请写成 name@example.cn 的样子。"
            return self._book(request, given, problem=problem)
        except FieldError as error:
            return self._book(request, given, problem=str(error))
        done = suppress_address(self._office, wanted, caller_of(request).actor)
        waiting = f"；正在等待的 {done.withheld} 封不再发出" if done.withheld else ""
        return self._desk.to(request, "/suppressions", said=f"已停发 {wanted.address_key}{waiting}。")

    def lift(self, request: Request, form: Form) -> Response:
        number_ = number(request.path_params["id"])
        try:
            because = line(form.text("because"), "解除的理由", 500, needed=True)
        except FieldError as error:
            return self._book(request, {}, problem=str(error))
        lifted = lift_suppression(self._office, number_, because, caller_of(request).actor)
        said = "已解除停发，下一次发送起照常发。" if lifted else "这一条已经解除。"
        return self._desk.to(request, "/suppressions", said=said)

    def _wanted(self, given: dict[str, str]) -> Suppression:
        key = EmailAddress.parse(given["address"]).key
        with self._office.store.read() as session:
            codes = [each.code for each in directory.lists(session)]
        if given["scope"] and given["scope"] not in codes:
            raise FieldError("请从名单里选停发的范围。")
        if given["reason"] not in _REASONS:
            raise FieldError("请选停发的原因。")
        because = line(given["because"], "依据", 500, needed=True)
        until = ends_on(given["until"], self._office.clock.now(), self._office.zone)
        return Suppression(key, SuppressionReason(given["reason"]), given["scope"], until=until, evidence=because)
