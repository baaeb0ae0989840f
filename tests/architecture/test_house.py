"""Rules of the house that no linter knows: sizes of files, what a light command may load, what a lock may hold."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-test.lock"]

# Each costs a tenth of a second or more, and --help needs none of them.
HEAVY = {
    "sqlalchemy",
    "sqlmodel",
    "lxml",
    "celery",
    "premailer",
    "starlette",
    "pydantic",
    "openpyxl",
    "redis",
    "psycopg",
}


def product_files() -> list[Path]:
    files = [*ROOT.glob("mailer/**/*.py"), *ROOT.glob("recipients/**/*.py")]
    return [path for path in files if "migrations" not in path.parts]


def length(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_file_is_longer_than_400_lines_and_half_are_under_150():
    lengths = {str(path.relative_to(ROOT)): length(path) for path in [*product_files(), *ROOT.glob("tests/**/*.py")]}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
    assert statistics.median(length(path) for path in product_files()) < 150


def test_every_module_says_what_it_owns():
    silent = [str(path.relative_to(ROOT)) for path in product_files() if path.stat().st_size and not _docstring(path)]
    assert silent == []


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_light_command_loads_nothing_heavy(option: str):
    code = (
        "import json, sys\n"
        "from mailer.cli.main import main\n"
        f"try: main([{option!r}])\n"
        "except SystemExit: pass\n"
        "print('\\n' + json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "mailer" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_pins_every_package_by_hash(name: str):
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    unpinned = [entry.split("\n")[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert unpinned == []


def pins(name: str) -> dict[str, str]:
    lines = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return {package.lower().replace("_", "-"): version for package, version in lines}


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(wanted: list[str]) -> set[str]:
        return {re.split(r"[\[<>=!;\s]", word, maxsplit=1)[0].lower() for word in wanted}

    assert names(project["dependencies"]) | names(extras["build"]) <= set(pins(LOCKS[0]))
    assert names(extras["test"]) <= set(pins(LOCKS[1]))


def test_the_test_lock_is_the_other_one_and_more():
    product, test = pins(LOCKS[0]), pins(LOCKS[1])
    assert {name: test.get(name) for name in product} == product
