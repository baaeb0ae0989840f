"""docs/operations.md, typed as it stands: from a Debian without anything of ours to a mailing that outlives the loss of the
machine. Postfix is the relay, Dovecot the mailbox of returned mail, as a provider has them; systemctl is a stand-in.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailer.transport.sandbox import SandboxServer
from tests.conftest import missing
from tests.rehearsal.container import ROOT, Container, Image, Network, build, can_rehearse, own_ground, own_network
from tests.rehearsal.files import Service, Stage
from tests.support.installation import ISSUE
from tests.support.servers.dovecot_server import DovecotServer
from tests.support.servers.postfix_server import OFFICE, OFFICE_PASSWORD, PostfixServer
from tests.support.servers.programs import ServerMissingError
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]
GUIDE = (ROOT / "docs/operations.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
SET_UP, SERVERS, SETTINGS, START, DOCTOR, MAILING, BACKUP, LOSS, ON = range(9)
TREE = ["mailer", "recipients", "templates", "deploy", "pyproject.toml", "requirements.lock", "README.md", "LICENSE",
        "bootstrap.sh", "run.sh"]  # fmt: skip
PEOPLE = 60
UNKNOWN = 3  # of them: nobody has that mailbox


class ThisNetwork(Network):
    """The network this process is in: the relay and the mailbox are its children."""

    def __init__(self) -> None:
        """Nothing is made."""

    def enter(self) -> list[str]:
        return []


@dataclass
class Office:
    machine: Container
    relay: PostfixServer

    def type(self, block: int, typed: str = "") -> str:
        """One block of the guide, as root, in /opt/mailer; what it printed."""
        into = [
            "nsenter",
            f"--target={self.machine.process.pid}",
            "--mount",
            "--uts",
            f"--root=/proc/{self.machine.process.pid}/root",
        ]
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            [*into, "env", "-i", *(f"{key}={value}" for key, value in environment.items()), "sh", "-ec",
             f"cd /opt/mailer\n{BLOCKS[block]}"],
            input=typed, check=False, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{BLOCKS[block]}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def ask(self, *words: str) -> list[dict[str, Any]]:
        done = self.machine.execute("mailer", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def counts(self) -> dict[str, int]:
        return {
            status: n for status, n in self.ask("mailings", "show", "key:first", "--json")[-1]["counts"].items() if n
        }

    def is_closed(self) -> bool:
        return bool(self.ask("mailings", "show", "key:first", "--json")[-1]["status"] == "closed")

    def resolve(self, how: str, *words: str) -> None:
        done = self.machine.execute("mailer", "mailings", "resolve", "key:first", "--in-doubt", how, *words)
        assert done.returncode == 0, done.stdout + done.stderr

    def copies(self) -> Counter[str]:
        """How many copies each person has, as the relay's mailboxes say."""
        mails = self.relay.mailbox("people").messages()
        return Counter(to.decode() for mail in mails for to in re.findall(rb"(?m)^To: .*?(ren\d+@unit\.example)", mail))

    def sent(self) -> int:
        """Taken by the relay, and in part already reported as delivered."""
        counts = self.counts()
        return counts.get("accepted", 0) + counts.get("delivered", 0) + counts.get("bounced", 0)


