"""The systemd units, carried out: installed where they say, started by their own words as their user, used and stopped."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.rehearsal.container import ROOT, Container, Image, Network, build, can_rehearse, own_ground
from tests.rehearsal.files import Stage
from tests.rehearsal.units import as_service, read_unit
from tests.support.installation import ISSUE
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(600)]
UNITS = ROOT / "deploy/systemd"
TREE = [
    "mailer",
    "recipients",
    "templates",
    "pyproject.toml",
    "requirements.lock",
    "README.md",
    "LICENSE",
    "bootstrap.sh",
]


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
    """A machine with the source in /opt/mailer, set up by bootstrap.sh, and the user of the units."""
    context = ground / "context"
    context.mkdir()
    for name in TREE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, context / name)
    (context / ".dockerignore").write_text("\n".join(["*", *(f"!{name}" for name in TREE)]), encoding="utf-8")
    stage = Stage("python:3.11-slim-bookworm", "machine")
    stage.steps = [
        ("RUN", ["useradd --system --uid 10002 --user-group --home-dir /var/lib/mailer mailer"]),
        ("RUN", ["install -d -o mailer -g mailer -m 0700 /var/lib/mailer"]),
        ("WORKDIR", ["/opt/mailer"]),
        *(("COPY", [name, f"/opt/mailer/{name}"]) for name in TREE),
        ("RUN", [". ./bootstrap.sh; bootstrap /opt/mailer requirements.lock"]),
        ("USER", ["10002"]),
        ("WORKDIR", ["/"]),
    ]
    return build([stage], ground, context)


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


def test_the_console_s_unit_starts_sends_and_stops(image: Image, ground: Path, network: Network, tmp_path: Path):
    unit = read_unit(UNITS / "mailer-serve.service")
    assert unit.environment_file == Path("/etc/mailer/environment")
    text = (UNITS / "environment.example").read_text("utf-8")
    rehearsed = tmp_path / "environment"  # the same, but with the built-in relay
    rehearsed.write_text(re.sub(r"(?m)^MAILER_RELAY_.*\n", "", text), encoding="utf-8")
    service = as_service("serve", unit, rehearsed)
    state = ground / "state"
    state.mkdir(mode=0o700)
    shutil.chown(state, 10002)
    binds = {unit.state: state}
    made: list[Container] = []

    def run(*words: str) -> Container:
        made.append(Container(service, image, ground / f"unit-{len(made)}", network, binds, words))
        return made[-1]

    mailer = unit.start[0]
    try:
        assert run(*unit.before).process.wait(60) != 0  # nothing there yet: the unit does not start
        for words in (["init", "--yes"], unit.before[1:]):
            assert (done := run(mailer, *words)).process.wait(60) == 0, done.said()
        running = run(*unit.start)
        ready = "import urllib.request as r; r.urlopen('http://127.0.0.1:8025/readyz').read()"
        python = str(Path(mailer).with_name("python"))
        wait_until(lambda: not running.is_up or running.execute(python, "-c", ready).returncode == 0, 60, "ready")
        assert running.is_up, running.said()
        (state / "issue.md").write_text(ISSUE, encoding="utf-8")
        (state / "people.csv").write_text(
            "单位,姓名,人员类别,邮箱,名单\n一局,何文,信息员,he@one.test,发\n", encoding="utf-8"
        )
        assert running.execute(mailer, "recipients", "import", f"{unit.state}/people.csv").returncode == 0
        sent = running.execute(mailer, "send", f"{unit.state}/issue.md", "--yes", "--wait", "--json")
        assert sent.returncode == 0, sent.stdout + sent.stderr
        assert json.loads(sent.stdout.splitlines()[-1])["counts"]["accepted"] == 1
        assert all(json.loads(line) for line in running.said().splitlines() if line.startswith("{"))
        assert running.stop() == 0, running.said()
    finally:
        for each in made:
            each.kill()


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda unit: unit.name)
def test_systemd_itself_takes_the_unit(unit: Path, tmp_path: Path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there")
    name = unit.name.replace("@.", "@1.")
    text = re.sub(r"/opt/mailer/.venv/bin/mailer", "/bin/true", unit.read_text("utf-8"))
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], check=False, capture_output=True, text=True
    )
    assert name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
