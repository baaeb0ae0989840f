"""One compose file brought up: its images, volumes, secrets and services, each in the file's own words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.rehearsal.container import ROOT, Container, Image, Network
from tests.rehearsal.files import Compose, Service, read_compose
from tests.support.fault_smtp.books import RelayLog
from tests.support.fault_smtp.scenario import Scenario
from tests.support.servers.programs import Program
from tests.support.waiting import wait_until

RELAY = "relay.bureau.example"
_RELAY_PORT = 2525
_HEALTHY_WITHIN = 60.0  # seconds; the checks of the file allow a start as well
_ONCE = "service_completed_successfully"

#: What the official image's entry point does with an empty volume, in a few lines; other variables of it are not used.
_POSTGRES = r"""#!/bin/sh
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
data=/var/lib/postgresql/data
chown postgres "$data"; chmod 700 "$data"
as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ ! -s "$data/PG_VERSION" ]; then
    install -o postgres -m 600 "$POSTGRES_PASSWORD_FILE" /tmp/password
    as "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 $POSTGRES_INITDB_ARGS >/dev/null
    echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
    as "$bin/pg_ctl" -D "$data" -w -o "-c listen_addresses= -c unix_socket_directories=/tmp" start >/dev/null
    export PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    [ "$POSTGRES_DB" = postgres ] ||
        as "$bin/psql" -h /tmp -U "$POSTGRES_USER" -d postgres -qc "CREATE DATABASE \"$POSTGRES_DB\""
    as "$bin/pg_ctl" -D "$data" -w -m fast stop >/dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$data" \
    -c "listen_addresses=*" -c unix_socket_directories=/var/run/postgresql,/tmp
