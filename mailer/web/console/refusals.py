"""What the console says when it has no page to show: what is the matter, and what to do about it."""

from __future__ import annotations

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mailer.flow.accounts import has_accounts
from mailer.flow.sessions import account_of_ended
from mailer.web import gate
from mailer.web.console.desk import Desk
from mailer.web.console.held import HELD
from mailer.web.console.kept import Kept, keep, path_of
from mailer.web.forms import Form, FormError

_NEW_LINK = "请在运行 mailer serve 的窗口（或它的日志）里找到最新的链接，在浏览器里打开。每个链接只能用一次。"

_FULL = ("disk is full", "No space left", "could not extend file")  # SQLite; the system; PostgreSQL


class Refusals:
    """Each a whole page in plain words; given the request, as Starlette's handlers are."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _page(self, status: int, title: str, text: str, *, way_back: bool = False) -> HTMLResponse:
        """Without the database: what it would show of the house is left out."""
        return HTMLResponse(
            self._desk.pages.render(
                "console/message.html",
                masthead="",
                area="",
                caller=None,
                csrf="",
                navigation=[],
                said="",
                title=title,
                text=text,
                way_back=way_back,
            ),
            status,
        )

    def log_in(
        self,
        request: Request,
        *,
        status: int,
        wrong: str = "",
        note: str = "",
        name: str = "",
        to: str = "/",
        kept: str = "",
    ) -> HTMLResponse:
        """The login page. ``wrong``: why not; ``to``: where it leads; ``kept``: the packed form it carries."""
        return self._desk.show(
            request,
            "console/login.html",
            status=status,
            wrong=wrong,
            note=note,
            name=name,
            to=to,
            kept=kept,
            has_accounts=has_accounts(self._desk.office),
        )

    def no_session(self, request: Request, form: Form) -> Response:
        """The login page in the place of the one that was asked for, with what was typed; htmx reloads the whole page."""
        path = path_of(request)
        if request.method != "POST":
            note = "" if path == "/" else "请先登录，随后回到您要看的页面。"
            answer = self.log_in(request, status=401, to=path, note=note)
            answer.headers["HX-Refresh"] = "true"
            return answer
        kept = self._keep(request, form)
        note = "登录已经过期。您刚才填写的内容还在，登录后请再点一次提交。"
        if any(name == HELD for name, _ in kept.fields):
            note = "登录已经过期。您刚才填写的内容和选的文件还在，登录后请再点一次提交。"
        if kept.had_files:
            note += "文件没有留下，请重新选择。"
        answer = self.log_in(request, status=401, kept=kept.packed(), note=note)
        if request.headers.get("hx-request"):
            answer.headers["HX-Refresh"] = "true"  # it would show nothing of an answer that is no success
        return answer

    def ask_again(self, request: Request, form: Form, wrong: str) -> Response:
        """The password once more, before an act that asks for it; the form goes along."""
        kept = self._keep(request, form)
        return self._desk.show(request, "console/again.html", status=403, wrong=wrong, kept=kept)

    def go_on(self, request: Request, kept: Kept) -> Response:
        """After a login: what was typed before it, to be sent by the person's own hand."""
        return self._desk.show(request, "console/go_on.html", kept=kept)

    def old_form(self, request: Request, form: Form) -> Response:
        """The token is of another session: the form was opened before the last login."""
        return self._desk.show(request, "console/go_on.html", status=403, kept=self._keep(request, form))

    def _keep(self, request: Request, form: Form) -> Kept:
        """Files go along when it is known whose they are."""
        kept, session = keep(request, form), request.state.session
        office = self._desk.office
        cookie = request.cookies.get(gate.cookie_name(request), "")
        owner = session.account_id if session else account_of_ended(office, cookie)
        if not form.uploads or owner is None:
            return kept
        token = self._desk.held.keep(owner, form.uploads, office.clock.now())
        return replace(kept, fields=(*kept.fields, (HELD, token)), had_files=False)

    def foreign_form(self, request: Request) -> Response:
        del request
        return self._page(403, "没有照办", "这个表单不是从本台账的网页上提交的，所以没有照办。", way_back=True)

    def form(self, request: Request, error: FormError) -> Response:
        del request
        return self._page(error.status, "没有收下", error.text, way_back=True)

    def no_right(self, request: Request) -> Response:
        text = "您的帐户没有做这件事的角色。需要的话，请让安全管理员在“帐户”里给您加上。"
        if not request.state.caller.has_account:
            text = "凭链接进来只能看。要办事，请用自己的帐户登录。"
        return self._desk.show(
            request, "console/message.html", status=403, title="您不能办这件事", text=text, way_back=True
        )

    def used_key(self, request: Request) -> Response:
        del request
        return self._page(401, "这个链接已经用过，或者不完整", _NEW_LINK)

    def other_host(self, request: Request) -> Response:
        """RFC 9110 15.5.20: the request was meant for a host that we are not."""
        del request
        if url := self._desk.settings.console_url:
            text = f"请从 {url} 打开。如果地址没有错，请让管理服务器的人检查 MAILER_TRUSTED_PROXIES 和代理的设置。"
        else:
            text = "台账只在本机提供，地址栏里应是 127.0.0.1 或 localhost。" + _NEW_LINK
        return self._page(421, "网址不对", text)

    def not_found(self, request: Request, error: Exception) -> Response:
        """With the navigation where the way knew who asked: the person goes on from there."""
        del error
        title, text = "没有这个页面", "网址可能抄错了，或者要看的东西不在这里。"
        if getattr(request.state, "caller", None) is None:
            return self._page(404, title, text, way_back=True)
        return self._desk.show(request, "console/message.html", status=404, title=title, text=text, way_back=True)

    def http(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404:
            return self.not_found(request, error)
        page = self._page(error.status_code, "不能这样打开", "请从首页重新进入。", way_back=True)
        page.headers.update(error.headers or {})  # 405 names the methods that there are
        return page

    def no_database(self, request: Request, error: Exception) -> Response:
        """The database is away, or takes no more; what was being posted is still in the browser."""
        title, text = "暂时读不到台账", "数据库没有答复。已登记的发送不会丢失；请稍后刷新，一直这样请告诉管理员。"
        if any(sign in str(error) for sign in _FULL):
            title, text = "服务器的磁盘满了", "记不下新的东西。已登记的发送不会丢失；请马上告诉管理员腾出空间。"
        if request.method == "POST":
            title = "刚才这一步没有记下来"
            text += "您填写的内容还在浏览器里：按“后退”就能看到，过一会儿再提交。"
        return self._page(503, title, text, way_back=True)

    def failed(self, request: Request, error: Exception) -> Response:
        """Starlette answers this one outside of every middleware, so it brings its own headers; the server logs it."""
        del error
        text = "程序出了错，已记在 mailer serve 的输出里。发送不受影响；请把那里的报错告诉管理员。"
        page = self._page(500, "这一页没有显示出来", text, way_back=True)
        gate.secure(page.headers, request.scope)
        return page