@pytest.fixture(scope="module")
def image() -> Iterator[tuple[Image, Path]]:
    """A Debian with the source in /opt/mailer and the guide's first block typed."""
    if reason := can_rehearse():
        missing(reason)
    ground = own_ground()
    context = ground / "context"
    context.mkdir()
    for name in TREE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, context / name)
    (context / ".dockerignore").write_text("\n".join(["*", *(f"!{name}" for name in TREE)]), encoding="utf-8")
    stage = Stage("python:3.11-slim-bookworm", "machine")
    stage.steps = [*(("COPY", [name, f"/opt/mailer/{name}"]) for name in TREE), ("RUN", [f"set -e\n{BLOCKS[SET_UP]}"])]
    image = build([stage], ground, context)
    for name in ("systemctl", "editor"):
        (image.layers[0] / "usr/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).with_name(f"{name}.sh"), image.layers[0] / f"usr/bin/{name}")
        (image.layers[0] / f"usr/bin/{name}").chmod(0o755)
    yield image, ground
    subprocess.run(["umount", "--lazy", str(ground)], check=True)


@pytest.fixture
def office(image: tuple[Image, Path]) -> Iterator[Office]:
    """The machine, with a provider beside it that has an account for the office; all in a network of their own."""
    made, ground = image
    with own_network(), ExitStack() as stack:
        far = SandboxServer(None, None)
        far.start()
        stack.callback(far.stop)
        try:
            relay = PostfixServer({OFFICE: "office", "@unit.example": "people"}, next_hops={"far.example": far.port})
            mailbox = DovecotServer({OFFICE: (OFFICE_PASSWORD, relay.mailbox().folder)})
        except ServerMissingError as error:
            missing(str(error))
        stack.enter_context(relay)
        stack.enter_context(mailbox)
        service = Service(
            "debian", "", True, ["sleep", "infinity"], {}, [], [], ["/tmp", "/run"], read_only=False, healthcheck=[],
            after={}, profiles=[], grace=5,
        )  # fmt: skip
        machine = Container(service, made, ground / "debian", ThisNetwork(), {})
        assert machine.is_up, machine.said()
        stack.callback(machine.kill)
        stack.callback(machine.execute, "systemctl", "kill-all")
        _put(machine, "relay.pem", relay.authority.file.read_text("utf-8"))
        _put(machine, "imap.pem", mailbox.authority.file.read_text("utf-8"))
        settings = {
            "RELAY_URL": f"smtp+starttls://localhost:{relay.submission_port}", "RELAY_USER": OFFICE,
            "RELAY_CA": "/srv/relay.pem", "INTAKE_URL": mailbox.url, "INTAKE_CA": "/srv/imap.pem",
            "FROM": f"某局办公室 <{OFFICE}>", "REPLY_TO": OFFICE, "ALERT_TO": OFFICE, "LEASE": "20s",
            "PACE_PER_MINUTE": "60",
        }  # fmt: skip
        _put(machine, "settings", "".join(f"MAILER_{key}={value}\n" for key, value in settings.items()))
        rows = [f"第{n}局,张{n},信息员,ren{n}@unit.example,发" for n in range(PEOPLE - UNKNOWN)]
        rows += [f"外{n}局,李{n},信息员,unknown{n}@far.example,发" for n in range(UNKNOWN)]
        _put(machine, "people.csv", "\n".join(["单位,姓名,人员类别,邮箱,名单", *rows, ""]))
        _put(machine, "issue.md", ISSUE)
        yield Office(machine, relay)


def _put(machine: Container, name: str, text: str) -> None:
    """A file in /srv of the machine."""
    done = machine.execute("sh", "-c", 'printf %s "$1" >"/srv/$0" && chmod 644 "/srv/$0"', name, text)
    assert done.returncode == 0, done.stderr


def test_the_guide_from_nothing_to_the_way_back(office: Office):
    for block in (SERVERS, SETTINGS):
        office.type(block, typed=OFFICE_PASSWORD if block == SETTINGS else "")
    assert "admin" in office.type(START)

    def well() -> bool:
        done = office.machine.execute("mailer", "doctor", "--json")
        return done.returncode == 0 and "worker 2" in done.stdout

    wait_until(well, 60, "both workers at work")
    assert "有问题" not in office.type(DOCTOR)
    figures = office.type(MAILING)
    assert "mailer_deliveries" in figures

    wait_until(lambda: office.sent() >= PEOPLE // 4, 90, "a quarter of the mails out")
    office.type(BACKUP)
    office.type(LOSS)
    [held] = [row for row in office.ask("mailings", "list", "--json") if row.get("status") == "held"]
    assert held["mailing"] == 1
    at_restore = office.counts()
    assert sum(at_restore.values()) == PEOPLE
    at_loss = set(office.copies())
    office.type(ON)
    wait_until(office.is_closed, 180, "closed")
    wait_until(lambda: office.counts().get("bounced", 0) == UNKNOWN, 90, "the returns taken in")
    assert sum(office.counts().values()) == PEOPLE

    # what was in a worker's hand when the backup was taken: the relay's own mailboxes say who has a copy
    rows = office.ask("mailings", "report", "key:first", "--format", "jsonl")
    doubted = {row["recipient"] for row in rows if row["status"] == "in_doubt"}
    for recipient in doubted & set(office.copies()):
        office.resolve("accept", "--recipient", recipient)
    if doubted - set(office.copies()):
        office.resolve("resend")
        wait_until(office.is_closed, 180, "closed again")
    counts = office.counts()
    assert sum(counts.values()) == PEOPLE
    assert counts["bounced"] == UNKNOWN
    assert not counts.get("in_doubt")
    copies = office.copies()
    assert len(copies) == PEOPLE - UNKNOWN
    # twice at most for what went out between the backup and the loss: nobody can know that from the backup
    assert {recipient for recipient, n in copies.items() if n > 1} <= at_loss - doubted
