from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, create_engine

from mailer.cli import recipients as command
from mailer.cli.main import main
from mailer.cli.output import CommandError, Output
from mailer.resources import sample
from recipients import directory
from recipients.address import is_test_domain

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)
LIST = "单位,姓名,人员类别,邮箱\n松陵镇,郑好,信息员,zh@x.example\n松陵镇,李一,主管领导,\n"
TRIGGERS = ("unknown", "full", "grey", "rate", "spam", "drop", "lose", "slow", "late", "success", "delay", "never")


@pytest.fixture
def roster(tmp_path) -> Path:
    path = tmp_path / "名单.csv"
    path.write_text(LIST, encoding="gb18030")
    return path


def call(capsys, *words) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_a_dry_run_prints_one_object_and_leaves_nothing_behind(roster, tmp_path, capsys, monkeypatch):
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    code, out, err = call(capsys, "recipients", "import", "--dry-run", "--json", roster)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert out.count("\n") == 1
    assert {
        "valid",
        "rejected",
        "duplicates",
        "import",
        "added",
        "changed",
        "ended",
        "unchanged",
        "on_no_list",
        "warnings",
    } <= told.keys()
    assert told["valid"][0]["email"] == "zh@x.example"
    assert [(r["row"], r["reason"]) for r in told["rejected"]] == [(3, "no_email")]
    assert list(empty.iterdir()) == []


def test_a_dry_run_loads_no_database(roster):
    script = "import sys; from mailer.cli.main import main; main(sys.argv[1:]); print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, "recipients", "import", "--dry-run", str(roster)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.stdout.endswith("False\n")


def test_people_read_where_what_and_what_to_do(roster, capsys):
    code, out, _ = call(capsys, "recipients", "import", "--dry-run", roster)
    assert code == 0
    assert "第 3 行：松陵镇李一：没有填写邮箱。请补上邮箱" in out


def test_exit_1_only_when_nobody_is_usable(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("单位,姓名,邮箱\n松陵镇,郑好,无\n", encoding="utf-8")
    code, out, _ = call(capsys, "recipients", "import", "--dry-run", "--json", path)
    assert code == 1
    assert json.loads(out)["rejected"][0]["reason"] == "no_email"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["import", "--dry-run", "--json", "missing.csv"], 2, "no_file"),
        (["import", "--json"], 2, "usage"),
        (["import", "--json", "--full", "--units", "x.csv"], 2, "usage"),
        (["export", "--json"], 2, "usage"),
        (["--json"], 2, "usage"),
    ],
)
def test_wrong_use_is_said_as_one_json_line(words, code, error, capsys):
    found, out, _ = call(capsys, "recipients", *words)
    assert found == code
    assert json.loads(out)["code"] == error


def test_a_file_that_is_no_spreadsheet_fails_with_a_remedy(tmp_path, capsys):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 rubbish")
    code, out, err = call(capsys, "recipients", "import", "--dry-run", path)
    assert (code, out) == (1, "")
    assert "a.xlsx" in err
    assert "怎么办" in err


def arguments(path, **more) -> argparse.Namespace:
    return argparse.Namespace(
        **(
            {
                "files": [path],
                "full": False,
                "units": False,
                "yes": False,
                "confirm_removals": False,
                "pairs": [],
                "new_unit": [],
            }
            | more
        )
    )


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        directory.seed_lists(session, 1)
        yield session
    engine.dispose()


def test_taking_over_and_exporting(roster, session, tmp_path, capsys):
    read = command.read_rosters([roster])
    assert command.take_over(session, *read, arguments(roster), AT).as_json()["added"] == 2
    assert command.take_over(session, *read, arguments(roster), AT).as_json()["unchanged"] == 2
    for name in ("out.csv", "out.xlsx"):
        out = Output(json=True, stdout=io.StringIO())
        assert command.export(session, tmp_path / name, AT, out) == 0
        again = command.read_rosters([tmp_path / name])
        assert command.take_over(session, *again, arguments(tmp_path / name, full=True), AT).as_json()["unchanged"] == 2


def test_people_leave_only_after_a_yes_and_many_after_a_second_word(roster, session):
    roster.write_text(LIST + "".join(f"镇{n},人{n},信息员,a{n}@x.example\n" for n in range(20)), encoding="utf-8")
    command.take_over(session, *command.read_rosters([roster]), arguments(roster), AT)
    session.commit()
    shorter = roster.with_name("b.csv")
    shorter.write_text("\n".join(roster.read_text(encoding="utf-8").splitlines()[:-1]), encoding="utf-8")
    read = command.read_rosters([shorter])
    with pytest.raises(CommandError) as caught:
        command.take_over(session, *read, arguments(shorter, full=True), AT)
    assert (caught.value.code, caught.value.exit_code) == ("needs_yes", 2)
    session.rollback()
    assert len(command.take_over(session, *read, arguments(shorter, full=True, yes=True), AT).difference.ended) == 1
    shorter.write_text(LIST, encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        command.take_over(session, *command.read_rosters([shorter]), arguments(shorter, full=True, yes=True), AT)
    assert (caught.value.code, caught.value.exit_code) == ("needs_confirmation", 1)


def test_the_sample_roster_is_whole_and_reaches_nobody(capsys):
    code, out, _ = call(capsys, "recipients", "import", "--dry-run", "--json", sample("roster.csv"))
    told = json.loads(out)
    assert code == 0
    assert told["added"] == 148
    assert len(told["valid"]) == 146
    assert [r["reason"] for r in told["rejected"]] == ["no_email"]
    assert len(told["duplicates"]) == 1
    assert told["on_no_list"] == []
    assert told["warnings"] == []
    assert sum(v["paper"] for v in told["valid"]) == 1
    assert all(is_test_domain(v["email"].rpartition("@")[2]) for v in told["valid"])
    for trigger in TRIGGERS:
        assert 1 <= sum(v["email"].startswith(f"{trigger}.") for v in told["valid"]) <= 3
        assert all(v["email"].startswith(f"{trigger}.") or not v["email"].startswith(trigger) for v in told["valid"])
