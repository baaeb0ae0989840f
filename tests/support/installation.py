"""One installation as its users have it: a data folder, an environment, and the ``mailer`` program as a child process.

Knows the command line's contract (exit code, JSON Lines, sentences) and nothing of the product's inside.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tests.support.servers.programs import Program
from tests.support.waiting import wait_until

PROGRAM = (sys.executable, "-m", "mailer.cli.main")
KEY = "k"  # of the mailing that ``send`` makes

ISSUE = """\
# 澄江区创建全国文明城区　工作快报

第128期

澄江区创建全国文明城区工作指挥部办公室　　2026年11月20日

## 指挥调度

11月18日，澄江区召开创建工作推进会，通报三季度测评结果，部署年底前的重点任务。会议要求盯住短板，逐项销号。

## 经验交流

### “板凳会”开到居民家门口

云溪街道把议事会搬进楼院，居民自带板凳，一事一议。全年开会86场，办结身边小事412件。（云溪街道）

报：区委、区政府领导同志
发：各成员单位主要领导，分管领导，信息员
"""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON; a line that is none fails the test here."""
        return [json.loads(line) for line in self.out.splitlines()]

    def event(self, name: str) -> dict[str, Any]:
        """The last object of that kind."""
        return next(each for each in reversed(self.objects) if each.get("event") == name)

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Installation:
    """``settings`` are MAILER_* without the prefix; nothing else of our own environment reaches the program."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8"}
        self.set(DATA_DIR=self.data_dir, **settings)
        self.send_log = folder / "send.log"
        self._programs: list[Program] = []
        self._sendings: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> Mapping[str, str]:
        """All that the program sees of ours."""
        return dict(self._environment)

    def set(self, **settings: object) -> None:
        self._environment |= {f"MAILER_{key}": str(value) for key, value in settings.items()}

    def but(self, **settings: object) -> Installation:
        """The same installation, used with other settings."""
        other = Installation(self.folder)
        other._environment = dict(self._environment)
        other.set(**settings)
        return other

    def run(self, *words: object, stdin: bytes = b"", within: float = 60.0) -> Done:
        """Runs one command to its end, ``within`` seconds at most."""
        child = subprocess.run(
            [*PROGRAM, *map(str, words)],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self._environment,
            timeout=within,
        )
        return Done(child.returncode, child.stdout.decode("utf-8"), child.stderr.decode("utf-8"))

    def begin(self, *words: object, errors: int | BinaryIO = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Starts a command and leaves it to the caller, who waits for it or signals it. ``errors``: where stderr goes."""
        return subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=self.folder,
            env=self._environment,
            start_new_session=True,
        )

    def send(self, issue: Path | None = None, *words: object, key: str = KEY) -> subprocess.Popen[bytes]:
        """Starts a ``send`` that waits for the end of its mailing; the same ``key`` goes on with the same mailing."""
        words = (issue or self.write_issue(), "--yes", "--wait", "--json", "--key", key, *words)
        with self.send_log.open("ab") as errors:  # a pipe that nobody reads would stop it in mid-send
            self._sendings.append(self.begin("send", *words, errors=errors))
        return self._sendings[-1]

    def release(self, *words: object, key: str = KEY) -> None:
        """A ``send`` that leaves the sending to the workers and returns."""
        done = self.run("send", self.write_issue(), "--yes", "--json", "--key", key, *words)
        assert done.code == 0, done

    def serve(self, *commands: str) -> list[Program]:
        """Commands that go on until ``close``, started together; returns when each has entered itself as a worker."""
        known = self.workers()
        pairs = [f"{key}={value}" for key, value in self._environment.items()]
        started = []
        for command in commands:
            log = self.folder / f"{command}-{len(self._programs)}.log"
            program = Program(["env", "-i", *pairs, *PROGRAM, command], log, lambda: True, folder=self.folder)
            self._programs.append(program)
            started.append(program)
        wait_until(lambda: len(self.workers() - known) == len(commands), 60, f"{commands} at work")
        return started

    def workers(self) -> frozenset[str]:
        """The names of the journals here: those of the processes that send, and of dead ones not yet recovered."""
        return frozenset(path.name for path in (self.data_dir / "journal").glob("[!.]*"))

    def close(self) -> None:
        for program in self._programs:
            program.stop(signal.SIGTERM)
        for sending in self._sendings:
            if sending.poll() is None:
                kill(sending)
            if sending.stdout is not None:
                sending.stdout.close()

    def copy_data(self, initialised: Installation) -> None:
        """Starts where another installation stands that nobody works in, instead of with ``init`` and imports."""
        shutil.copytree(initialised.data_dir, self.data_dir, dirs_exist_ok=True)

    def init(self) -> None:
        done = self.run("init", "--json")
        assert done.code == 0, done

    def import_people(self, rows: Iterable[tuple[str, str, str, str]]) -> Done:
        """Rows of (unit, name, address, lists)."""
        path = self.folder / "people.csv"
        lines = [
            "单位,姓名,人员类别,邮箱,名单",
            *(f"{unit},{name},信息员,{mail},{on}" for unit, name, mail, on in rows),
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = self.run("recipients", "import", path, "--json", within=300)
        assert done.code == 0, done
        return done

    def import_addresses(self, addresses: Iterable[str], on: str = "发") -> None:
        """A person and a unit for each."""
        self.import_people((f"第{n}局", f"张{n}", address, on) for n, address in enumerate(addresses))

    def write_issue(self, text: str = ISSUE, name: str = "issue.md") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def report(self, mailing: int | str = 1) -> list[dict[str, Any]]:
        """The ledger's rows as exported."""
        done = self.run("mailings", "report", mailing, "--format", "jsonl")
        assert done.code == 0, done
        return done.objects

    def mailings(self) -> list[dict[str, Any]]:
        done = self.run("mailings", "list", "--json")
        assert done.code == 0, done
        return done.objects

    def show(self, mailing: int | str = 1) -> dict[str, Any]:
        done = self.run("mailings", "show", mailing, "--json")
        assert done.code == 0, done
        return done.objects[-1]

    def tasks(self, kind: str) -> list[dict[str, Any]]:
        """What the office is asked to do: the open tasks of a kind."""
        done = self.run("tasks", "list", "--json")
        assert done.code == 0, done
        return [each for each in done.objects if each.get("kind") == kind]

    def wait_for_status(self, status: str, mailing: int = 1, within: float = 40.0) -> dict[str, Any]:
        return (
            wait_until(
                lambda: (found := self.show(mailing)) and found["status"] == status and found,
                within,
                f"mailing {mailing} {status}",
            )
            or {}
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, which must hit a process that still works."""
    assert process.poll() is None, "it had ended before the fault"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def result_of(sending: subprocess.Popen[bytes], within: float = 60.0) -> dict[str, Any]:
    """Waits for the end of a ``send``; its result line."""
    out, _ = sending.communicate(timeout=within)
    told = [json.loads(line) for line in out.splitlines()]
    assert told, f"exit {sending.returncode} and not a word"
    assert told[-1]["event"] == "result", told[-1]
    return dict(told[-1])


def check_sum(told: dict[str, Any], rows: list[dict[str, Any]]) -> Counter[str]:
    """The ledger adds up (I5): what the command told and what the export holds are the same numbers."""
    counts = Counter(str(row["status"]) for row in rows)
    assert sum(told["counts"].values()) == told["recipients"] == len(rows)
    assert {name: number for name, number in told["counts"].items() if number} == dict(counts)
    return counts
