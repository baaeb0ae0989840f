"""The API's routes on the console's listener: the operations by path, the document, and an answer for every other path."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mailer.flow.office import Office
from mailer.flow.ports import Apart
from mailer.web.api import directory, issues, mailings, tasks
from mailer.web.api.door import Door, Views
from mailer.web.api.openapi import BASE, document
from mailer.web.api.operation import Operation
from mailer.web.api.problems import ProblemError
from mailer.web.api.written import written

_AREAS: Final = (issues.operations, mailings.operations, directory.operations, tasks.operations)


def operations() -> list[Operation]:
    return [operation for area in _AREAS for operation in area()]


def routes(office: Office, apart: Apart) -> list[BaseRoute]:
    """``apart``: where files that come in are read."""
    views, by_path = Views(office), dict[str, list[Operation]]()
    for operation in operations():
        by_path.setdefault(operation.path, []).append(operation)
    text = written(document(operations(), _version()))

    def openapi(request: Request) -> Response:
        """Open to everybody who reaches the console: it says what there is, not what is in it."""
        del request
        return Response(text, headers={"Content-Type": "application/json"})

    def nothing(request: Request) -> Response:
        del request
        return ProblemError(404, "no_path", "没有这个地址。", f"有哪些：{BASE}/openapi.json").response()

    return [
        *(
            Route(f"{BASE}{path}", Door(office, apart, views, f"{BASE}{path}", found))
            for path, found in by_path.items()
        ),
        Route(f"{BASE}/openapi.json", openapi),
        Route("/api/{rest:path}", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


def _version() -> str:
    try:
        return version("bulletin-mailer")
    except PackageNotFoundError:
        return "0"
