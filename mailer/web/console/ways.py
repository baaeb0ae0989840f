"""A way: one path of the console, what may be done on it and by whom. The only door through which endpoints are called.

Before an endpoint runs: the session is found, the right is there, the form is read bounded, it comes from a page of ours
(origin and token), and, where asked for, the password was given within ten minutes. A way without an open right is closed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mailer.flow.log_in import Door, Refused, give_password_again
from mailer.flow.office import came_from
from mailer.flow.sessions import is_sure
from mailer.model.rights import Right
from mailer.web import gate
from mailer.web.console.caller import caller_of, find_caller, session_of
from mailer.web.console.desk import Desk
from mailer.web.console.held import HELD
from mailer.web.console.kept import AGAIN
from mailer.web.console.refusals import Refusals
from mailer.web.forms import BYTES, Form, FormError, Upload, read_form
from mailer.web.request_log import WAY

__all__ = ["Form", "Open", "Upload", "Way", "route"]


class Open(Enum):
    """Instead of a right."""

    ANYBODY = "no session is asked for"
    SIGNED_IN = "any session will do"
    ACCOUNT = "any account will do; the printed link will not"


@dataclass(frozen=True, slots=True)
class Way:
    """``endpoint``: (request) for GET, (request, form) for POST; a plain function, run in a thread.

    ``upload_limit``: bytes of a form with files, 0 for forms without. ``reauth``: asks for the password unless it was given
    within ten minutes. ``by_itself``: asked by the page, not by a person; keeps no session open.
    """

    path: str
    endpoint: Callable[..., Response]
    right: Right | Open
    method: str = "GET"
    upload_limit: int = 0
    reauth: bool = False
    by_itself: bool = False


def route(desk: Desk, way: Way, refusals: Refusals) -> Route:
    """The way as Starlette's route."""
    guard = _Guard(desk, way, refusals)
    return Route(way.path, guard.answer, methods=[way.method])


class _Guard:
    def __init__(self, desk: Desk, way: Way, refusals: Refusals) -> None:
        if way.method not in {"GET", "POST"}:
            raise ValueError(way.method)
        self._desk, self._way, self._refusals = desk, way, refusals

    async def answer(self, request: Request) -> Response:
        request.scope[WAY] = self._way.path
        came_from.set(request.client.host if request.client else "")
        await run_in_threadpool(self._find_session, request)
        if self._way.method == "GET":
            return await run_in_threadpool(self._get, request)
        try:
            form = await read_form(request, max(BYTES, self._way.upload_limit))
        except FormError as error:
            return await run_in_threadpool(self._refusals.form, request, error)
        return await run_in_threadpool(self._post, request, form)

    def _find_session(self, request: Request) -> None:
        session_id = request.cookies.get(gate.cookie_name(request), "")
        find_caller(self._desk.office, request, session_id, is_person=not self._way.by_itself)

    def _get(self, request: Request) -> Response:
        refusal = self._refusal(request, Form())
        return refusal or self._way.endpoint(request)

    def _post(self, request: Request, form: Form) -> Response:
        if not is_own_page(request):
            return self._refusals.foreign_form(request)
        refusal = self._refusal(request, form)
        if refusal is not None:
            return refusal
        if self._way.right is not Open.ANYBODY:
            token = request.headers.get("x-csrf-token") or form.text("csrf")
            if not hmac.compare_digest(token.encode(), caller_of(request).csrf.encode()):
                return self._refusals.old_form(request, form)
            if self._way.reauth and not is_sure(self._desk.office, session_of(request)):
                refusal = self._ask_again(request, form)
        return refusal or self._do(request, form)

    def _do(self, request: Request, form: Form) -> Response:
        """With the files that waited for a login or for the password, where the form has a token instead of them."""
        token = form.text(HELD)
        if token:
            account_id = session_of(request).account_id if request.state.session else None
            found = self._desk.held.take(token, account_id, self._desk.office.clock.now())
            if found is None:
                gone = "刚才选的文件没有留住（过了半小时，换了帐户，或程序重新启动过）。请回到原来那一页重新选择。"
                return self._refusals.form(request, FormError(410, gone))
            form = Form(tuple(each for each in form.fields if each[0] != HELD), found)
        return self._way.endpoint(request, form)

    def _refusal(self, request: Request, form: Form) -> Response | None:
        """None when the caller may."""
        right, caller = self._way.right, request.state.caller
        if right is Open.ANYBODY:
            return None
        if caller is None:
            return self._refusals.no_session(request, form)
        if right is Open.SIGNED_IN or (right is Open.ACCOUNT and caller.has_account):
            return None
        if isinstance(right, Right) and caller.may(right):
            return None
        if self._way.path == "/" and (others := self._desk.navigation(caller)):
            return RedirectResponse(others[0].path, 303)
        return self._refusals.no_right(request)

    def _ask_again(self, request: Request, form: Form) -> Response | None:
        given = form.exact(AGAIN)
        if not given:
            return self._refusals.ask_again(request, form, "")
        door = Door(request.client.host if request.client else "", "")
        sure = give_password_again(self._desk.office, self._desk.passwords, session_of(request), given, door)
        if isinstance(sure, Refused):
            return self._refusals.ask_again(request, form, "试错的次数太多，请过十五分钟再试。")
        if not sure:
            return self._refusals.ask_again(request, form, "密码不对，请再输入一次。")
        self._find_session(request)  # the page that follows is told
        return None


def is_own_page(request: Request) -> bool:
    """Whether a post comes from a page of ours, as far as the browser says (Fetch Metadata; Origin, RFC 6454).

    What says neither is no browser of this decade; the token is asked for as well.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
