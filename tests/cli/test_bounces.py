"""The command's contract with programs (DESIGN 6): one object per recipient, one per reply line, nothing else."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from mailer.cli.main import main
from tests.unit.feedback import samples


def _objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_parse_gives_one_object_per_recipient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bounce, letter = tmp_path / "a.eml", tmp_path / "b.eml"
    bounce.write_bytes(samples.POSTFIX)
    letter.write_bytes(samples.letter("Subject: hello"))
    assert main(["bounces", "parse", "--json", str(bounce), str(letter)]) == 0
    first, second = _objects(capsys.readouterr().out)
    assert first["file"] == str(bounce)
    assert (first["kind"], first["recipient"], first["status"]) == ("bounce", "li.ming@post.example", "5.1.1")
    assert (first["reply_code"], first["reason"], first["hard"]) == (550, "userunknown", True)
    assert "User unknown" in str(first["diagnostic"])
    assert (second["kind"], second["recipient"], second["reason"]) == ("none", None, None)


def test_parse_speaks_chinese_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(samples.POSTFIX)
    assert main(["bounces", "parse", str(path)]) == 0
    assert "对方说没有这个邮箱" in capsys.readouterr().out


def test_an_unread_report_is_none_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"From: mailer-daemon@relay.example\n\nwhat\n")
    assert main(["bounces", "parse", "--json", str(path)]) == 0
    assert _objects(capsys.readouterr().out)[0]["kind"] == "none"


def test_a_missing_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bounces", "parse", "--json", str(tmp_path / "no.eml")]) == 2
    assert _objects(capsys.readouterr().out)[-1]["code"] == "unreadable_file"


def test_classify_answers_line_by_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = '{"reply": "550 5.1.1 User unknown", "domain": "post.example"}\n{"reply": "451 MI:SFQ", "domain": null}\n'
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    assert main(["bounces", "classify", "--json"]) == 0
    assert _objects(capsys.readouterr().out) == [
        {"reason": "userunknown", "hard": True, "status": "5.1.1"},
        {"reason": "speeding", "hard": False, "status": None},
    ]


@pytest.mark.parametrize("line", ["no json", "[]", '{"domain": "x"}', '{"reply": 5}'])
def test_classify_names_the_line_it_cannot_read(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(line + "\n"))
    assert main(["bounces", "classify", "--json"]) == 1
    error = _objects(capsys.readouterr().out)[-1]
    assert error["code"] == "bad_line"
    assert "第 1 行" in str(error["message"])


def test_an_action_is_needed() -> None:
    assert main(["bounces"]) == 2