"""


class HouseError(Exception):
    """A service did not come up as its file says it should."""


class House:
    """``folder``: where the compose file lies, with .env and secrets/; ``image``: what its ``build`` makes."""

    def __init__(self, folder: Path, image: Image, scratch: Path) -> None:
        self._scratch, self._image = scratch, image
        self.compose: Compose = read_compose(folder / "docker-compose.yml")
        self.running: dict[str, list[Container]] = {}
        self._made = 0
        self.network = Network()
        self._hosts = scratch / "hosts"
        named = [f"127.0.0.{2 + n} {name}" for n, name in enumerate(self.compose.services)]
        self._hosts.write_text("\n".join([*named, f"127.0.0.1 localhost {RELAY}", ""]), encoding="utf-8")
        self.relay_log = RelayLog(scratch / "relay.jsonl")
        scenario = scratch / "scenario.json"
        scenario.write_text(Scenario(latency=0.02).to_json(), encoding="utf-8")
        words = ["-m", "tests.support.fault_smtp", "--port", str(_RELAY_PORT), "--log", str(self.relay_log.path)]
        self._relay = Program(
            [*self.network.enter(), sys.executable, *words, "--scenario", str(scenario)],
            scratch / "relay.out",
            lambda: self.relay_log.count("listening") > 0,
            folder=ROOT,
        )

    # --- what docker compose is asked for ---------------------------------------------------------------------------

    def up(self) -> None:
        """Everything without a profile, in the order the file asks for. Raises HouseError."""
        for name in (name for name, service in self.compose.services.items() if not service.profiles):
            self._bring_up(name)
        for name, containers in self.running.items():
            for container in containers:
                self.expect_healthy(name, container)

    def run(self, name: str, *words: str) -> str:
        """``docker compose run --rm NAME words``: what it printed. Raises HouseError."""
        container = self._container(self.compose.services[name], words)
        if code := container.process.wait(120):
            raise HouseError(f"{name} {' '.join(words)}: exit {code}\n{container.said()}")
        return container.said()

    def scale(self, name: str, count: int) -> None:
        """``up -d --scale NAME=count``: more or fewer of them."""
        containers = self.running[name]
        while len(containers) < count:
            containers.append(self._container(self.compose.services[name]))
        while len(containers) > count:
            if (last := containers.pop()).stop() < 0:
                raise HouseError(f"{name} did not stop within its grace\n{last.said()}")

    def restart_dead(self) -> None:
        """What ``restart: unless-stopped`` does."""
        for name, containers in self.running.items():
            for place, container in enumerate(containers):
                if not container.is_up and not self._runs_once(name):
                    containers[place] = self._container(self.compose.services[name])

    def volume(self, name: str) -> Path:
        return self._scratch / "volumes" / name

    def ask(self, url: str) -> str:
        """The answer to a GET from this machine. Raises HouseError."""
        code = f"import urllib.request as r; print(r.urlopen({url!r}, timeout=20).read().decode())"
        words = [*self.network.enter(), sys.executable, "-c", code]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode:
            raise HouseError(f"{url}: {done.stderr[-500:]}")
        return done.stdout

    def expect_healthy(self, name: str, container: Container) -> None:
        """Waits for the service's own check. Raises HouseError."""
        if self._runs_once(name):
            return
        if not self.compose.services[name].healthcheck:
            raise HouseError(f"{name} has no healthcheck")
        try:
            wait_until(lambda: not container.is_up or container.healthy(), _HEALTHY_WITHIN, f"{name} healthy")
        except AssertionError as error:
            raise HouseError(f"{name} does not become healthy\n{container.said()}") from error
        if not container.is_up:
            raise HouseError(f"{name} ended with {container.process.returncode}\n{container.said()}")

    def close(self) -> None:
        for containers in self.running.values():
            for container in containers:
                container.kill()
        self._relay.kill()
        self.network.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _bring_up(self, name: str) -> None:
        if name in self.running:
            return
        for other, condition in self.compose.services[name].after.items():
            self._bring_up(other)
            first = self.running[other][0]
            if condition != _ONCE:
                self.expect_healthy(other, first)
            elif code := first.process.wait(120):
                raise HouseError(f"{other}: exit {code}\n{first.said()}")
        self.running[name] = [self._container(self.compose.services[name])]

    def _runs_once(self, name: str) -> bool:
        return any(each.after.get(name) == _ONCE for each in self.compose.services.values())

    def _container(self, service: Service, words: Sequence[str] = ()) -> Container:
        self._made += 1
        image = self._image if service.builds else self._foreign(service)
        binds = {f"/run/secrets/{name}": self.compose.secrets[name] for name in service.secrets}
        binds |= {where: self._volume(name, image, where) for name, where in service.volumes}
        place = self._scratch / f"{service.name}-{self._made}"
        return Container(service, image, place, self.network, {**binds, "/etc/hosts": self._hosts}, words)

    def _volume(self, name: str, image: Image, where: str) -> Path:
        """A new volume takes owner and mode from the image's folder it is mounted over."""
        volume = self.volume(name)
        if not volume.exists():
            volume.mkdir(parents=True)
            below = (layer / where.lstrip("/") for layer in image.layers)
            if there := next((each.stat() for each in below if each.exists()), None):
                os.chown(volume, there.st_uid, there.st_gid)
                volume.chmod(there.st_mode & 0o7777)
        return volume

    def _foreign(self, service: Service) -> Image:
        """A stand-in for an official image, from this machine's own server."""
        layer = self._scratch / f"image-{service.name}"
        (layer / "usr/bin").mkdir(parents=True, exist_ok=True)
        if service.image.startswith("redis:"):
            return Image([layer], folder="/data")
        if not re.fullmatch(r"postgres:15-\w+", service.image):
            raise HouseError(f"the rehearsal has no image {service.image}")
        known = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}
        if wrong := set(service.environment) ^ known:
            raise HouseError(f"{service.name}: {sorted(wrong)}: not what its image is told")
        script = layer / "usr/bin/docker-entrypoint.sh"
        script.write_text(_POSTGRES, encoding="utf-8")
        script.chmod(0o755)
        sockets = layer / "var/run/postgresql"
        sockets.mkdir(parents=True, exist_ok=True)
        shutil.chown(sockets, "postgres")
        return Image([layer], entrypoint=["docker-entrypoint.sh"])


def copy_files(folder: Path) -> None:
    """What the operator edits, into a folder of its own."""
    for name in ("docker-compose.yml", ".env.example", "Dockerfile"):
        shutil.copy(ROOT / name, folder)


def follow_env_example(folder: Path) -> None:
    """Does what .env.example says: the secrets by its own commands, then .env with our relay. Raises HouseError."""
    text = (folder / ".env.example").read_text("utf-8")
    commands = [line[1:].strip() for line in text.splitlines() if line.startswith("#   ")]
    commands = [re.sub(r"\s{2,}\(.*\)$", "", command) for command in commands]  # the remark behind a command
    done = subprocess.run(["sh", "-ec", "\n".join(commands)], cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise HouseError(f"the commands of .env.example: {done.stderr}")
    text = re.sub(r"(?m)^MAILER_RELAY_URL=.*$", f"MAILER_RELAY_URL=smtp://{RELAY}:{_RELAY_PORT}", text)
    text = re.sub(r"(?m)^MAILER_RELAY_USER=.*$", f"MAILER_RELAY_CA=plain:{RELAY}", text)
    (folder / ".env").write_text(text, encoding="utf-8")
