"""One installation as its users have it: a data folder, an environment, and the ``mailer`` program as a child process.

Knows the command line's contract (exit code, JSON Lines, sentences) and nothing of the product's inside.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.servers.programs import Program
from tests.support.waiting import wait_until

PROGRAM = (sys.executable, "-m", "mailer.cli.main")

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
        self._programs: list[Program] = []

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

    def begin(self, *words: object) -> subprocess.Popen[bytes]:
        """Starts a command and leaves it to the caller, who waits for it or signals it."""
        return subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self._environment,
            start_new_session=True,
        )

    def serve(self, *commands: str) -> list[Program]:
        """Commands that go on until ``close``, started together; returns when each has entered itself as a worker."""
        wanted = self.workers() + len(commands)
        pairs = [f"{key}={value}" for key, value in self._environment.items()]
        started = []
        for command in commands:
            log = self.folder / f"{command}-{len(self._programs)}.log"
            program = Program(["env", "-i", *pairs, *PROGRAM, command], log, lambda: True, folder=self.folder)
            self._programs.append(program)
            started.append(program)
        wait_until(lambda: self.workers() >= wanted, 40, f"{commands} at work")
        return started

    def workers(self) -> int:
        """How many sending processes have ever opened a journal here."""
        return len(list((self.data_dir / "journal").glob("*")))

    def close(self) -> None:
        for program in self._programs:
            program.stop(signal.SIGTERM)

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
        done = self.run("recipients", "import", path, "--json")
        assert done.code == 0, done
        return done

    def write_issue(self, text: str = ISSUE, name: str = "issue.md") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def report(self, mailing: int = 1) -> list[dict[str, Any]]:
        """The ledger's rows as exported."""
        done = self.run("mailings", "report", mailing, "--format", "jsonl")
        assert done.code == 0, done
        return done.objects

    def mailings(self) -> list[dict[str, Any]]:
        done = self.run("mailings", "list", "--json")
        assert done.code == 0, done
        return done.objects

    def show(self, mailing: int = 1) -> dict[str, Any]:
        done = self.run("mailings", "show", mailing, "--json")
        assert done.code == 0, done
        return done.objects[-1]

    def wait_for_status(self, status: str, mailing: int = 1, within: float = 40.0) -> dict[str, Any]:
        return (
            wait_until(
                lambda: (found := self.show(mailing)) and found["status"] == status and found,
                within,
                f"mailing {mailing} {status}",
            )
            or {}
        )


def check_sum(told: dict[str, Any], rows: list[dict[str, Any]]) -> Counter[str]:
    """The ledger adds up (I5): what the command told and what the export holds are the same numbers."""
    counts = Counter(str(row["status"]) for row in rows)
    assert sum(told["counts"].values()) == told["recipients"] == len(rows)
    assert {name: number for name, number in told["counts"].items() if number} == dict(counts)
    return counts
