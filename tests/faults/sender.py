"""A sending installation as its operator has it: a data folder, a relay, and `mailer send` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ISSUE_TEXT = """\
# 青岚区创建全国文明城市 工作快报

第129期

青岚区创建全国文明城市工作领导小组办公室

2026年11月23日

## 【指挥调度】

青岚区召开创建工作调度会，逐项通报点位整改情况，明确下一步分工。会议要求，各单位对照清单按期销号。（本刊）

### 【简讯】

**松溪街道：**近日，清理楼道堆物32处，新增非机动车停车位120个。**白石镇：**组织志愿者清理河道3公里。

**编辑：** 郑好

**校对：** 冯程程

**核签：** 吴小满

---

**报：区委、区政府领导同志**

**发：全区各单位信息员**

---

**电子邮箱：office@qinglan.example**

**电话：0555-6660107**
"""

MAILER = (sys.executable, "-m", "mailer.cli.main")


class Sender:
    """``relay_port``: a relay on loopback. Settings may be given by their key without the prefix."""

    def __init__(self, folder: Path, relay_port: int, **settings: str) -> None:
        self.folder = folder
        self.issue = folder / "issue.md"
        self.issue.write_text(ISSUE_TEXT, encoding="utf-8")
        own = {
            "DATA_DIR": str(folder / "data"),
            "RELAY_URL": f"smtp://127.0.0.1:{relay_port}",
            "FROM": "青岚区创城办 <office@qinglan.example>",
            "SECRET_KEY": "a test key that is long enough",
        } | settings
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAILER_")}
        self.env = inherited | {f"MAILER_{name}": value for name, value in own.items()}
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self, *words: str, check: bool = True) -> list[dict[str, Any]]:
        """Runs a command to its end; its JSON lines."""
        done = subprocess.run([*MAILER, *words, "--json"], env=self.env, capture_output=True, timeout=110, check=False)
        if check and done.returncode:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def set_up(self, recipients: int) -> None:
        self.run("init", "--yes")
        self.import_addresses([f"r{n}@d{n % 5}.example" for n in range(recipients)])

    def import_addresses(self, addresses: Sequence[str]) -> None:
        rows = ["单位,姓名,人员类别,邮箱,名单"]
        rows += [f"第{n}单位,收件{n},信息员,{address},发" for n, address in enumerate(addresses)]
        roster = self.folder / "roster.csv"
        roster.write_text("\n".join(rows), encoding="utf-8")
        self.run("recipients", "import", str(roster), "--yes")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`mailer send` in a process group of its own."""
        errors = (self.folder / "send.log").open("ab")
        process = subprocess.Popen(
            [*MAILER, "send", str(self.issue), "--yes", "--wait", "--key", "k", "--json", *words],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        errors.close()
        self._running.append(process)
        return process

    def log(self) -> str:
        return (self.folder / "send.log").read_text(encoding="utf-8", errors="replace")

    def report(self, mailing: str = "key:k") -> list[dict[str, Any]]:
        out = self.folder / "report.jsonl"
        self.run("mailings", "report", mailing, "--format", "jsonl", "--out", str(out))
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    def stop_all(self) -> None:
        for process in self._running:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def finish(process: subprocess.Popen[bytes], within: float = 100) -> dict[str, Any]:
    """Waits for the end of a send; its result line."""
    out, _ = process.communicate(timeout=within)
    lines = [json.loads(line) for line in out.decode().splitlines()]
    assert lines, f"exit {process.returncode} and not a word"
    assert lines[-1]["event"] == "result", lines[-1]
    return dict(lines[-1])
