"""What goes wrong, as a program is told: RFC 9457 problem details with a stable code and Chinese sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from mailer.web.api.schema import INT, STR, Schema, array, record
from mailer.web.api.written import written

MEDIA: Final = "application/problem+json"

#: status -> (title for programs, title for people): the whole of what may be answered
TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Bad Request", "请求读不懂"),
    401: ("Unauthorized", "没有可用的密钥"),
    403: ("Forbidden", "这把密钥不能做这件事"),
    404: ("Not Found", "没有这一项"),
    405: ("Method Not Allowed", "这个地址不能这样用"),
    409: ("Conflict", "现在做不了"),
    413: ("Content Too Large", "内容太大"),
    415: ("Unsupported Media Type", "内容类型不对"),
    422: ("Unprocessable Content", "内容不合要求"),
    500: ("Internal Server Error", "程序出了错"),
    503: ("Service Unavailable", "现在不能服务"),
}

SCHEMA: Final[Schema] = record(
    {
        "type": STR,
        "title": STR,
        "status": INT,
        "code": STR,
        "detail": STR,
        "hint": STR,
        "errors": array(record({"at": STR, "message": STR})),
    },
    optional=("hint", "errors"),
)


class ProblemError(Exception):
    """Ends a request. ``code`` is stable; ``detail`` and ``hint`` are Chinese sentences; ``errors``: (where, what)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        hint: str = "",
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.hint = status, code, detail, hint
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": f"urn:bulletin-mailer:problem:{self.code}",
            "title": TITLES[self.status][1],
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.hint:
            told["hint"] = self.hint
        if self.errors:
            told["errors"] = [{"at": at, "message": message} for at, message in self.errors]
        return told

    def response(self) -> Response:
        return Response(written(self.body()), self.status, {**self.headers, "Content-Type": MEDIA})
