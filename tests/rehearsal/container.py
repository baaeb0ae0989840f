"""Containers of few lines: overlay file systems, mount and network namespaces, another user. Needs root; leaves nothing.

The root of this machine stands in for the base image: a Debian with Python. The source tree is hidden in it, so that
an image has only what its Dockerfile put there.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.rehearsal.files import Service, Stage, let_through
from tests.support.servers.programs import find_program, private_folder
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
_CLONE_NEWNS, _CLONE_NEWNET = 0x20000, 0x40000000  # linux/sched.h
_PYTHON = Path(sys.base_prefix)  # stands where the base image has its own: in /usr/local
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def can_rehearse() -> str:
    """'' where namespaces and overlays may be made; else what is missing."""
    if os.geteuid() != 0:
        return "the rehearsal needs root for its namespaces"
    done = subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True)
    return "" if done.returncode == 0 else "this machine allows no namespaces"


def own_ground() -> Path:
    """A file system of its own, in memory, that only this process and its children see: layers may not lie in their base."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    ground = private_folder("ground")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", str(ground)], check=True)
    return ground


@contextmanager
def own_network() -> Iterator[None]:
    """This process, and what it starts, alone with a loopback of its own while the block runs."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as before:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            libc.setns(before.fileno(), _CLONE_NEWNET)


@dataclass
class Image:
    """``layers``: newest first, above the machine's own root."""

    layers: list[Path]
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


class Network:
    """A network of its own with nothing but loopback; dies with this object."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"],
                                        stdout=subprocess.PIPE)  # fmt: skip
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"up\n"

    def enter(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net"]

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()


def _mounted(
    scratch: Path,
    layers: Sequence[Path],
    inside: Sequence[str],
    *,
    upper: Path | None,
    binds: Mapping[str, Path] = {},
    tmpfs: Sequence[str] = (),
) -> list[str]:
    """Words that run ``inside`` with the layers as its root. Without ``upper`` the root is read-only."""
    merged, lower = scratch / "root", ":".join(map(str, [*layers, "/"]))
    merged.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={lower}"
    if upper is not None:
        (scratch / "work").mkdir(exist_ok=True)
        options += f",upperdir={upper},workdir={scratch / 'work'}"
    lines = [
        "set -e",
        f"hostname {scratch.name}",
        f"mount -t overlay overlay -o {options} {merged}",
        f"mount -t proc proc {merged}/proc",
        f"mount --rbind /dev {merged}/dev",
        *([] if _PYTHON in {Path("/usr"), Path("/usr/local")} else [f"mount --bind {_PYTHON} {merged}/usr/local"]),
        f"mount -t tmpfs none {merged}{ROOT}",  # an image has nothing of the source tree but what was copied
        *(f"mount -t tmpfs none {merged}{place}" for place in tmpfs),
        *(f"mount --bind {what} {merged}{where}" for where, what in binds.items()),
        f'exec chroot {merged} "$@"',
    ]
    return ["unshare", "-m", "-u", "--propagation", "private", "sh", "-c", "\n".join(lines), "sh", *inside]


def _as_container(image: Image, environment: Mapping[str, str], words: Sequence[str]) -> list[str]:
    """Words run with nothing but this environment, as the image's user and without any capability."""
    user = ["setpriv", f"--reuid={image.user}", f"--regid={_group(image)}", "--clear-groups", "--no-new-privs",
            "--inh-caps=-all", "--bounding-set=-all", "--pdeathsig=KILL"] if image.user != "0" else []  # fmt: skip
    pairs = [f"{key}={value}" for key, value in ({"PATH": PATH} | image.environment | environment).items()]
    into = ["sh", "-c", 'cd "$0" && exec "$@"', image.folder]
    return [*into, *user, "env", "-i", *pairs, *words]


def _group(image: Image) -> str:
    """The first group of the image's user, as its own /etc/passwd says; an engine takes that one."""
    books = (layer / "etc/passwd" for layer in image.layers)
    lines = next((book.read_text("utf-8").splitlines() for book in books if book.exists()), [])
    return next((line.split(":")[3] for line in lines if line.split(":")[2] == image.user), image.user)


