"""``mailer bulletins``: what may be set is kept and seen in the sample; what cannot be read is refused in Chinese."""

from __future__ import annotations

import json

import pytest

from mailer.cli.main import main
from tests.cli.test_render import ISSUE
from tests.support.ooxml import png


@pytest.fixture
def house(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--yes"]) == 0
    (tmp_path / "logo.png").write_bytes(png(320, 80))
    (tmp_path / "128.md").write_text(ISSUE, encoding="utf-8")
    capsys.readouterr()
    return tmp_path


def look(*arguments: str) -> int:
    return main(["bulletins", "look", *arguments])


def shown(capsys) -> dict:
    capsys.readouterr()
    assert main(["bulletins", "show", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_look_is_set_shown_and_in_the_sample(house, capsys):
    assert (
        look(
            "--colour",
            "藏青",
            "--logo",
            "logo.png",
            "--alt",
            "澄江区文明办",
            "--footer",
            "一",
            "二",
            "--office",
            "澄江快报",
        )
        == 0
    )
    assert "已设置" in capsys.readouterr().out
    found = shown(capsys)
    assert (found["colour"], found["office"], found["footer"]) == ("navy", "澄江快报", ["一", "二"])
    assert (found["logo"]["width"], found["logo"]["height"], found["logo"]["alt"]) == (280, 70, "澄江区文明办")
    assert main(["render", "128.md", "--out", "out"]) == 0
    html = (house / "out" / "issue.html").read_text(encoding="utf-8")
    assert "#1d3f72" in html
    assert "cid:logo." in html
    assert b"image/png" in (house / "out" / "issue.eml").read_bytes()


def test_one_thing_is_changed_and_the_rest_stays(house, capsys):
    assert look("--colour", "green", "--logo", "logo.png", "--alt", "甲办", "--footer", "一") == 0
    assert look("--alt", "乙办") == 0
    assert look("--no-logo") == 0
    assert look("--footer") == 0
    found = shown(capsys)
    assert (found["colour"], found["logo"], found["footer"]) == ("green", None, [])
    assert look("--plain") == 0
    assert shown(capsys)["colour"] == "red"
    assert look("--plain") == 0
    assert "没有改动" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--colour", "#ff6600"], "对比度只有"), (["--colour", "粉"], "没有颜色"), (["--logo", "logo.png"], "替代文字"),
        (["--logo", "128.md", "--alt", "甲"], "PNG 或 JPEG"), (["--logo", "none.png", "--alt", "甲"], "读不到图片"),
        (["--footer", *"一二三四五"], "最多 4 行"), (["--office", "办" * 61], "最多 60 字"),
        (["--logo", "logo.png", "--no-logo"], "只能写一个"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_changes_nothing(house, capsys, arguments, told):
    assert look(*arguments) == 2
    assert told in capsys.readouterr().err
    assert (shown(capsys)["colour"], shown(capsys)["logo"]) == ("red", None)


def test_without_an_installation_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bulletins", "show"]) == 2
    assert "mailer init" in capsys.readouterr().err
