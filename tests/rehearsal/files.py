"""docker-compose.yml, Dockerfile and .env as values, by the rules of their own formats as far as our files use them.

What these readers do not know is refused: a rehearsal that overlooks a line proves nothing.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_KNOWN_SERVICE = {
    "build", "image", "restart", "env_file", "environment", "secrets", "read_only", "tmpfs", "cap_drop", "security_opt",
    "stop_grace_period", "depends_on", "command", "ports", "volumes", "healthcheck", "profiles", "shm_size",
}  # fmt: skip
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service with everything interpolated. ``volumes``: (name, where it is mounted)."""

    name: str
    image: str
    builds: bool
    command: list[str]
    environment: dict[str, str]
    secrets: list[str]
    volumes: list[tuple[str, str]]
    tmpfs: list[str]
    read_only: bool
    healthcheck: list[str]
    after: dict[str, str]
    profiles: list[str]
    grace: float


@dataclass(frozen=True)
class Compose:
    services: dict[str, Service]
    secrets: dict[str, Path]
    volumes: list[str]


@dataclass
class Stage:
    """One FROM of a Dockerfile: its steps in order, and what the image says of itself."""

    base: str
    name: str
    steps: list[tuple[str, list[str]]] = field(default_factory=list)


def read_env(path: Path) -> dict[str, str]:
    """NAME=value lines; everything behind the first = is the value."""
    lines = (line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def read_compose(path: Path) -> Compose:
    """The file with its .env beside it, as ``docker compose`` reads both."""
    beside = path.parent / ".env"
    variables = read_env(beside) if beside.exists() else {}
    tree = _interpolated(YAML(typ="safe").load(path.read_text("utf-8")), variables)
    names = set(tree["secrets"])
    services = {
        name: _service(name, body, path.parent, names, tree["volumes"]) for name, body in tree["services"].items()
    }
    return Compose(
        services, {name: path.parent / body["file"] for name, body in tree["secrets"].items()}, list(tree["volumes"])
    )


def _service(
    name: str, body: Mapping[str, Any], folder: Path, secrets: set[str], volumes: Mapping[str, Any]
) -> Service:
    unknown = set(body) - _KNOWN_SERVICE
    if unknown:
        raise ValueError(f"service {name}: the rehearsal does not know {sorted(unknown)}")
    if missing := set(body.get("secrets", ())) - secrets:
        raise ValueError(f"service {name} wants the secrets {sorted(missing)} that are not declared")
    environment = read_env(folder / body["env_file"]) if "env_file" in body else {}
    command = body.get("command", [])
    mounted = [(each.split(":")[0], each.split(":")[1]) for each in body.get("volumes", ())]
    if missing := {volume for volume, _ in mounted} - set(volumes):
        raise ValueError(f"service {name} mounts {sorted(missing)} that are not declared")
    return Service(
        name=name,
        image=body["image"],
        builds="build" in body,
        command=shlex.split(command) if isinstance(command, str) else list(map(str, command)),
        environment=environment | {key: str(value) for key, value in body.get("environment", {}).items()},
        secrets=list(body.get("secrets", ())),
        volumes=mounted,
        tmpfs=list(body.get("tmpfs", ())),
        read_only=bool(body.get("read_only")),
        healthcheck=list(body.get("healthcheck", {}).get("test", ())),
        after={other: how["condition"] for other, how in body.get("depends_on", {}).items()},
        profiles=list(body.get("profiles", ())),
        grace=float(body.get("stop_grace_period", "10s").removesuffix("s")),
    )


def _interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda m: "$" if m[0] == "$$" else variables.get(m[1]) or m[2] or "", value)
    if isinstance(value, dict):
        return {key: _interpolated(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_interpolated(each, variables) for each in value]
    return value


def read_dockerfile(path: Path) -> list[Stage]:
    stages: list[Stage] = []
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, rest = line.split(None, 1)
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name))
            continue
        exec_form = rest.startswith("[")
        words = json.loads(rest) if exec_form else ([rest] if word == "RUN" else shlex.split(rest))
        stages[-1].steps.append((word, words))
    return stages


def let_through(path: Path) -> set[str]:
    """What a .dockerignore that keeps everything out lets into the build after all."""
    lines = path.read_text("utf-8").split()
    if "*" not in lines:
        raise ValueError(".dockerignore does not begin by keeping everything out")
    return {line[1:] for line in lines if line.startswith("!")}
