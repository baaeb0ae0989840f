"""A way: one path of the recipients' pages, and what its link must be for. The only door through which endpoints are called.

Before an endpoint runs: the link is ours, for that very purpose, not too old, and its copy is known; a form is read bounded.
Wrong, cut, swapped, expired and unknown links get the same page. GET changes nothing: an endpoint that changes something
is a POST, and only with the field ``act`` that its page's button sends (RFC 8058 posts its own).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailer.flow.join_list import application
from mailer.flow.office import came_from
from mailer.flow.read_letter import Letter, read_letter
from mailer.model.links import Purpose
from mailer.web.forms import Form, FormError, read_form
from mailer.web.public.hall import Hall
from mailer.web.public.throttle import Throttle
from mailer.web.request_log import WAY

__all__ = ["Form", "Visit", "Way", "route"]

FORM_BYTES = 20_000
_LASTS = {Purpose.READ, Purpose.SIGN, Purpose.SETTINGS}  # an unsubscribe link that no longer works becomes a complaint


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. ``token``: as it came, verified; ``subject``: what it is bound to, 0 on a page without a link."""

    request: Request
    form: Form = field(default_factory=Form)
    token: str = ""
    subject: int = 0
    copy: Letter | None = None

    @property
    def letter(self) -> Letter:
        """The copy the link belongs to; on every way whose purpose is about one."""
        if self.copy is None:
            raise TypeError("this way has no copy")
        return self.copy

    @property
    def actor(self) -> str:
        """Who acts, for the audit."""
        return f"recipient:{self.letter.delivery_id}"


@dataclass(frozen=True, slots=True)
class Way:
    """``endpoint``: a plain function, run in a thread. ``path`` holds ``{token}`` where ``purpose`` is set.

    ``one_click``: its POST also comes from mail services, without any page before it (RFC 8058 3.2).
    """

    path: str
    endpoint: Callable[[Visit], Response]
    purpose: Purpose | None = None
    method: str = "GET"
    one_click: bool = False


def route(hall: Hall, way: Way, bad_links: Throttle) -> Route:
    """The way as Starlette's route."""
    return Route(way.path, _Guard(hall, way, bad_links).answer, methods=[way.method])


class _Guard:
    def __init__(self, hall: Hall, way: Way, bad_links: Throttle) -> None:
        if way.method not in {"GET", "POST"} or (way.purpose is None) != ("{token}" not in way.path):
            raise ValueError(way.path)
        self._hall, self._way, self._bad_links = hall, way, bad_links

    async def answer(self, request: Request) -> Response:
        request.scope[WAY] = self._way.path
        came_from.set(address_of(request))
        form = Form()
        if self._way.method == "POST":
            try:
                form = await read_form(request, FORM_BYTES)
            except FormError as error:
                return self._hall.message(
                    error.status, "没有收下", "提交的内容太长，或者没有传完整。请返回，改短后再试一次。"
                )
        return await run_in_threadpool(self._enter, request, form)

    def _enter(self, request: Request, form: Form) -> Response:
        way, token = self._way, request.path_params.get("token", "")
        if way.purpose is None:
            return way.endpoint(Visit(request, form))
        subject = self._hall.office.links.verify(way.purpose, token)
        if subject is None:
            return no_such_link(self._hall, self._bad_links, request)
        copy = None
        if way.purpose is Purpose.JOIN:
            is_known = application(self._hall.office, subject) is not None
        else:
            copy = read_letter(self._hall.office, subject)
            is_known = copy is not None and not self._is_too_old(copy)
        if not is_known:
            return no_such_link(self._hall, self._bad_links, request)
        visit = Visit(request, form, token, subject, copy)
        if way.method == "POST" and not form.text("act") and not way.one_click:
            return self._hall.message(400, "没有收到您的选择", "请返回上一页，再按一次按钮。")
        return way.endpoint(visit)

    def _is_too_old(self, copy: Letter) -> bool:
        if self._way.purpose not in _LASTS or copy.sent_at is None:
            return False
        return is_over(copy.sent_at, self._hall)


def is_over(sent_at: datetime, hall: Hall) -> bool:
    """Whether the links of a mailing released then work no longer."""
    return sent_at + hall.settings.links_for < hall.office.clock.now()


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def no_such_link(hall: Hall, bad_links: Throttle, request: Request) -> Response:
    """One page for every link that does not open anything, in the very same words; not to be tried without end."""
    if not bad_links.take(address_of(request)):
        return too_many(hall)
    return hall.show(
        "message.html",
        status=404,
        title="这个链接打不开",
        text=(
            "可能是链接没有复制完整（邮件软件有时会把长链接断成两截），也可能是它已经过期。",
            "请回到邮件里直接点按链接，或把邮件里的整条链接复制到地址栏。还是不行，请回复那封邮件告诉编发单位，注明邮件末尾的件号。",
        ),
    )


def too_many(hall: Hall) -> Response:
    page = hall.message(429, "请稍候再试", "短时间内打开的次数太多。请过一分钟再试。")
    page.headers["Retry-After"] = "60"
    return page
