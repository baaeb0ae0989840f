"""systemd units as the service manager reads them, as far as ours use it: one file's commands, environment and places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.rehearsal.files import Service, read_env

_IGNORED = {
    "Description", "After", "Wants", "Restart", "RestartSec", "UMask", "NoNewPrivileges", "ProtectHome", "PrivateTmp",
    "PrivateDevices", "CapabilityBoundingSet", "RestrictAddressFamilies", "WantedBy", "Group", "StateDirectoryMode",
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """``before``: ExecStartPre; ``state``: the one folder that may be written to."""

    user: str
    environment_file: Path
    before: list[str]
    start: list[str]
    state: str
    grace: float
    is_strict: bool


def read_unit(path: Path, instance: str = "") -> Unit:
    """Raises ValueError for a line the rehearsal does not know."""
    told: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line[0] in "#[":
            continue
        key, _, value = line.partition("=")
        told[key] = value.replace("%i", instance)
    known = {
        "User",
        "EnvironmentFile",
        "ExecStartPre",
        "ExecStart",
        "StateDirectory",
        "TimeoutStopSec",
        "ProtectSystem",
    }
    if unknown := set(told) - known - _IGNORED:
        raise ValueError(f"{path.name}: the rehearsal does not know {sorted(unknown)}")
    return Unit(
        told["User"],
        Path(told["EnvironmentFile"]),
        told["ExecStartPre"].split(),
        told["ExecStart"].split(),
        f"/var/lib/{told['StateDirectory']}",
        float(told["TimeoutStopSec"].removesuffix("s")),
        told["ProtectSystem"] == "strict",
    )


def as_service(name: str, unit: Unit, environment_file: Path) -> Service:
    """The unit as what the rehearsal runs: a root that is read-only, a /tmp of its own, its state folder."""
    return Service(
        name=name,
        image="",
        builds=True,
        command=unit.start,
        environment=read_env(environment_file),
        secrets=[],
        volumes=[("state", unit.state)],
        tmpfs=["/tmp"],
        read_only=unit.is_strict,
        healthcheck=[],
        after={},
        profiles=[],
        grace=unit.grace,
    )
