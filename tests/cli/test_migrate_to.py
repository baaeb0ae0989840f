"""An installation moves from SQLite to PostgreSQL in the middle of a mailing and goes on there; or nothing is moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mailer import wiring
from mailer.cli.main import main
from mailer.settings import Settings, load
from mailer.store import migrate
from mailer.store.engine import Store
from mailer.workers.dispatcher_lock import DispatcherLock
from tests.support.builders import addresses, plain_mailing
from tests.support.installation import Installation

pytestmark = pytest.mark.needs_postgres
PEOPLE = [
    ("松溪街道", "罗琳", "luolin@qinglan.example", "发"),
    ("竹溪街道", "于凡", "never-yu@qinglan.example", "发"),
    ("梅溪街道", "严冬", "unknown-yan@qinglan.example", "报"),
]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(tmp_path, RETRY_FIRST="1s", RETRY_MAX="1s", RETRY_GIVE_UP="1h")
    made.init()
    made.import_people(PEOPLE)
    done = made.run("send", made.write_issue(), "--yes", "--json", "--rehearsal")
    assert done.code == 0, done
    return made


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Another installation with a mailing and a short chain, for what is refused; commands run in this process."""
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path / "else"))
    settings = load()
    store = wiring.initialise(settings)
    plain_mailing(store, addresses(3))
    office = wiring.office_of(settings, store)
    for n in range(3):
        with store.begin() as session:
            office.record(session, "cli:test", "doctor.run", f"subject {n}")
    store.close()
    return settings


def change(settings: Settings, statement: str) -> None:
    store = wiring.open_store(settings)
    with store.begin() as session:
        session.execute(text(statement))
    store.close()


def refused(url: str, capsys: pytest.CaptureFixture[str], code: int = 1) -> str:
    """What ``migrate-to`` says, having failed and put nothing there."""
    assert main(["migrate-to", url]) == code
    return capsys.readouterr().err


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    store = Store(url)
    try:
        with store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        store.close()


def test_everything_moves_and_the_mailing_goes_on(installation: Installation, postgres_url: str):
    before = installation.report()
    done = installation.run("migrate-to", postgres_url, "--json")
    assert done.code == 0, done
    assert done.event("result")["tables"] > 30
    # what was left behind cannot be started by mistake
    assert installation.run("mailings", "list").code == 2
    assert Path(done.event("result")["kept"]).stat().st_mode & 0o777 == 0o600
    there = installation.but(DATABASE_URL=postgres_url)
    assert there.report() == before
    assert there.run("audit", "verify").code == 0
    assert "database.moved" in there.run("audit", "list").out
    assert rows(postgres_url, "SELECT count(*) FROM delivery_event WHERE at > now() + interval '1 minute'") == [(0,)]
    # ids drawn by the database go on behind those that came
    there.import_people([("滨海高新区", "程新", "cheng@qinglan.example", "发")])
    resumed = there.run("mailings", "cancel", "1", "--yes")
    assert resumed.code == 0, resumed
    counts = there.show(1)["counts"]
    assert sum(counts.values()) == len(PEOPLE)
    assert counts["cancelled"] == 1


def test_what_does_not_fit_moves_nothing(settled: Settings, postgres_url: str, capsys: pytest.CaptureFixture[str]):
    change(settled, "UPDATE bulletin SET office = 'a' || char(0) || 'b'")
    assert "bulletin" in refused(postgres_url, capsys)
    assert rows(postgres_url, "SELECT count(*) FROM mailing") == [(0,)]
    change(settled, "UPDATE bulletin SET office = 'ab'")
    assert main(["migrate-to", postgres_url]) == 0  # the second try finds nothing in its way
    assert rows(postgres_url, "SELECT count(*) FROM delivery") == [(3,)]


def test_a_cut_chain_a_wrong_sum_or_a_running_sender_moves_nothing(
    settled: Settings, postgres_url: str, capsys: pytest.CaptureFixture[str]
):
    change(settled, "UPDATE tally SET n = n + 1 WHERE n > 0")
    assert "台账" in refused(postgres_url, capsys)
    change(settled, "UPDATE tally SET n = n - 1 WHERE n > 0")
    change(settled, "UPDATE audit_record SET subject = 'x' WHERE id = 2")
    assert "审计链" in refused(postgres_url, capsys)
    lock = DispatcherLock(settled.data_dir)
    assert lock.take("another")
    assert "正在运行" in refused(postgres_url, capsys)
    lock.release()
    assert rows(postgres_url, "SELECT count(*) FROM mailing") == [(0,)]
    assert (settled.data_dir / "mailer.db").exists()


def test_only_from_sqlite_into_an_empty_postgres(
    settled: Settings, postgres_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert "PostgreSQL" in refused("sqlite:///x.db", capsys, code=2)
    there = Store(postgres_url)
    migrate.upgrade(there)
    with there.begin() as session:
        session.execute(text("INSERT INTO house_fact (key, value) VALUES ('a', 'b')"))
    there.close()
    assert "已经有数据" in refused(postgres_url, capsys)
    monkeypatch.setenv("MAILER_DATABASE_URL", postgres_url)
    assert "不是 SQLite" in refused(postgres_url, capsys, code=2)
