"""Rights, disk, clock, fonts; database, broker, processes: each wrong once, with a remedy, and right once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import update

from mailer import wiring
from mailer.cli.main import main
from mailer.doctor import machine, services
from mailer.doctor.look_over import look_over
from mailer.flow import intake_trouble, relay_trouble
from mailer.settings import Settings, load
from mailer.store import core, writes
from mailer.store.engine import Store
from tests.support.servers.redis_server import RedisServer


def now() -> datetime:
    """The doctor asks the system's clock; a moment of the module's import may be minutes ago here."""
    return datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load({}, data_dir=str(tmp_path / "data"))
    wiring.initialise(settings).close()
    return settings


@pytest.fixture
def store(settings: Settings) -> Store:
    return wiring.open_store(settings)


def test_a_fresh_installation_has_nothing_wrong(settings: Settings):
    found = {each.name: each for each in look_over(settings)}
    assert {"数据库", "发送程序", "发件人", "磁盘", "文件权限", "时钟", "字体", "出事告诉谁", "节假日"} == set(found)
    assert [each for each in found.values() if each.state == "bad"] == []
    assert all(each.hint for each in found.values() if each.state == "note")


@pytest.mark.parametrize("name", ["", "secret.key", "mailer.db"])
def test_what_others_may_read_is_found(settings: Settings, name: str):
    assert machine.rights(settings.data_dir).state == "fine"
    (settings.data_dir / name).chmod(0o755)
    found = machine.rights(settings.data_dir)
    assert found.state == "bad"
    assert str(settings.data_dir / name) in found.message


@pytest.mark.parametrize(("kind", "state"), [("nfs4", "bad"), ("cifs", "bad")])
def test_a_disk_over_the_network_is_found(settings: Settings, tmp_path: Path, kind: str, state: str):
    mounts = tmp_path / "mountinfo"
    place = str(settings.data_dir).replace(" ", "\\040")
    mounts.write_text(
        f"21 1 8:1 / / rw - ext4 /dev/a rw\n22 21 0:3 / {place} rw shared:1 - {kind} server:/x rw\n", "utf-8"
    )
    assert machine.disk(settings.data_dir, mounts).state == state


def test_a_full_disk_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "_LEAST", 2**70)
    assert machine.disk(settings.data_dir, Path("/nowhere")).state == "bad"


@pytest.mark.parametrize(("state", "wanted"), [(0, "fine"), (5, "note"), (None, "fine")])
def test_a_clock_that_nobody_sets(state: int | None, wanted: str):
    assert machine.clock(state).state == wanted


def test_fonts(tmp_path: Path):
    assert machine.fonts([tmp_path]).state == "note"
    (tmp_path / "a").mkdir()
    (tmp_path / "a/NotoSansCJK-Regular.ttc").touch()
    assert machine.fonts([tmp_path]).state == "fine"


def test_a_database_that_is_not_there_or_not_ours(tmp_path: Path, settings: Settings, store: Store):
    nowhere = load({}, data_dir=str(tmp_path / "else"))
    assert services.look_at_database(nowhere).hint == "mailer init"
    away = replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert services.look_at_database(away).state == "bad"
    with store.begin() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert "mailer migrate" in services.look_at_database(settings).hint


@pytest.mark.needs_postgres
def test_a_postgres_that_forgets_is_found(settings: Settings, postgres_url: str):
    there = replace(settings, database_url=postgres_url)
    wiring.initialise(there).close()
    found = services.look_at_database(there)  # the tests' own server is quick and forgetful
    assert found.state == "bad"
    assert "fsync" in found.message


@pytest.mark.needs_redis
def test_a_broker_that_throws_away_is_found(redis_server: RedisServer):
    assert services.broker(redis_server.url).state == "fine"
    with Redis.from_url(redis_server.url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        found = services.broker(redis_server.url)
        redis.config_set("maxmemory-policy", "noeviction")
    assert found.state == "bad"
    assert "noeviction" in found.hint
    assert services.broker("redis://127.0.0.1:1/0").state == "bad"


def enter(store: Store, role: str, *, ago: float) -> None:
    seen_at = now() - timedelta(seconds=ago)
    with store.begin() as session:
        writes.register_worker(
            session, id=role, host="h", boot_id="b", pid=1, role=role, journal="", relay="r", started_at=seen_at,
            seen_at=seen_at,
        )  # fmt: skip


def test_who_should_be_at_work(settings: Settings, store: Store):
    several = replace(settings, broker_url="redis://127.0.0.1:1/0")
    assert "mailer serve" in services.processes(settings, store).message
    assert "mailer worker" in services.processes(several, store).hint
    enter(store, "worker", ago=0)
    assert "mailer beat" in services.processes(several, store).hint
    enter(store, "beat", ago=0)
    assert services.processes(several, store).state == "fine"
    enter(store, "embedded", ago=3_600)
    assert "不见了" in services.processes(several, store).message
    with store.begin() as session:
        writes.set_fact(session, relay_trouble.FACT, "连不上")
    assert services.processes(several, store).hint == "mailer doctor --relay"


def test_who_reads_returned_mail(settings: Settings, store: Store):
    reading = replace(settings, intake_url="imaps://imap.bureau.example")
    assert services.returns(reading, store).state == "note"
    with store.begin() as session:
        row = {"mailbox": "m", "folder": "INBOX", "uid_validity": 1, "last_uid": 1, "read_at": now()}
        session.execute(core.intake_folder.insert().values(**row))
    assert services.returns(reading, store).state == "fine"
    with store.begin() as session:
        session.execute(update(core.intake_folder).values(read_at=now() - timedelta(hours=2)))
    assert services.returns(reading, store).state == "note"
    with store.begin() as session:
        writes.set_fact(session, intake_trouble.FACT, now().isoformat())
    assert services.returns(reading, store).state == "bad"
    assert services.returns(replace(settings, lmtp_listen=("127.0.0.1", 1)), store).state == "note"


def test_the_command_ends_with_what_it_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MAILER_DATA_DIR", str(settings.data_dir))
    assert main(["doctor", "--json"]) == 0
    *checks, result = map(json.loads, capsys.readouterr().out.splitlines())
    assert result == {"event": "result", "ok": True, "failures": 0}
    assert {"event", "name", "ok", "state", "message", "hint"} == set(checks[0])
    settings.data_dir.chmod(0o755)
    assert main(["doctor"]) == 1
    assert "有问题  文件权限" in capsys.readouterr().out
