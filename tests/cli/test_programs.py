"""`mailer api-keys` and `mailer webhooks`: made, listed without their secrets, taken away; every mistake a sentence."""

from __future__ import annotations

import json
from pathlib import Path

from mailer import wiring
from mailer.flow.api_keys import find_key
from mailer.model.api_scope import Scope
from mailer.settings import load
from tests.cli.conftest import Terminal


def test_keys_of_programs(data: Path, terminal: Terminal):
    assert "还没有密钥" in terminal.run("api-keys", "list")[1]
    scopes = ["--scope", "mailings:read", "--scope", "tasks:read"]
    made = terminal.json("api-keys", "add", "督查系统", *scopes)[-1]
    settings = load({}, data_dir=str(data))
    store = wiring.open_store(settings)
    try:
        found = find_key(wiring.office_of(settings, store), made["key"])
        assert found is not None
        assert found.scopes == {Scope.MAILINGS_READ, Scope.TASKS_READ}
        (listed,) = terminal.json("api-keys", "list")
        assert (listed["name"], listed["scopes"], listed["revoked_at"]) == (
            "督查系统",
            ["mailings:read", "tasks:read"],
            None,
        )
        assert made["key"] not in json.dumps(listed)
        assert "换一个名称" in terminal.run("api-keys", "add", "督查系统", *scopes)[2]
        assert terminal.run("api-keys", "add", "别的", "--scope", "everything")[0] == 2
        assert terminal.run("api-keys", "revoke", "督查系统")[0] == 0
        assert find_key(wiring.office_of(settings, store), made["key"]) is None
    finally:
        store.close()
    code, _, told = terminal.run("api-keys", "revoke", "督查系统")
    assert (code, "没有可以撤销的密钥" in told) == (1, True)


def test_addresses_of_other_systems(data: Path, terminal: Terminal):
    del data
    assert "还没有登记过" in terminal.run("webhooks", "list")[1]
    made = terminal.json("webhooks", "add", "督查系统", "https://system.example/hook")[-1]
    assert made["secret"].startswith("whsec_")
    (listed,) = terminal.json("webhooks", "list")
    assert (listed["url"], listed["failures"], listed["stopped_at"]) == ("https://system.example/hook", 0, None)
    assert made["secret"] not in json.dumps(listed)
    code, _, told = terminal.run("webhooks", "add", "另一个", "ftp://system.example/")
    assert (code, "https://" in told) == (2, True)
    assert terminal.run("webhooks", "resume", "督查系统")[0] == 0
    assert terminal.run("webhooks", "remove", "督查系统")[0] == 0
    assert terminal.run("webhooks", "remove", "督查系统")[0] == 1
