"""The one door to the API: host, key, scope, parameters, body, Idempotency-Key; then the operation, in a thread.

Whatever comes out is JSON that the document declares. Browsers get nothing here that they could use without the key:
no cookie is read, so a page elsewhere can ask for nothing in somebody's name.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, NoResultFound
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailer import log
from mailer.flow import answer_once
from mailer.flow.answer_once import Given, Stands
from mailer.flow.api_keys import Key, find_key
from mailer.flow.office import Office, came_from
from mailer.flow.ports import Apart
from mailer.model.mailing import IllegalMailingTransitionError
from mailer.web.api.operation import IDEMPOTENCY_KEY, PATH_PARAMETERS, Call, Operation
from mailer.web.api.problems import ProblemError
from mailer.web.api.schema import Schema, faults
from mailer.web.api.written import written
from mailer.web.request_log import WAY

_IDEMPOTENCY_KEY: Final = re.compile(IDEMPOTENCY_KEY)
_LIST_KEY: Final = "列表和做法见 docs/api.md；密钥由安全管理员在“帐户”页建立。"
_REMEMBERED: Final = 10_000  # views of this process that are in the audit already


class Views:
    """Writes down once a day that a key was shown something of people's."""

    def __init__(self, office: Office) -> None:
        self._office, self._seen, self._lock = office, set[tuple[str, str, str, str]](), threading.Lock()

    def note(self, key: Key, action: str, subject: str) -> None:
        view = (key.actor, action, subject, f"{self._office.clock.now():%Y-%m-%d}")
        with self._lock:
            if view in self._seen:
                return
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen.add(view)
        with self._office.store.begin() as session:
            self._office.record(session, key.actor, action, subject)


