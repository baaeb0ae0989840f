"""A proxy with TLS in front of the console: whose word counts, which name is answered, which cookies are set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailer.model.rights import Role
from mailer.settings import Settings, load
from mailer.store import audit
from mailer.store.audit import Wanted
from mailer.store.engine import Store
from tests.web.console_server import PASSWORD, Console, make_account, running_console


@pytest.fixture
def name(settings: Settings, store: Store) -> str:
    return make_account(settings, store, "何小满", Role.EDITOR, Role.SECURITY_ADMIN)


@pytest.fixture
def proxied(settings: Settings, store: Store, name: str) -> Iterator[Console]:
    """A console behind a proxy with TLS on this machine."""
    given = {
        "MAILER_DATA_DIR": str(settings.data_dir),
        "MAILER_CONSOLE_URL": "https://bulletin.office.example",
        "MAILER_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with running_console(load(given), store) as console:
        yield console


FORWARDED = {"x_forwarded_proto": "https", "x_forwarded_for": "192.0.2.7", "host": "bulletin.office.example"}


def test_behind_tls_the_cookie_stays_with_host_and_tls(proxied: Console, name: str):
    answer = proxied.post(
        "/login", {"name": name, "password": PASSWORD}, **{**FORWARDED, "origin": "https://bulletin.office.example"}
    )
    assert answer.status == 303
    cookies = [value for key, value in answer.all_headers if key == "set-cookie"]
    assert [cookie.split("=")[0] for cookie in cookies] == ["__Host-console", "__Host-device"]
    assert all("Secure" in cookie and "Domain" not in cookie for cookie in cookies)
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert proxied.get("/account", **FORWARDED).status == 200


def test_the_address_behind_the_proxy_is_the_one_in_the_audit(proxied: Console, name: str, store: Store):
    proxied.post(
        "/login", {"name": name, "password": "wrong"}, **{**FORWARDED, "origin": "https://bulletin.office.example"}
    )
    with store.read() as session:
        assert audit.records(session, Wanted(), before=None, limit=1)[0].source == "192.0.2.7"


def test_the_name_is_answered_by_tls_only(proxied: Console):
    assert proxied.get("/login", host="bulletin.office.example").status == 421
    assert proxied.get("/login", **{**FORWARDED, "host": "elsewhere.example"}).status == 421
    assert proxied.get("/healthz").status == 200  # who looks after the machine


def test_nobody_elses_word_on_the_client_counts(console: Console, name: str, store: Store):
    answer = console.post(
        "/login", {"name": name, "password": "wrong"}, x_forwarded_for="192.0.2.7", x_forwarded_proto="https"
    )
    assert "strict-transport-security" not in answer.headers
    with store.read() as session:
        assert audit.records(session, Wanted(), before=None, limit=1)[0].source == "127.0.0.1"
