"""One operation of the API: where it is, who may, what it takes, what it may answer. The document is written from these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mailer.flow.api_keys import Key
from mailer.flow.office import Office
from mailer.flow.ports import Apart
from mailer.model.api_scope import Scope
from mailer.web.api.schema import Schema, whole, words

PATH_PARAMETERS: Final[Mapping[str, Schema]] = {"id": whole(0, 999_999_999), "code": words(20, 1)}
PAGE: Final[Mapping[str, Schema]] = {"limit": whole(1, 500, 100), "after": whole(0, default=0)}
IDEMPOTENCY_KEY: Final = "[!-~]{1,200}"
JSON_BODY: Final = 64 * 1024  # octets, where an operation says nothing else


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. ``query`` holds every declared parameter; ``body`` is None without one."""

    office: Office
    apart: Apart
    key: Key
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    viewed: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """A good answer."""

    body: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """``conflicts``: a 409 of its own may come, beside that of the Idempotency-Key."""

    method: str
    path: str
    name: str
    summary: str
    scope: Scope
    run: Callable[[Call], Done]
    answers: Mapping[int, Schema]
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    body_limit: int = JSON_BODY
    conflicts: bool = False

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def problems(self) -> tuple[int, ...]:
        """The statuses of problems it may answer."""
        found = {401, 403, 503}
        if self.path_parameters:
            found |= {404, 422}
        if self.query:
            found |= {422}
        if self.method == "POST":
            found |= {400, 409, 413, 415, 422}
        return tuple(sorted(found))


def page_of(rows: list[Any], limit: int, after: int) -> dict[str, Any]:
    """A leaf by position: ``rows`` are one more than ``limit`` when there are further ones."""
    more = len(rows) > limit
    return {"data": rows[:limit], "next": after + limit if more else None}
