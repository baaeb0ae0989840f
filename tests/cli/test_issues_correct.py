"""``mailer issues correct`` as a person calls it: a field is set, another revision is there, the file stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.cli.main import main
from mailer.resources import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture(autouse=True)
def office(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One installation for the module, with the sample issue taken."""
    monkeypatch.setenv("MAILER_DATA_DIR", str(folder / "data"))
    assert main(["init", "--yes"]) == 0
    assert main(["issues", "import", str(sample("issue.md"))]) == 0
    capsys.readouterr()


def test_a_correction_is_told_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["issues", "correct", "128", "--set", "credit.校对=方圆", "--set", "item.1.byline=", "--json"]
    assert main(arguments) == 0
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["event"], told["number"], told["created"]) == ("result", 128, True)
    assert main(["issues", "show", "128", "--json"]) == 0
    (issue,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (issue["credits"]["校对"], issue["sections"][0]["items"][0]["byline"]) == (["方圆"], None)
    assert main(arguments) == 0
    (again,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (again["created"], again["revision"]) == (False, told["revision"])


@pytest.mark.parametrize(
    ("setting", "exit_code", "code"),
    [("number", 2, "usage"), ("nummer=1", 1, "unknown_field"), ("date=下周", 1, "bad_value")],
)
def test_what_cannot_be_is_refused_with_advice(
    setting: str, exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["issues", "correct", "128", "--set", setting, "--json"]) == exit_code
    (error,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (error["event"], error["code"]) == ("error", code)
    assert error["hint"]


def test_an_issue_that_was_never_taken_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["issues", "correct", "999", "--set", "number=1", "--json"]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "no_issue"