def build(stages: Sequence[Stage], scratch: Path, context: Path = ROOT) -> Image:
    """Carries out every step of the Dockerfile; the last stage's image."""
    base = scratch / "base"
    for parent in (_PYTHON / "bin").parents:  # the image's Python is there for everybody
        if parent != Path("/") and not parent.stat().st_mode & 0o001:
            (base / parent.relative_to("/")).mkdir(parents=True, exist_ok=True)
            (base / parent.relative_to("/")).chmod(0o755)
    if Path("/usr") == _PYTHON:
        (base / "usr/bin").mkdir(parents=True)
        (base / "usr/bin/python").symlink_to(f"python{sys.version_info[0]}.{sys.version_info[1]}")
    for place in ("run/secrets", "tmp", *(str(ROOT).lstrip("/"),)):
        (base / place).mkdir(parents=True, exist_ok=True)
    (base / "tmp").chmod(0o1777)
    built: dict[str, Path] = {}
    image = Image([base])
    for number, stage in enumerate(stages):
        if stage.base != "python:3.11-slim-bookworm":
            raise ValueError(f"the rehearsal has no image {stage.base}")
        layer = scratch / f"stage{number}"
        layer.mkdir()
        image = Image([layer, base])
        for word, words in stage.steps:
            _step(word, words, image, layer, scratch, context, built)
        built[stage.name] = layer
    return image


def _step(
    word: str, words: list[str], image: Image, layer: Path, scratch: Path, context: Path, built: Mapping[str, Path]
) -> None:
    match word:
        case "ENV":
            for pair in words:
                name, _, value = pair.partition("=")
                image.environment[name] = value.replace("$PATH", PATH)
        case "WORKDIR":
            image.folder = words[0]
            (layer / words[0].lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "USER":
            image.user = words[0]
        case "COPY":
            _copy(words, image, layer, context, built)
        case "RUN":
            _run(words[0], image, layer, scratch)
        case "ENTRYPOINT":
            image.entrypoint = words
        case "CMD":
            image.command = words
        case "VOLUME" | "EXPOSE":
            pass
        case _:
            raise ValueError(f"the rehearsal does not know {word}")


def _copy(words: list[str], image: Image, layer: Path, context: Path, built: Mapping[str, Path]) -> None:
    *sources, where = [word for word in words if not word.startswith("--")]
    stage = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), None)
    to = layer / (where if where.startswith("/") else f"{image.folder}/{where}").lstrip("/")
    for source in sources:
        if stage is None and source not in let_through(context / ".dockerignore"):
            raise ValueError(f".dockerignore keeps {source} out of the build")
        from_ = context / source if stage is None else built[stage] / source.lstrip("/")
        if from_.is_dir():
            shutil.copytree(
                from_, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__") if stage is None else None
            )
        else:
            shutil.copy(from_, to / from_.name if where.endswith("/") else to)


def _run(command: str, image: Image, layer: Path, scratch: Path) -> None:
    passed = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    words = _as_container(image, passed, ["sh", "-c", command])
    mounts = scratch / f"run-{layer.name}"
    done = subprocess.run(
        _mounted(mounts, image.layers[1:], words, upper=layer, tmpfs=["/tmp"]),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"RUN {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


class Container:
    """One running service. Its process is the service's own: what ends it ends the container."""

    def __init__(
        self, service: Service, image: Image, scratch: Path, network: Network, binds: Mapping[str, Path],
        words: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._service, self._image, self._network = service, image, network
        scratch.mkdir(parents=True)
        self.log = scratch / "log"
        points = scratch / "points"  # an engine makes the places it mounts to
        points.mkdir()
        for where, what in binds.items():
            point = points / where.lstrip("/")
            point.parent.mkdir(parents=True, exist_ok=True)
            point.mkdir(exist_ok=True) if what.is_dir() else point.touch()
        upper = None
        if not service.read_only:
            upper = scratch / "upper"
            upper.mkdir()
        command = [*image.entrypoint, *(words or service.command or image.command)]
        inside = _as_container(image, service.environment, command)
        mounted = _mounted(scratch, [points, *image.layers], inside, upper=upper, binds=binds, tmpfs=service.tmpfs)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [find_program("setpriv"), "--pdeathsig=KILL", *network.enter(), *mounted],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

        # until then anything executed in it would be executed on this machine
        wait_until(lambda: not self.is_up or self._is_inside(), 30, f"{service.name} in its root")

    def _is_inside(self) -> bool:
        try:
            return not Path(f"/proc/{self.process.pid}/root").samefile("/")
        except OSError:
            return False

    def healthy(self) -> bool:
        """The service's own check, in the container."""
        kind, *words = self._service.healthcheck
        words = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words
        return self.execute(*words).returncode == 0

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As ``docker compose exec``. A container that has ended answers with a failure."""
        into = [
            "nsenter",
            f"--target={self.process.pid}",
            "--mount",
            "--uts",
            "--net",
            f"--root=/proc/{self.process.pid}/root",
        ]
        return subprocess.run(
            [*into, *_as_container(self._image, self._service.environment, words)],
            check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    @property
    def is_up(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]

    def stop(self) -> int:
        """SIGTERM, and SIGKILL when the grace of the file is over; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(self._service.grace)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
