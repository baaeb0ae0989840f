"""The compose file and the Dockerfile, carried out: built, brought up, used, killed, scaled, stopped; red for a wrong word."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.rehearsal.container import Image, build, can_rehearse, own_ground
from tests.rehearsal.files import read_dockerfile
from tests.rehearsal.house import House, HouseError, copy_files, follow_env_example
from tests.support.installation import ISSUE
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]
PEOPLE = 600
_NUMBERS = itertools.count()
CONNECTIONS = 10  # of a worker, with a relay that asks for no login


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    if reason := can_rehearse():
        missing(reason)
    ground = own_ground()
    yield ground
    subprocess.run(["umount", "--lazy", str(ground)], check=True)
    ground.rmdir()


@pytest.fixture(scope="module")
def image(ground: Path) -> Image:
    """What the Dockerfile makes, step by step."""
    folder = ground / "image"
    folder.mkdir()
    copy_files(folder)
    return build(read_dockerfile(folder / "Dockerfile"), folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The operator's folder with our files in it."""
    copy_files(tmp_path)
    return tmp_path


@pytest.fixture
def house(folder: Path, image: Image, ground: Path) -> Iterator[Callable[[], House]]:
    """``house()``: of the folder as it is now, after the words of .env.example."""
    opened: list[House] = []

    def make() -> House:
        follow_env_example(folder)
        place = ground / f"house{next(_NUMBERS)}"
        place.mkdir()
        opened.append(House(folder, image, place))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_it_comes_up_sends_and_is_killed_and_scaled(house: Callable[[], House]):
    office = house()
    office.up()
    assert "admin" in office.run("web", "init", "--yes")
    rows = (f"第{n}局,张{n},信息员,ren{n}@unit{n % 20}.example,发" for n in range(PEOPLE))
    people = "\n".join(["单位,姓名,人员类别,邮箱,名单", *rows, ""])
    (office.volume("data") / "people.csv").write_text(people, encoding="utf-8")
    (office.volume("data") / "issue.md").write_text(ISSUE, encoding="utf-8")
    office.run("web", "recipients", "import", "/data/people.csv")
    office.scale("worker", 3)
    office.run("web", "send", "/data/issue.md", "--yes", "--key", "k")

    wait_until(lambda: len(office.relay_log.by_address()) > PEOPLE // 10, 60, "the first mails out")
    office.running["worker"][0].kill()
    office.scale("worker", 2)  # SIGTERM, within the grace of the file
    office.restart_dead()
    office.scale("worker", 4)

    def shown() -> dict[str, Any]:
        done = office.running["web"][0].execute("mailer", "mailings", "show", "key:k", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    wait_until(lambda: shown()["status"] == "closed", 240, "the mailing closed")
    counts = shown()["counts"]
    copies = office.relay_log.by_address()
    assert counts["accepted"] + counts["in_doubt"] == sum(counts.values()) == PEOPLE
    assert counts["in_doubt"] <= CONNECTIONS
    assert max(len(each) for each in copies.values()) == 1
    assert counts["accepted"] <= len(copies)
    metrics = office.ask("http://127.0.0.1:8025/metrics")
    assert f'mailer_deliveries{{list="发",status="accepted"}} {float(counts["accepted"])}' in metrics
    at_work = ["worker", "beat", "web", "redis", "postgres"]
    assert set(office.running) == {*at_work, "migrate"}
    for name in at_work:
        for container in office.running[name]:
            office.expect_healthy(name, container)
    for name in at_work:
        for container in office.running[name]:
            assert container.stop() >= 0, f"{name} had to be killed: {container.said()}"


def wrong(file: str, right: str, planted: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        assert right in text
        (folder / file).write_text(text.replace(right, planted), encoding="utf-8")

    return plant


FAULTS = {
    "a command": wrong("docker-compose.yml", "command: [worker]", "command: [sender]"),
    "a variable": wrong("docker-compose.yml", "MAILER_DATABASE_URL_FILE:", "MAILER_DATABASE_FILE:"),
    "a path": wrong("docker-compose.yml", "BROKER_URL_FILE: /run/secrets/", "BROKER_URL_FILE: /run/secret/"),
    "a host": wrong(".env.example", "mailer:%s@postgres/mailer", "mailer:%s@database/mailer"),
    "a healthcheck": wrong("docker-compose.yml", "8025/readyz", "8025/ready"),
    "a volume": wrong("docker-compose.yml", '["data:/data"]', '["data:/srv"]'),
    "a server's variable": wrong("docker-compose.yml", "POSTGRES_DB: mailer", "POSTGRES_DATABASE: mailer"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_wrong_word_is_found(what: str, folder: Path, house: Callable[[], House], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.rehearsal.house._HEALTHY_WITHIN", 15.0)
    FAULTS[what](folder)
    with pytest.raises(HouseError):
        house().up()
