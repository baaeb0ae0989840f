"""What the console says when it has no page to show: what is the matter, and what to do about it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mailer.web.console import gate
from mailer.web.pages import Pages

_NEW_LINK = "请在运行 mailer serve 的窗口（或它的日志）里找到最新的链接，在浏览器里打开。每个链接只能用一次。"


class Refusals:
    """Each a whole page in plain words; given the request, as Starlette's handlers are."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def _page(self, status: int, title: str, text: str, *, way_back: bool = False) -> HTMLResponse:
        return HTMLResponse(
            self._pages.render("console/message.html", masthead="", title=title, text=text, way_back=way_back), status
        )

    def no_session(self, request: Request) -> Response:
        del request
        return self._page(401, "这里要凭链接进入", _NEW_LINK)

    def used_key(self, request: Request) -> Response:
        del request
        return self._page(401, "这个链接已经用过，或者不完整", _NEW_LINK)

    def other_host(self, request: Request) -> Response:
        """RFC 9110 15.5.20: the request was meant for a host that we are not."""
        del request
        text = "台账只在本机提供，地址栏里应是 127.0.0.1 或 localhost。" + _NEW_LINK
        return self._page(421, "网址不对", text)

    def not_found(self, request: Request, error: Exception) -> Response:
        del request, error
        return self._page(404, "没有这个页面", "网址可能抄错了，或者这个发送批次不在这里。", way_back=True)

    def http(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404:
            return self.not_found(request, error)
        page = self._page(error.status_code, "不能这样打开", "台账网页只供查看。请从台账首页重新进入。", way_back=True)
        page.headers.update(error.headers or {})  # 405 names the methods that there are
        return page

    def no_database(self, request: Request, error: Exception) -> Response:
        del request, error
        text = "数据库没有答复。已登记的发送不会丢失；请稍后刷新，一直这样请告诉管理员。"
        return self._page(503, "暂时读不到台账", text, way_back=True)

    def failed(self, request: Request, error: Exception) -> Response:
        """Starlette answers this one outside of every middleware, so it brings its own headers; the server logs it."""
        del error
        text = "程序出了错，已记在 mailer serve 的输出里。发送不受影响；请把那里的报错告诉管理员。"
        page = self._page(500, "这一页没有显示出来", text, way_back=True)
        gate.secure(page.headers, request.url.path)
        return page