class Door:
    """One path of the API with its operations, by method; an ASGI application."""

    def __init__(
        self, office: Office, apart: Apart, views: Views, pattern: str, operations: Sequence[Operation]
    ) -> None:
        self._office, self._apart, self._views, self._pattern = office, apart, views, pattern
        self._operations = {operation.method: operation for operation in operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[WAY] = self._pattern
        request = Request(scope, receive)
        came_from.set(request.client.host if request.client else "")
        try:
            response = await self._answer(request)
        except ProblemError as problem:
            response = problem.response()
        except ClientDisconnect:
            return
        except Exception:
            failed = ProblemError(500, "failed", "程序出了错，已记在 mailer serve 的输出里。", "请告诉管理员。")
            await failed.response()(scope, receive, send)
            raise  # the server logs it
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            allowed = ", ".join(self._operations)
            raise ProblemError(405, "method", f"这个地址只能用 {allowed}。", headers={"Allow": allowed})
        key = await run_in_threadpool(self._guarded, self._key, request, operation)
        path = _typed({name: PATH_PARAMETERS[name] for name in operation.path_parameters}, request.path_params, "path")
        query = _query(operation, request)
        octets = await _octets(request, operation) if operation.method == "POST" else b""
        return await run_in_threadpool(self._guarded, self._do, request, operation, key, path, query, octets)

    def _guarded(self, step: Any, *args: Any) -> Any:
        """What the flows and the database raise, as problems."""
        try:
            return step(*args)
        except NoResultFound as error:
            raise ProblemError(404, "not_found", "没有这个编号。") from error
        except IllegalMailingTransitionError as error:
            raise ProblemError(409, "not_possible", f"批次现在“{error.status.label}”，做不了这件事。") from error
        except DBAPIError as error:
            log.note("api_no_database", way=self._pattern, error=type(error).__name__)
            raise ProblemError(
                503, "no_database", "数据库现在没有应答。", "过一会儿再试。", headers={"Retry-After": "10"}
            ) from error

    def _key(self, request: Request, operation: Operation) -> Key:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        key = find_key(self._office, sent.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise ProblemError(
                401, "no_key", "没有带密钥，或密钥不对、已撤销。", f"用 Authorization: Bearer 带上密钥。{_LIST_KEY}",
                headers={"WWW-Authenticate": 'Bearer realm="api"'},
            )  # fmt: skip
        if operation.scope not in key.scopes:
            raise ProblemError(
                403, "no_scope", f"密钥“{key.name}”没有“{operation.scope.label}”（{operation.scope}）。", _LIST_KEY
            )
        return key

    def _do(
        self,
        request: Request,
        operation: Operation,
        key: Key,
        path: Mapping[str, Any],
        query: Mapping[str, Any],
        octets: bytes,
    ) -> Response:
        body = _body(operation, request, octets)

        def run() -> Given:
            call = Call(
                self._office, self._apart, key, path, query, body,
                lambda action, subject: self._views.note(key, action, subject),
            )  # fmt: skip
            done = operation.run(call)
            return Given(done.status, written(done.body))

        token = request.headers.get("idempotency-key") if operation.method == "POST" else None
        if token is None:
            return _json(run())
        if _IDEMPOTENCY_KEY.fullmatch(token) is None:
            raise ProblemError(400, "idempotency_key", "Idempotency-Key 要是 1 到 200 个可见的 ASCII 字符。")
        fingerprint = hashlib.sha256(
            b"\0".join((request.method.encode(), request.url.path.encode(), octets))
        ).hexdigest()
        match answer_once.begin(self._office, key.id, token, fingerprint):
            case Stands.OTHER:
                raise ProblemError(422, "idempotency_key_reused", "这个 Idempotency-Key 已用在另一个请求上，请换一个。")
            case Stands.RUNNING:
                raise ProblemError(
                    409,
                    "still_running",
                    "同一个请求正在办。",
                    "过几秒用同一个 Idempotency-Key 再问。",
                    headers={"Retry-After": "2"},
                )
            case Given() as given:
                return _json(given, replayed=True)
            case _:
                return self._first_time(key, token, run)

    def _first_time(self, key: Key, token: str, run: Any) -> Response:
        try:
            given: Given = self._guarded(run)
        except ProblemError as problem:
            if problem.status >= 500:  # nothing was decided: the same key may ask again
                answer_once.forget(self._office, key.id, token)
            else:
                answer_once.finish(self._office, key.id, token, Given(problem.status, written(problem.body())))
            raise
        except Exception:
            answer_once.forget(self._office, key.id, token)
            raise
        answer_once.finish(self._office, key.id, token, given)
        return _json(given)


def _json(given: Given, *, replayed: bool = False) -> Response:
    """An answer that was kept may be a problem, and is then told as one again."""
    media = "application/json" if given.status < 400 else "application/problem+json"
    headers = {"Content-Type": media} | ({"Idempotency-Replayed": "true"} if replayed else {})
    return Response(given.body, given.status, headers)


def _query(operation: Operation, request: Request) -> dict[str, Any]:
    given = dict(request.query_params)
    unknown = [(f"query/{name[:40]}", "没有这个参数") for name in given if name not in operation.query]
    if unknown:
        raise ProblemError(422, "invalid", "地址里有不认识的参数。", errors=unknown)
    found = _typed(operation.query, given, "query")
    return {name: found.get(name, schema.get("default")) for name, schema in operation.query.items()}


def _typed(schemas: Mapping[str, Schema], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Parameters are words; integers are read where the schema says so. Raises ProblemError 422."""
    found: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, schema in schemas.items():
        if name not in given:
            continue
        value: Any = given[name]
        if schema["type"] == "integer":
            value = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else value
        wrong += faults(schema, value, f"{where}/{name}")
        found[name] = value
    if wrong:
        raise ProblemError(422, "invalid", "参数不合要求。", errors=wrong)
    return found


async def _octets(request: Request, operation: Operation) -> bytes:
    """The body, bounded before it is all here. Raises ProblemError 413, 415."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > operation.body_limit:
            raise ProblemError(
                413, "too_large", f"内容超过 {operation.body_limit} 字节。", headers={"Connection": "close"}
            )
        pieces.append(piece)
    octets = b"".join(pieces)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (operation.body is not None or octets) and media != "application/json":
        raise ProblemError(415, "media_type", "内容要是 application/json。")
    return octets


def _body(operation: Operation, request: Request, octets: bytes) -> Any:
    del request
    if operation.body is None:
        if octets.strip() not in {b"", b"{}"}:
            raise ProblemError(422, "invalid", "这个操作不带内容。", errors=[("", "请去掉内容")])
        return None
    try:
        value = json.loads(octets.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "not_json", "内容不是合格的 JSON（UTF-8）。") from error
    if wrong := list(faults(operation.body, value)):
        raise ProblemError(422, "invalid", "内容不合要求。", errors=wrong[:20])
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no JSON (RFC 8259 6)
