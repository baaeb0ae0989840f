"""kill -9 of an import: the list is the old one, whole, or the new one, whole, and the next import finds nothing in its way."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.installation import PROGRAM, Installation
from tests.support.waiting import wait_until

PEOPLE = 400
ROUNDS = 12
_PEOPLE = """
    SELECT unit.name, post.role, holder.name, recipient_address.address FROM holder
    JOIN post ON post.id = holder.post_id JOIN unit ON unit.id = post.unit_id
    JOIN holder_address ON holder_address.holder_id = holder.id
    JOIN recipient_address ON recipient_address.id = holder_address.address_id
    WHERE holder.valid_to IS NULL AND holder_address.valid_to IS NULL
"""
ROOT = Path(__file__).resolve().parents[2]
INSTANTS = (
    "INSERT INTO import_run",
    "INSERT INTO holder ",
    "INSERT INTO holder_address",
    "UPDATE import_run",
    "COMMIT",
)


def write_list(path: Path, people: int, domain: str) -> Path:
    lines = [f"第{n // 20}局,人员{n},岗位{n % 20},r{n}@{domain}" for n in range(people)]
    path.write_text("\n".join(["单位,姓名,人员类别,邮箱", *lines]) + "\n", encoding="utf-8")
    return path


def stored(office: Installation) -> list[tuple[str, ...]]:
    """Who has which address now, read past the program."""
    with closing(sqlite3.connect(office.data_dir / "mailer.db")) as database:
        return sorted(database.execute(_PEOPLE))


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.init()
    return made


def take(office: Installation, path: Path) -> None:
    done = office.run("recipients", "import", path, "--json")
    assert done.code == 0, done


@pytest.mark.parametrize(
    "instants",
    [pytest.param(INSTANTS[-1:], id="commit"), pytest.param(INSTANTS[:-1], id="steps", marks=pytest.mark.long)],
)
def test_killed_within_its_transaction_an_import_has_never_been(
    office: Installation, tmp_path: Path, instants: tuple[str, ...]
):
    old, new = (write_list(tmp_path / f"{n}.csv", PEOPLE, f"{n}.example") for n in ("old", "new"))
    take(office, old)
    before = stored(office)
    for instant in instants:
        words = [sys.executable, "-m", "tests.faults.dying_import", instant, "recipients", "import", str(new)]
        environment = {**office.environment, "PYTHONPATH": str(ROOT)}
        died = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=100)
        assert died.returncode == -signal.SIGKILL, (instant, died.stderr)
    assert stored(office) == before
    take(office, new)
    after = [(unit, role, name, address.replace("@old.", "@new.")) for unit, role, name, address in before]
    assert stored(office) == after


def cpu_ticks(pid: int) -> int:
    """What the process has worked so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_from_outside_at_any_moment_it_is_the_old_list_or_the_new_one(office: Installation, tmp_path: Path):
    chance = random.Random(20261123)
    lists = [write_list(tmp_path / f"{n}.csv", 10 * PEOPLE, f"{n}.example") for n in ("a", "b")]
    take(office, lists[0])
    whole = [stored(office)]
    take(office, lists[1])
    whole.append(stored(office))
    began = os.times()
    take(office, lists[0])
    ticks = int((os.times().children_user - began.children_user) * os.sysconf("SC_CLK_TCK"))
    now = 0
    for number in range(ROUNDS):
        child = subprocess.Popen(
            [*PROGRAM, "recipients", "import", str(lists[1 - now])], env=dict(office.environment), cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        # later in each round, so that several hit the writing itself
        wanted = int(ticks * (number + chance.random()) / ROUNDS)
        wait_until(lambda p=child, w=wanted: p.poll() is not None or cpu_ticks(p.pid) >= w, 120, "work")
        child.kill()
        child.wait()
        found = stored(office)
        assert found in whole, f"round {number}: neither the old list nor the new one"
        now = whole.index(found)
    take(office, lists[1 - now])
    assert stored(office) == whole[1 - now]
