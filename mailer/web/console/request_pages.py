"""要求: what recipients wished about their mail, entering one they told by telephone, and the office's answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import change_requests
from mailer.model.rights import Right
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, ends_on, line, number
from mailer.web.console.ways import Form, Way
from recipients import directory
from recipients.address import AddressError, EmailAddress
from recipients.directory.people import holdings
from recipients.directory.request_book import request_rows
from recipients.requests import ChangeRequest, RequestError, RequestKind, RequestState

_KINDS = {str(kind): kind.chinese for kind in RequestKind}
_ENTERED = {
    key: words for key, words in _KINDS.items() if key != RequestKind.JOIN
}  # the office puts people on by itself
_FIELDS = ("kind", "address", "scope", "value", "name", "reason", "until")


def ways(desk: Desk) -> list[Way]:
    pages = _Requests(desk)
    return [
        Way("/requests", pages.book, Right.VIEW),
        Way("/requests", pages.enter, Right.LISTS, "POST"),
        Way("/requests/{id}/answer", pages.answer, Right.LISTS, "POST"),
    ]


class _Requests:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def book(self, request: Request) -> Response:
        return self._book(request, {"address": request.query_params.get("address", "")})

    def _book(self, request: Request, given: dict[str, str], *, problem: str = "") -> Response:
        now = self._office.clock.now()
        with self._office.store.read() as session:
            waiting, decided = request_rows(session, is_open=True), request_rows(session, is_open=False)
            codes = [each.code for each in directory.lists(session)]
            keys = {row.address_key for row in waiting}
            users: dict[str, list[str]] = {}
            for one in holdings(session, now) if keys else ():
                for address in one.holder.addresses:
                    if address.key in keys:
                        post = one.holder.post
                        users.setdefault(address.key, []).append(
                            f"{post.unit.name} {post.role} {one.holder.name}".strip()
                        )
        if waiting or decided:
            self._desk.viewed(request, "requests", "requests.viewed")
        return self._desk.show(
            request, "console/requests/requests.html", area="lists", status=422 if problem else 200, problem=problem,
            waiting=waiting, decided=decided, users=users, codes=codes, kinds=_KINDS, entered=_ENTERED, given=given,
            states={str(RequestState.GRANTED): "已同意", str(RequestState.REFUSED): "没有同意"},
            may_edit=caller_of(request).may(Right.LISTS),
        )  # fmt: skip

    def enter(self, request: Request, form: Form) -> Response:
        given = {name: form.text(name) for name in _FIELDS}
        try:
            _, state = change_requests.ask(self._office, self._wanted(given), caller_of(request).actor)
        except AddressError as error:
            problem = f"邮箱写得不对：{error.message}。请写成 name@example.cn 的样子。"
            return self._book(request, given, problem=problem)
        except (FieldError, RequestError) as error:
            return self._book(request, given, problem=str(error))
        said = "已登记并办理。" if state is RequestState.GRANTED else "已登记，等办公室决定。"
        return self._desk.to(request, "/requests", said=said)

    def answer(self, request: Request, form: Form) -> Response:
        granted = form.text("decision") == "grant"
        try:
            words = line(form.text("words"), "不同意的理由", 500, needed=not granted)
            change_requests.answer(
                self._office, number(request.path_params["id"]), caller_of(request).actor, granted=granted, words=words
            )
        except FieldError as error:
            return self._book(request, {}, problem=str(error))
        except change_requests.NoSuchRequestError:
            return self._desk.to(request, "/requests", said="这个要求已经答复。")
        done = "已同意并办理" if granted else "已记下不同意"
        return self._desk.to(request, "/requests", said=f"{done}；请按待办告知本人和单位。")

    def _wanted(self, given: dict[str, str]) -> ChangeRequest:
        if given["kind"] not in _ENTERED:
            raise FieldError("请选是什么要求。")
        with self._office.store.read() as session:
            codes = [each.code for each in directory.lists(session)]
        if given["scope"] and given["scope"] not in codes:
            raise FieldError("请从名单里选范围。")
        kind = RequestKind(given["kind"])
        until = (
            ends_on(given["until"], self._office.clock.now(), self._office.zone) if kind is RequestKind.PAUSE else None
        )
        has_value = kind in {RequestKind.NEW_ADDRESS, RequestKind.HAND_OVER}
        return ChangeRequest(
            kind, EmailAddress.parse(given["address"]).key, given["scope"],
            line(given["value"], "新邮箱", 254) if has_value else "",
            line(given["name"], "接任人", 120) if kind is RequestKind.HAND_OVER else "",
            line(given["reason"], "原因", 500), until,
        )  # fmt: skip
