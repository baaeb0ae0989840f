"""``mailer issues parse`` and ``check`` as a person and as a program call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.cli.main import main
from mailer.resources import sample

SAMPLE = sample("issue.md")


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_parse_prints_exactly_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["issues", "parse", "--json", str(SAMPLE)]) == 0
    (issue,) = objects(capsys)
    assert (issue["ok"], issue["number"], issue["date"]) == (True, 128, "2026-11-20")
    assert list(issue["distribution"]) == ["报", "送", "发"]


def test_parse_tells_people_what_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["issues", "parse", str(SAMPLE)]) == 0
    told = capsys.readouterr().out
    for words in (
        "青岚区创建全国文明城市 工作快报",
        "第128期",
        "【简讯】 13 条",
        "［移风易俗］区民政局",
        "kuaibao@qinglan.example",
    ):
        assert words in told


def test_parse_shows_what_was_not_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "12.md"
    file.write_text("# 白鹭区工作快报\n\n第12期\n\n## 【要闻】\n\n开会。\n\n编辑：李禾\n\n欢迎来稿\n", encoding="utf-8")
    assert main(["issues", "parse", str(file)]) == 0
    assert "第 11 行（报尾）：欢迎来稿" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["parse", "check"])
def test_a_missing_file_is_wrong_use(action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["issues", action, "--json", str(tmp_path / "none.md")]) == 2
    (error,) = objects(capsys)
    assert error["code"] == "no_file"


@pytest.mark.parametrize("action", ["parse", "check"])
@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.md", b"", "empty"),
        ("a.docx", b"PK", "damaged"),
        ("a.wps", b"x", "unsupported_format"),
        ("a.txt", b"\0\1", "not_text"),
    ],
)
def test_what_is_no_issue_is_one_object_and_exit_1(
    action: str, name: str, data: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    assert main(["issues", action, "--json", str(file)]) == 1
    (error,) = objects(capsys)
    assert (error["ok"], error["event"], error["code"]) == (False, "error", code)
    assert name in str(error["message"])
    assert error["hint"]


def test_what_is_no_issue_is_told_to_people_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"")
    assert main(["issues", "parse", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "a.md" in printed.err
    assert "怎么办" in printed.err


def test_check_exits_1_only_when_something_must_be_dealt_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["issues", "check", "--json", str(SAMPLE)]) == 0
    (sound,) = objects(capsys)
    assert (sound["ok"], sound["stops"]) == (True, 0)

    secret = tmp_path / "a.md"
    secret.write_text("秘密★一年\n\n" + SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["issues", "check", str(secret)]) == 1
    told = capsys.readouterr().out
    assert "必须处理 1 处：\n  1. 报头标有密级“秘密★一年”" in told
    assert "→ 请立即停止" in told
    assert "不能代替保密审查" in told


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["issues", "parse", str(SAMPLE)]) == 0
    assert list(tmp_path.iterdir()) == []
