from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mailer import wiring
from mailer.flow.api_keys import add_key
from mailer.model.api_scope import Scope
from mailer.settings import Settings
from mailer.store.engine import Store
from tests.web.console_server import Answer, Console


class Program:
    """Whoever asks with a key. ``ask`` returns (status, what the JSON says)."""

    def __init__(self, console: Console, key: str) -> None:
        self.console, self.key = console, key

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        octets = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        wanted = {"authorization": f"Bearer {self.key}"} if self.key else {}
        if octets is not None:
            wanted["content_type"] = "application/json"
        return self.console.get(f"/api/v1{path}", method=method, body=octets, **(wanted | headers))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = self.raw(method, path, body, **headers)
        return answer.status, json.loads(answer.body)

    def get(self, path: str) -> Any:
        status, said = self.ask("GET", path)
        assert status == 200, said
        return said


@pytest.fixture
def program(console: Console, settings: Settings, store: Store) -> Callable[..., Program]:
    """``program(Scope..., name=)``: with a key of these scopes, all of them where none is named."""

    def make(*scopes: Scope, name: str = "督查系统") -> Program:
        wanted: Iterable[Scope] = scopes or Scope
        return Program(console, add_key(wiring.office_of(settings, store), name, wanted, actor="cli:test"))

    return make
