"""The import contracts hold, and each is able to fail: a planted violation breaks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# The rooms of pyproject's contracts; the copy needs their names, not their code.
MODULES = [
    *(
        "cli",
        "web",
        "workers",
        "doctor",
        "wiring",
        "intake",
        "transport",
        "wake",
        "flow",
        "store",
        "content",
        "feedback",
        "model",
    ),
    *("settings", "log", "resources"),
]
RECIPIENT_MODULES = [
    *("directory", "tables", "audience", "roster", "requests", "suppression", "people", "spreadsheet", "address"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [str(LINT_IMPORTS), "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    return subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A house with the same rooms, all empty."""
    for package, modules in (("mailer", MODULES), ("recipients", RECIPIENT_MODULES)):
        (tmp_path / package).mkdir()
        for module in ("__init__", *modules):
            (tmp_path / package / f"{module}.py").touch()
    return tmp_path


def test_the_contracts_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_empty_house_keeps_the_contracts(copy: Path):
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("mailer/model.py", "import mailer.store", "Rooms: imports go down only"),
        ("mailer/store.py", "import mailer.flow", "Rooms: imports go down only"),
        ("mailer/web.py", "import mailer.workers", "Rooms: imports go down only"),
        ("recipients/address.py", "import recipients.people", "The recipients' rooms: imports go down only"),
        ("recipients/roster.py", "import mailer.log", "recipients stands alone"),
        ("mailer/content.py", "import sqlalchemy", "Pure rooms have no I/O, no database, no settings"),
        ("mailer/feedback.py", "import mailer.settings", "Pure rooms have no I/O, no database, no settings"),
        ("mailer/content.py", "import recipients.people", "content knows addresses and nothing else of the recipients"),
        ("mailer/store.py", "import recipients.address", "store keeps plain columns: it imports nothing of recipients"),
        ("mailer/flow.py", "import celery", "flow knows no wire, no broker, no settings file"),
        ("mailer/log.py", "import mailer.model", "Leaves import nothing of ours"),
    ],
)
def test_a_planted_violation_breaks_its_contract(copy: Path, room: str, line: str, contract: str):
    (copy / room).write_text(f"{line}\n", encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in " ".join(done.stdout.split())


def test_an_import_inside_a_function_is_seen_too(copy: Path):
    (copy / "mailer/model.py").write_text("def late() -> None:\n    import mailer.store\n", encoding="utf-8")
    assert lint(copy).returncode == 1
