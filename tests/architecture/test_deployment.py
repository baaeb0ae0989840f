"""The files an operator starts from name only settings that exist, and scripts a bare machine can run."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from mailer.settings import keys, load

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {key.name for key in keys()}


@pytest.mark.parametrize("name", [".env.example", "docker-compose.yml", "Dockerfile"])
def test_only_settings_that_exist_are_named(name: str):
    named = set(re.findall(r"MAILER_[A-Z_]+", (ROOT / name).read_text("utf-8")))
    assert named
    assert {setting.removesuffix("_FILE") for setting in named} - KNOWN == set()


def test_the_sample_environment_can_be_read(tmp_path: Path):
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    read = load({**environment, "MAILER_DATA_DIR": str(tmp_path / "data")})
    assert read.relay_user == "office@bureau.example"


@pytest.mark.parametrize("name", ["run.sh", "test.sh", ".ci/run", ".ci/check"])
def test_scripts_are_executable_and_parse(name: str):
    path = ROOT / name
    assert path.stat().st_mode & stat.S_IXUSR
    shell = "bash" if "bash" in path.read_text("utf-8").splitlines()[0] else "sh"
    done = subprocess.run([shell, "-n", str(path)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """What run.sh needs to start, in a folder of its own."""
    for name in ("run.sh", "bootstrap.sh", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(house: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ["/bin/sh", str(house / "run.sh"), "--help"]
    return subprocess.run(
        words, env={"PATH": "/usr/bin:/bin", **environment}, check=False, capture_output=True, text=True
    )


def test_without_python_it_says_what_to_do_in_both_languages(house: Path):
    done = run(house, PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert "没有找到 Python 3.11" in done.stderr
    assert "apt-get install python3 python3-pip" in done.stderr
    assert "No Python 3.11 or newer" in done.stderr
    assert not (house / ".venv").exists()


def _fake_python(folder: Path, *, version: str) -> Path:
    """A Python of a given version without pip and ensurepip."""
    fake = folder / "python3"
    fake.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        f'*version_info*3,*) case {version} in 3.9) exit 1 ;; esac; echo "$0" ;;\n'
        f'*"%d.%d"*) echo {version} ;;\n'
        "*) exit 1 ;;\n"
        "esac\n",
        encoding="utf-8",
    )
    fake.chmod(0o755)
    return fake


def test_an_old_python_is_not_taken(house: Path):
    assert "没有找到 Python 3.11" in run(house, PYTHON=str(_fake_python(house, version="3.9"))).stderr


def test_without_pip_it_says_what_to_do(house: Path):
    done = run(house, PYTHON=str(_fake_python(house, version="3.12")))
    assert done.returncode == 1
    assert "apt-get install python3-pip" in done.stderr
    assert "no usable pip" in done.stderr
