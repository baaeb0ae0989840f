"""One log line for every request, and the id that it and all it sets off carry. The way's pattern is logged, never the path
as it was asked for: paths and queries may hold tokens and names.
"""

from __future__ import annotations

import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailer import log
from mailer.web.gate import MONITORED, STATIC

WAY: Final = "mailer.way"  # in the scope: the pattern of the way that answers
_HEADER = "X-Request-Id"


class RequestLog:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = log.new_request_id(Headers(scope=scope).get(_HEADER, ""))
        began = time.monotonic()

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[_HEADER] = request_id
                _note(scope, message["status"], began)  # before the first byte: whoever has the answer finds the line
            await send(message)

        with log.request(request_id):
            try:
                await self._app(scope, receive, send_marked)
            except Exception as error:
                log.note("request_failed", way=_way(scope), error=type(error).__name__)
                raise


def _note(scope: Scope, status: int, began: float) -> None:
    if not _is_humdrum(scope["path"]):
        milliseconds = round((time.monotonic() - began) * 1000)
        log.note("request", method=scope["method"], way=_way(scope), status=status, ms=milliseconds)


def _is_humdrum(path: str) -> bool:
    return path in MONITORED or path.startswith(STATIC)


def _way(scope: Scope) -> str:
    """The pattern, with the numbers in it: /mailings/7, but /enter without its key and nothing of a path nobody answers."""
    pattern = str(scope.get(WAY, ""))
    for name, value in scope.get("path_params", {}).items():
        if str(value).isdecimal():
            pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern
