"""``mailer serve`` as a process: how it starts, what it prints, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailer.cli.main import main
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store import queries
from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from mailer.workers.dispatcher_lock import DispatcherLock
from tests.support.waiting import wait_until
from tests.web.console_server import Console, make_account
from tests.web.sample_ledger import Row, make_mailing

ROOT = Path(__file__).resolve().parents[2]
SERVE = "import sys; from mailer.cli.main import entry; sys.argv[0] = 'mailer'; entry()"


@contextmanager
def process(settings: Settings, code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILER_")}
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", code, *arguments],
        cwd=ROOT,
        env={**environment, "MAILER_DATA_DIR": str(settings.data_dir), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def link_in(running: subprocess.Popen[str]) -> str:
    """The next link the process prints."""
    assert running.stdout is not None
    seen = []
    for line in running.stdout:
        seen.append(line)
        if match := re.search(r"http://\S+", line):
            return match[0]
    raise AssertionError("no link: " + "".join(seen))


def follow(link: str) -> tuple[Console, str]:
    """The visitor that came in by the link, and the page it was led to."""
    parts = urlsplit(link)
    assert parts.hostname == "127.0.0.1"
    visitor = Console(parts.port or 0, OneTimeKeys())
    answer = visitor.get(f"{parts.path}?{parts.query}")
    assert answer.status == 303
    return visitor, visitor.get(answer.headers["location"]).text


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_shows_sends_and_stops_when_told(settings: Settings, store: Store, by: signal.Signals, code: int):
    make_mailing(store, [Row()])

    def sender():
        with store.read() as session:
            return next((row for row in queries.workers(session) if row.role == "embedded"), None)

    (settings.data_dir.parent / "mailer.toml").write_text('public_listen = "127.0.0.1:0"\n', encoding="utf-8")
    with process(settings, SERVE, "serve", "--listen", "127.0.0.1:0") as running:
        pages = Console(urlsplit(link_in(running)).port or 0, OneTimeKeys())
        assert pages.get("/privacy").status == 200  # the recipients' pages are on a listener of their own
        assert pages.get("/mailings").status == pages.get("/login").status == 404
        first = link_in(running)
        console, page = follow(first)
        assert "第128期" in page
        assert console.get("/privacy").status == 404
        # a used link is followed by a new one, so that a second browser needs no restart
        second = link_in(running)
        assert second != first
        assert "第128期" in follow(second)[1]
        wait_until(sender, what="the dispatcher beside the pages")
        running.send_signal(by)
        assert running.wait(20) == code
    assert sender().ended_at is not None


def test_the_recipients_pages_leave_this_machine_only_behind_tls(
    here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MAILER_PUBLIC_LISTEN", "0.0.0.0:0")
    assert main(["serve", "--listen", "127.0.0.1:0"]) == 2
    assert "MAILER_BASE_URL" in capsys.readouterr().err


def test_one_ledger_is_shown_until_ctrl_c(settings: Settings, store: Store):
    """What ``mailer demo --open`` uses: the link leads straight to the mailing, and nothing is sent."""
    mailing = make_mailing(store, [Row(name="沈可远")])
    code = (
        "from mailer.cli import opening, serve\n"
        "from mailer.cli.output import Output\n"
        "settings = opening.settings()\n"
        f"serve.serve_ledger(settings, opening.store(settings), {mailing}, Output())\n"
        "print('came back')\n"
    )
    with process(settings, code) as running:
        assert "沈可远" in follow(link_in(running))[1]
        running.send_signal(signal.SIGINT)
        assert "came back" in (running.communicate(timeout=20)[0] or "")
        assert running.returncode == 0
    assert not (settings.data_dir / "dispatcher.lock").exists()


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MAILER_DATA_DIR", str(settings.data_dir))


def test_a_port_that_is_taken(here: None, capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", "--listen", f"127.0.0.1:{port}"]) == 1
    told = capsys.readouterr()
    assert f"打不开 127.0.0.1:{port}" in told.err
    assert "http://" not in told.out


@pytest.mark.parametrize("address", ["0.0.0.0:8025", "[::]:8025", "192.0.2.7:8025", "office.example:8025"])
def test_it_listens_to_the_network_only_with_accounts_and_tls_in_front(
    here: None,
    settings: Settings,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
):
    assert main(["serve", "--listen", address]) == 2
    told = capsys.readouterr().err
    assert "还没有帐户" in told
    assert "SSH 隧道" in told
    make_account(settings, store, "何小满", Role.EDITOR)
    for name, value in (("MAILER_CONSOLE_URL", "https://bulletin.office.example"), ("MAILER_TRUSTED_PROXIES", "")):
        assert main(["serve", "--listen", address]) == 2
        assert "没有 TLS 代理" in capsys.readouterr().err
        monkeypatch.setenv(name, value)
    assert main(["serve", "--listen", address]) == 2
    assert "MAILER_TRUSTED_PROXIES" in capsys.readouterr().err


def test_with_both_it_listens_and_names_the_colleagues_address(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
):
    make_account(settings, store, "何小满", Role.EDITOR)
    (settings.data_dir.parent / "mailer.toml").write_text(
        'console_url = "https://bulletin.office.example"\ntrusted_proxies = "192.0.2.1"\n', "utf-8"
    )
    with process(settings, SERVE, "serve", "--listen", "0.0.0.0:0") as running:
        link = link_in(running)
        assert running.stdout is not None
        assert "https://bulletin.office.example" in running.stdout.readline()
        port = urlsplit(link).port
        assert port is not None
        assert Console(port, OneTimeKeys()).get("/healthz").status == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


@pytest.mark.parametrize("address", ["8025", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000"])
def test_an_address_it_cannot_read(here: None, capsys: pytest.CaptureFixture[str], address: str):
    assert main(["serve", "--listen", address]) == 2
    assert "主机:端口" in capsys.readouterr().err


def test_without_an_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path / "nothing"))
    assert main(["serve"]) == 2
    assert "mailer init" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_a_dispatcher_with_another_relay_is_not_joined(
    here: None, settings: Settings, capsys: pytest.CaptureFixture[str]
):
    lock = DispatcherLock(settings.data_dir)
    assert lock.take("another relay")
    try:
        assert main(["serve", "--listen", "127.0.0.1:0"]) == 1
    finally:
        lock.release()
    assert "另一个发信服务器" in capsys.readouterr().err
