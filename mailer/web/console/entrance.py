"""The ways in and out: the printed link, name and password, the second factor, logging out."""

from __future__ import annotations

import getpass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailer.flow.log_in import Door, Entered, Refused, give_code, log_in, log_out
from mailer.flow.sessions import begin_session
from mailer.web import gate
from mailer.web.console.caller import find_caller, session_of
from mailer.web.console.desk import Desk
from mailer.web.console.kept import is_own_path, unpack
from mailer.web.console.refusals import Refusals
from mailer.web.console.ways import Open, Way
from mailer.web.forms import Form
from mailer.web.pages import office_time

_MARK_LASTS = 180 * 24 * 3600  # seconds


def ways(desk: Desk) -> list[Way]:
    doors = _Doors(desk)
    return [
        Way("/enter", doors.by_link, Open.ANYBODY),
        Way("/login", doors.login_page, Open.ANYBODY),
        Way("/login", doors.log_in, Open.ANYBODY, method="POST"),
        Way("/login/code", doors.code_page, Open.ANYBODY),
        Way("/login/code", doors.give_code, Open.ANYBODY, method="POST"),
        Way("/logout", doors.log_out, Open.SIGNED_IN, method="POST"),
    ]


class _Doors:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office, self._refusals = desk, desk.office, Refusals(desk)

    def by_link(self, request: Request) -> Response:
        """A key for a session, once. The redirect takes the key out of the address bar and of the history."""
        if request.method == "HEAD":  # a program that looks whether links are good must not use one up
            return Response()
        target = self._desk.keys.redeem(request.query_params.get("key", ""))
        if target is not None:
            response = RedirectResponse(target, 303)
            session_id = begin_session(self._office, actor=_who_started_us(), source=_source(request))
            gate.set_cookie(request, response, gate.cookie_name(request), session_id)
            return response
        if request.state.caller is not None:
            return RedirectResponse("/", 303)  # the same link again, in the browser it has let in
        return self._refusals.used_key(request)

    def login_page(self, request: Request) -> Response:
        if request.state.caller is not None and request.state.caller.has_account:
            return RedirectResponse("/", 303)
        return self._refusals.log_in(request, status=200)

    def log_in(self, request: Request, form: Form) -> Response:
        name, to, kept = form.text("name"), form.text("next", "/"), form.text("kept")
        answer = log_in(self._office, self._desk.passwords, name, form.exact("password"), _door(request))
        if isinstance(answer, Refused):
            wrong = self._too_often(answer) or "帐户名或密码不对。"
            return self._refusals.log_in(
                request, status=429 if answer.wait else 401, wrong=wrong, name=name, to=_own(to), kept=kept
            )
        if answer.wants_code:
            response = self._code_page(request, 200, to=_own(to), kept=kept)
            gate.set_cookie(request, response, gate.cookie_name(request), answer.session_id)
            return response
        return self._inside(request, answer, to, kept)

    def code_page(self, request: Request) -> Response:
        return self._code_page(request, 200) if request.state.half else RedirectResponse("/login", 303)

    def give_code(self, request: Request, form: Form) -> Response:
        to, kept = form.text("next", "/"), form.text("kept")
        if request.state.half is None:
            return self._refusals.log_in(request, status=401, to=_own(to), kept=kept, wrong="请从头登录。")
        answer = give_code(self._office, request.state.half, form.text("code"), _door(request))
        if isinstance(answer, Refused):
            wrong = self._too_often(answer) or "动态码不对，或者已经用过。请等下一个，再输一次。"
            return self._code_page(request, 401, wrong=wrong, to=_own(to), kept=kept)
        return self._inside(request, answer, to, kept)

    def log_out(self, request: Request, form: Form) -> Response:
        del form
        log_out(self._office, session_of(request))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(gate.cookie_name(request), path="/", httponly=True, samesite="strict")
        return response

    def _code_page(self, request: Request, status: int, *, wrong: str = "", to: str = "/", kept: str = "") -> Response:
        return self._desk.show(request, "console/login_code.html", status=status, wrong=wrong, to=to, kept=kept)

    def _inside(self, request: Request, answer: Entered, to: str, kept: str) -> Response:
        carried = unpack(kept) if kept else None
        if carried is not None:
            find_caller(self._office, request, answer.session_id)
            response: Response = self._refusals.go_on(request, carried)
        else:
            response = RedirectResponse(_own(to), 303)
        gate.set_cookie(request, response, gate.cookie_name(request), answer.session_id)
        gate.set_cookie(request, response, gate.mark_name(request), answer.mark, keep_for=_MARK_LASTS)
        return response

    def _too_often(self, refused: Refused) -> str:
        if refused.wait is None:
            return ""
        return f"试错的次数太多，请在 {office_time(refused.wait, self._desk.settings.timezone)} 以后再试。"


def _door(request: Request) -> Door:
    return Door(_source(request), request.cookies.get(gate.mark_name(request), ""))


def _source(request: Request) -> str:
    return request.client.host if request.client else ""


def _own(path: str) -> str:
    return path if is_own_path(path) else "/"


def _who_started_us() -> str:
    """The link is printed to whoever runs the server: he it is who looks."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"
