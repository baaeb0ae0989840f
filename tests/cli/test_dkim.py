"""`mailer dkim`: from a new key to copies whose signature a verifier accepts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.transport.sandbox import SandboxServer
from tests.support.dkim_verifier import verifies
from tests.support.installation import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, FROM="某办公室 <bulletin@office.example>")
    made.init()
    yield made
    made.close()


def test_what_is_sent_carries_a_good_signature(installation: Installation):
    made = installation.run("dkim", "new", "s2026a", "--json")
    assert made.code == 0, made
    [result] = made.objects
    assert result["name"] == "s2026a._domainkey.office.example"
    [key] = (installation.data_dir / "dkim").iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    installation.import_people([("松溪街道", "罗琳", "luolin@qinglan.example", "发")])
    inbox = installation.folder / "inbox"
    relay = SandboxServer(inbox)
    relay.start()
    try:
        signing = installation.but(RELAY_URL=f"smtp://127.0.0.1:{relay.port}", DKIM_SELECTOR="s2026a")
        done = signing.run("send", signing.write_issue(), "--yes", "--wait", "--json")
    finally:
        relay.stop()
    assert done.code == 0, done
    message = (inbox / "last.eml").read_bytes()
    assert verifies(message, result["record"])


def test_a_key_is_never_written_over(installation: Installation):
    assert installation.run("dkim", "new", "s2026a").code == 0
    [key] = (installation.data_dir / "dkim").iterdir()
    before = key.read_bytes()
    again = installation.run("dkim", "new", "s2026a", "--json")
    assert (again.code, again.objects[-1]["code"]) == (1, "exists")
    assert key.read_bytes() == before


def test_a_selector_without_a_key_stops_before_anything_is_made(installation: Installation):
    installation.import_people([("松溪街道", "罗琳", "luolin@qinglan.example", "发")])
    signing = installation.but(RELAY_URL="smtp://127.0.0.1:1", DKIM_SELECTOR="s2026a")
    done = signing.run("send", signing.write_issue(), "--yes", "--json")
    assert (done.code, done.objects[-1]["code"]) == (2, "bad_setting")
    assert "dkim new s2026a" in done.objects[-1]["hint"]
    assert installation.mailings() == []


@pytest.mark.parametrize("selector", ["", "../x", "a b", "A"])
def test_a_selector_is_a_name(installation: Installation, selector: str):
    done = installation.run("dkim", "new", selector, "--json")
    assert (done.code, done.objects[-1]["code"]) == (2, "usage")
