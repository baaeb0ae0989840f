"""The command line's manners: one way in, one way to fail, nothing but JSON on stdout under --json."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailer.cli.main import COMMANDS, main
from mailer.cli.output import CommandError, Exit, Output

NEEDS_INIT = [
    ["send", "issue.md", "--yes"],
    ["mailings", "list"],
    ["lists", "list"],
    ["issues", "list"],
    ["recipients", "export", "out.csv"],
    ["migrate"],
]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings, a data folder that is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_help_names_every_command_in_chinese(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(command in told for command in COMMANDS)
    assert all(not words.isascii() for words in COMMANDS.values())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "用法" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["no-such-command"], ["send"], ["mailings"], ["lists", "show", "--no-such-option"], []]
)
def test_wrong_use_is_2_and_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 2
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert not (told.out + told.err).isascii()


@pytest.mark.parametrize("words", NEEDS_INIT, ids=lambda words: words[0])
def test_before_init_it_is_2_and_says_so_and_makes_nothing(
    words: list[str], nowhere: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([*words, "--json"]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)
    assert (error["event"], error["code"]) == ("error", "not_initialised")
    assert "mailer init" in error["hint"]
    assert not (nowhere / "data").exists()


def test_init_can_be_repeated_and_keeps_the_folder_private(nowhere: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["init", "--yes", "--json"]) == 0
    first = capsys.readouterr()
    assert json.loads(first.out.splitlines()[-1])["admin_made"] is True
    assert "admin" in first.err
    secret = (nowhere / "data" / "secret.key").read_text("ascii")
    assert main(["init", "--yes", "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out.splitlines()[-1])["admin_made"] is False
    assert again.err == "", "the password is shown once"
    assert (nowhere / "data" / "secret.key").read_text("ascii") == secret
    assert (nowhere / "data").stat().st_mode & 0o777 == 0o700
    files = [path for path in (nowhere / "data").iterdir() if path.is_file()]
    assert {path.name: path.stat().st_mode & 0o077 for path in files} == {path.name: 0 for path in files}
    assert main(["migrate", "--check"]) == 0


def test_a_wrong_setting_is_told_with_its_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("MAILER_LEASE", "soon")
    assert main(["mailings", "list", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)
    assert error["code"] == "bad_setting"
    assert "MAILER_LEASE" in error["message"]


def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("MAILER_DATABASE_URL", "postgresql+psycopg://u:word@127.0.0.1:1/x")
    assert main(["mailings", "list", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["code"] == "no_database"
    assert "word" not in told.out


# --- output ----------------------------------------------------------------------------------------------------------


def test_people_read_sentences_and_programs_objects():
    for as_json in (False, True):
        out = Output(json=as_json, stdout=io.StringIO(), stderr=io.StringIO())
        assert isinstance(out.stdout, io.StringIO)
        assert isinstance(out.stderr, io.StringIO)
        out.line("已交出 3 份")
        out.object({"n": 3, "名": "发"})
        assert out.stdout.getvalue() == ('{"n": 3, "名": "发"}\n' if as_json else "已交出 3 份\n")
        out.note("remark")
        assert out.stderr.getvalue() == "remark\n"


def test_a_failure_says_what_and_what_to_do():
    error = CommandError("code", "出了什么事", "做什么", Exit.USAGE)
    for as_json in (False, True):
        out = Output(json=as_json, stdout=io.StringIO(), stderr=io.StringIO())
        out.fail(error)
        assert isinstance(out.stdout, io.StringIO)
        assert isinstance(out.stderr, io.StringIO)
        if as_json:
            assert json.loads(out.stdout.getvalue()) == {
                "event": "error", "code": "code", "message": "出了什么事", "hint": "做什么",
            }  # fmt: skip
        else:
            assert out.stderr.getvalue() == "错误：出了什么事\n怎么办：做什么\n"
            assert out.stdout.getvalue() == ""


def test_times_are_iso_with_a_z():
    out = Output(json=True, stdout=io.StringIO())
    out.object({"at": datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=UTC), "on": date(2026, 11, 23), "path": Path("a")})
    assert isinstance(out.stdout, io.StringIO)
    assert json.loads(out.stdout.getvalue()) == {"at": "2026-11-23T10:00:00Z", "on": "2026-11-23", "path": "a"}
