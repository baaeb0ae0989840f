"""The OpenAPI 3.1 document, written from the operations themselves: what is declared is what is checked and answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mailer.model.api_scope import Scope
from mailer.web.api.operation import IDEMPOTENCY_KEY, PATH_PARAMETERS, Operation
from mailer.web.api.problems import MEDIA, SCHEMA, TITLES
from mailer.web.api.schema import Schema

BASE: Final = "/api/v1"
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_REPLAY: Final = "The same key and content within 7 days: the same answer, with Idempotency-Replayed: true"


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(f"{BASE}{each.path}", {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bulletin mailer",
            "version": version,
            "description": "Issues, mailings, ledger, lists, roster, tasks and events. Releasing and approving stay with people.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: " + ", ".join(Scope),
                }
            },
            "schemas": {"Problem": SCHEMA},
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "description": f"Scope: `{each.scope}`",
        "parameters": [
            *(_parameter(name, "path", PATH_PARAMETERS[name]) for name in each.path_parameters),
            *(_parameter(name, "query", schema) for name, schema in each.query.items()),
        ],
        "responses": {
            **{str(status): _answer("Done", "application/json", schema) for status, schema in each.answers.items()},
            **{str(status): _answer(TITLES[status][0], MEDIA, _PROBLEM) for status in each.problems},
        },
    }
    if each.method == "POST":
        header = {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"}
        told["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": header, "description": _REPLAY}
        )
    if each.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": each.body}}}
    return told


def _parameter(name: str, where: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _answer(told: str, media: str, schema: Schema) -> dict[str, Any]:
    return {"description": told, "content": {media: {"schema": schema}}}
