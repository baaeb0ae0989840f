"""The directory's commands on an installation of their own, as a clerk types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.cli.main import main

LIST = "单位,姓名,人员类别,邮箱\n松陵镇,郑好,信息员,zheng@x.example\n,周禾,主要领导,zhou@x.example\n白石镇,吴满,信息员,wu@x.example\n"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, list[dict]]:
        code = main([*words, "--json"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    main(["init", "--yes"])
    (tmp_path / "a.csv").write_text(LIST, encoding="gb18030")
    capsys.readouterr()
    call("recipients", "import", "a.csv")
    return call


def names(call, code="发", *words):
    _, (told,) = call("lists", "members", code, *words)
    return [(m["unit"], m["name"], m["withheld"]) for m in told["members"]]


def test_finding_by_initials_and_saying_why_somebody_is_on_a_list(call):
    code, told = call("recipients", "find", "zh", "松陵")
    assert (code, [one["name"] for one in told[:-1]]) == (0, ["郑好", "周禾"])
    _, (lists,) = call("lists", "members", "发")
    assert {m["why"] for m in lists["members"]} == {"规则：“领导”以外各单位的主要领导、主管领导、信息员"}


def test_an_unknown_unit_is_asked_about_and_mapped(call, tmp_path):
    (tmp_path / "b.csv").write_text("单位,姓名,人员类别,邮箱\n松陵街道,郑好,信息员,zheng@x.example\n", encoding="utf-8")
    code, (told,) = call("recipients", "import", "b.csv")
    assert (code, told["code"]) == (2, "needs_mapping")
    assert "--map 松陵镇=松陵街道" in told["hint"]
    code, (told,) = call("recipients", "import", "b.csv", "--map", "松陵镇=松陵街道", "--at", "2099-01-05")
    assert (code, told["units"]) == (0, [{"kind": "rename", "old": "松陵镇", "new": "松陵街道"}])
    assert (told["unchanged"], told["added"]) == (1, 0)
    assert [unit for unit, *_ in names(call)] == ["松陵镇", "松陵镇", "白石镇"]
    assert [unit for unit, *_ in names(call, "发", "--at", "2099-01-05")] == ["松陵街道", "松陵街道", "白石镇"]
    assert call("recipients", "import", "a.csv")[1][0]["code"] == "later_import"
    assert call("recipients", "undo", "--yes")[1] == [{"event": "result", "undone": 2}]
    assert call("recipients", "import", "a.csv")[1][0]["unchanged"] == 3


def test_a_file_without_anybody_usable_ends_nobody(call, tmp_path):
    (tmp_path / "b.csv").write_text("单位,姓名,邮箱\n松陵镇,郑好,无\n", encoding="utf-8")
    code, (told,) = call("recipients", "import", "b.csv", "--full", "--yes", "--confirm-removals")
    assert (code, told["import"], len(told["rejected"])) == (1, None, 1)
    assert len(names(call)) == 3


@pytest.mark.parametrize("pair", ["松陵镇", "=松陵镇", "甲=乙"])
def test_a_pair_that_cannot_be_read_is_wrong_use(call, pair):
    code, (told,) = call("recipients", "import", "a.csv", "--map", pair)
    assert code == 2
    assert told["event"] == "error"


def test_the_acts_on_units(call):
    assert call("recipients", "rename", "白石镇", "白石街道")[0] == 0
    assert call("recipients", "alias", "白石街道", "白石")[0] == 0
    assert call("recipients", "merge", "白石", "松陵镇")[1][0]["people"] == 1
    assert {unit for unit, *_ in names(call)} <= {"松陵镇", "白石街道"}  # of noon today, before or after the act
    assert [one["unit"] for one in call("recipients", "find", "吴满")[1][:-1]] == ["松陵镇"]
    code, (told,) = call("recipients", "merge", "白石", "松陵镇")
    assert (code, told["code"]) == (2, "bad_unit")
    assert call("recipients", "close", "松陵镇")[1][0]["people"] == 3


def test_undo_asks_first_and_does_it_once(call):
    assert call("recipients", "undo")[0] == 2
    assert call("recipients", "undo", "--yes")[0] == 0
    assert call("recipients", "find", "郑好")[1] == [{"event": "result", "people": 0}]
    code, (told,) = call("recipients", "undo", "--yes")
    assert (code, told["code"]) == (1, "nothing_to_undo")


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_the_blank_form_filled_in_is_a_list(call, tmp_path, suffix):
    assert call("recipients", "template", f"form.{suffix}")[0] == 0
    code, (told,) = call("recipients", "import", "--dry-run", f"form.{suffix}")
    assert (code, told["valid"], told["rejected"]) == (1, [], [])  # nobody is in it yet


def test_suppressing_listing_and_lifting(call):
    code, (told,) = call("suppressions", "add", "Zheng@x.example", "--because", "电话核实")
    assert (code, told["withheld"]) == (0, 0)
    _, (one, _result) = call("suppressions", "list")
    assert (one["address"], one["reason"], one["evidence"]) == ("zheng@x.example", "office", "电话核实")
    assert call("suppressions", "lift", str(one["number"]), "--because", "查错了")[0] == 0
    assert call("suppressions", "list")[1] == [{"event": "result", "suppressions": 0}]
    assert call("suppressions", "list", "--all")[1][-1]["suppressions"] == 1
    assert call("suppressions", "lift", "99", "--because", "x")[0] == 1
    assert call("suppressions", "add", "zheng", "--because", "x")[0] == 2
    assert call("suppressions", "add", "a@x.example", "--list", "转", "--because", "x")[0] == 2


def test_a_wish_becomes_a_task_and_is_answered(call):
    code, (told,) = call("recipients", "request", "new-address", "zheng@x.example", "--to", "new@x.example")
    assert (code, told["state"]) == (0, "open")
    _, (task, _result) = call("tasks", "list")
    assert task["kind"] == "change_request"
    assert call("tasks", "answer", str(told["request"]), "--grant")[0] == 0
    assert call("recipients", "find", "郑好")[1][0]["emails"] == ["new@x.example"]
    _, (tell, _result) = call("tasks", "list")
    assert tell["kind"] == "tell_person"
    assert call("tasks", "done", str(tell["number"]))[0] == 0
    assert call("tasks", "done", str(tell["number"]))[0] == 1
    assert call("tasks", "answer", "99", "--refuse", "不行")[0] == 1
    assert call("recipients", "request", "pause", "zheng@x.example")[0] == 2
    assert call("recipients", "request", "new-address", "zheng@x.example", "--to", "x")[0] == 2


def test_what_a_list_wants_of_its_mails_is_set_and_shown(call):
    code, (told,) = call("lists", "set", "发", "--in-doubt", "resend", "--acknowledgement", "yes", "--leave", "yes")
    assert (code, told["in_doubt"], told["acknowledgement"], told["is_duty"]) == (0, "resend", True, False)
    call("lists", "set", "发", "--in-doubt", "setting")
    _, (told,) = call("lists", "show", "发")
    assert (told["in_doubt"], told["acknowledgement"], told["is_duty"]) == (None, True, False)
    assert told["rules"] == ["“领导”以外各单位的主要领导、主管领导、信息员"]
    assert call("lists", "set", "发")[1][0]["code"] == "usage"
    assert call("lists", "set", "无", "--leave", "no")[1][0]["code"] == "no_list"


def test_who_has_not_agreed_is_shown_all_that_would_change(call, tmp_path, capsys):
    (tmp_path / "b.csv").write_text("单位,姓名,人员类别,邮箱\n松陵镇,郑好,主要领导,zheng@x.example\n", encoding="utf-8")
    assert main(["recipients", "import", "b.csv", "--units"]) == 1
    told = capsys.readouterr()
    assert "照这样导入，将是：" in told.out
    assert "松陵镇 周禾（主要领导）：离任" in told.out
    assert "松陵镇 郑好（信息员）：离任，转任松陵镇主要领导" in told.out
    assert "超过现有 3 人的一成" in told.err
    assert len(names(call)) == 3, "nothing was written"
    assert main(["recipients", "import", "b.csv", "--units", "--confirm-removals"]) == 2
    assert "将有 2 人离任" in capsys.readouterr().err
