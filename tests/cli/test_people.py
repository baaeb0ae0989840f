"""One person's data handed out and forgotten: nothing of them is found afterwards, and the ledger adds up as before."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer import wiring
from mailer.cli.main import main
from mailer.flow.edit_people import leave
from mailer.settings import Settings, load
from tests.support.installation import Installation

WHO = "yu.fan@qinglan.example"
PEOPLE = [
    ("松溪街道", "罗琳", "luolin@qinglan.example", "发"),
    ("竹溪街道", "于凡凡", WHO, "发"),
    ("梅溪街道", "严冬", "unknown-yan@qinglan.example", "报"),
]


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    made = Installation(tmp_path)
    made.init()
    made.import_people(PEOPLE)
    assert made.run("send", made.write_issue(), "--yes", "--wait", "--rehearsal", "--json").code == 0
    for key, value in made.environment.items():
        if key.startswith("MAILER_"):
            monkeypatch.setenv(key, value)
    return made


def retire(settings: Settings) -> None:
    store = wiring.open_store(settings)
    with store.read() as session:
        holder = session.connection().exec_driver_sql("SELECT id FROM holder WHERE name = '于凡凡'").scalar_one()
    leave(wiring.office_of(settings, store), holder, datetime.now(UTC), "cli:test")
    store.close()


def everything(data_dir: Path, *, but: set[str]) -> str:
    """All text of all tables."""
    with sqlite3.connect(data_dir / "mailer.db") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [
            repr(row) for table in tables if table not in but for row in database.execute(f'SELECT * FROM "{table}"')
        ]
    return "\n".join(rows)


def test_handed_out_then_forgotten(installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "person.json"
    assert main(["people", "export", WHO.upper(), "--out", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    told = json.loads(file.read_text("utf-8"))
    assert {"holder", "recipient_address", "delivery", "duty"} <= set(told)
    assert told["holder"][0]["unit"] == "竹溪街道"
    assert told["delivery"][0]["address"] == WHO
    assert "luolin" not in file.read_text("utf-8")

    capsys.readouterr()
    assert main(["people", "erase", WHO, "--yes"]) == 1
    assert "还有 1 个岗位" in capsys.readouterr().err
    retire(load())
    assert main(["suppressions", "add", WHO, "--because", "于凡凡来电"]) == 0
    before, shown = everything(installation.data_dir, but=set()), installation.show(1)
    capsys.readouterr()
    assert main(["people", "erase", WHO, "--json"]) == 0  # only looks
    assert json.loads(capsys.readouterr().out)["erased"] is False
    assert everything(installation.data_dir, but=set()) == before

    assert main(["people", "erase", WHO, "--yes"]) == 0
    # the chain keeps its records, and what keeps it from being written to keeps the address
    left = everything(installation.data_dir, but={"audit_record", "suppression"})
    assert "于凡凡" not in left
    assert "yu.fan" not in left.lower()
    assert "于凡凡" not in everything(installation.data_dir, but={"audit_record"})
    after = installation.show(1)
    assert after["counts"] == shown["counts"]
    assert after["recipients"] == shown["recipients"]
    rows = {row["unit"]: row for row in installation.report()}
    assert rows["竹溪街道"]["name"] == "（已删除）"
    assert rows["竹溪街道"]["recipient"].endswith("@erased.invalid")
    assert rows["松溪街道"]["name"] == "罗琳"
    assert installation.run("audit", "verify").code == 0
    assert main(["people", "erase", "nobody@qinglan.example", "--yes"]) == 1
    assert main(["people", "export", WHO, "--out", str(file)]) == 2  # nothing is written over
