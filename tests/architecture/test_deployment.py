"""The files an operator starts from name only settings, commands and paths that exist, and scripts a bare machine can run.

What is quick of the rehearsal; ``make rehearse`` carries the same files out.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailer.cli.main import build_parser
from mailer.settings import keys, load
from tests.rehearsal.files import let_through, read_compose, read_dockerfile

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {key.name for key in keys()}


UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))


@pytest.mark.parametrize(
    "name", [".env.example", "docker-compose.yml", "Dockerfile", "deploy/systemd/environment.example"]
)
def test_only_settings_that_exist_are_named(name: str):
    named = set(re.findall(r"MAILER_[A-Z_]+", (ROOT / name).read_text("utf-8")))
    assert named
    assert {setting.removesuffix("_FILE") for setting in named} - KNOWN == set()


def test_the_sample_environment_can_be_read(tmp_path: Path):
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    read = load({**environment, "MAILER_DATA_DIR": str(tmp_path / "data")})
    assert read.relay_user == "office@bureau.example"


def test_the_compose_file_is_one_by_its_schema():
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, str(ROOT / "docker-compose.yml")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_runs_a_command_that_there_is(tmp_path: Path):
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    services = read_compose(tmp_path / "docker-compose.yml").services
    ours = [service for service in services.values() if service.builds]
    assert {service.name for service in ours} == {"web", "worker", "intake", "beat", "migrate"}
    for service in ours:
        assert build_parser(service.command[0]).parse_args(service.command)
        assert service.read_only
        assert set(service.volumes) == {("data", "/data")}
        assert {name for name in service.environment if name.endswith("_FILE")} == {
            f"MAILER_{name.upper()}_FILE" for name in service.secrets
        }
        if service.healthcheck[:2] == ["CMD", "mailer"]:
            assert build_parser(service.healthcheck[2]).parse_args(service.healthcheck[2:])
        assert service.healthcheck or service.name == "migrate"
    assert {other for service in services.values() for other in service.after} <= set(services)


def test_the_image_is_built_from_what_there_is():
    let_in = let_through(ROOT / ".dockerignore")
    for stage in read_dockerfile(ROOT / "Dockerfile"):
        for word, words in stage.steps:
            if word == "COPY" and not words[0].startswith("--from="):
                assert set(words[:-1]) <= let_in
                assert all((ROOT / source).exists() for source in words[:-1])
            if word == "CMD":
                assert build_parser(words[0]).parse_args(words)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_runs_a_command_that_there_is(unit: Path):
    lines = [line.partition("=")[::2] for line in unit.read_text("utf-8").splitlines() if "=" in line]
    for key, value in lines:
        if key.startswith("ExecStart"):
            program, *words = value.split()
            assert program == "/opt/mailer/.venv/bin/mailer"
            assert build_parser(words[0]).parse_args(words)
    assert dict(lines)["EnvironmentFile"] == "/etc/mailer/environment"


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
