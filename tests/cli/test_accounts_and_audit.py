"""``mailer init`` with its profiles, ``mailer accounts``, ``mailer audit``."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailer import wiring
from mailer.cli.main import main
from mailer.flow.accounts import house
from mailer.flow.log_in import Door, Entered, log_in
from mailer.flow.office import Office
from mailer.flow.passwords import Passwords
from mailer.model.rights import ApprovalMode, Profile
from mailer.settings import load

Call = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command with --json: (exit code, objects on stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path / "data"))

    def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        capsys.readouterr()
        code = main([*words, "--json"])
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return run


@pytest.fixture
def office(tmp_path: Path) -> Callable[[], Office]:
    def opened() -> Office:
        settings = load({}, data_dir=str(tmp_path / "data"))
        return wiring.office_of(settings, wiring.open_store(settings))

    return opened


def passwords_in(told: str) -> list[str]:
    return re.findall(r"密码（只显示这一次）：(\S+)", told)


def gets_in(office: Office, name: str, password: str) -> bool:
    return isinstance(log_in(office, Passwords(), name, password, Door("", "")), Entered)


def roles(listed: list[dict[str, Any]]) -> dict[str, set[str]]:
    return {each["name"]: set(each["roles"]) for each in listed if "roles" in each}


@pytest.mark.parametrize(
    ("words", "wanted", "names"),
    [
        ([], (Profile.TWO, ApprovalMode.OFFLINE), {"admin"}),
        (["--profile", "单人", "--approval", "单人"], (Profile.ONE, ApprovalMode.ONE), {"admin"}),
        (["--profile", "three", "--approval", "系统核签"], (Profile.THREE, ApprovalMode.SYSTEM), {"admin", "security", "auditor"}),
    ],
)  # fmt: skip
def test_init_makes_the_first_accounts_of_its_profile(
    call: Call, office: Callable[[], Office], words: list[str], wanted: tuple[Profile, ApprovalMode], names: set[str]
):
    code, told, err = call("init", "--yes", *words)
    assert (code, set(told[-1]["accounts_made"])) == (0, names)
    assert house(office()) == wanted
    made = passwords_in(err)
    assert len(set(made)) == len(names)
    assert gets_in(office(), "admin", made[0])
    assert set(roles(call("accounts", "list")[1])) == names
    # repeated: nothing is made and nothing is changed
    code, told, err = call("init", "--yes")
    assert (code, told[-1]["accounts_made"], passwords_in(err)) == (0, [], [])
    assert house(office()) == wanted


def test_init_without_yes_asks_nobody_where_nobody_sits(call: Call, office: Callable[[], Office]):
    assert call("init")[1][-1]["accounts_made"] == []
    code, told, _ = call("init", "--profile", "四人")
    assert (code, told[-1]["code"]) == (2, "usage")
    assert "单人、两人、三员" in told[-1]["hint"]


def test_a_profile_that_accounts_contradict_is_refused(call: Call, office: Callable[[], Office]):
    call("init", "--yes", "--profile", "单人")
    code, told, _ = call("init", "--profile", "三员")
    assert (code, told[-1]["code"]) == (1, "roles_conflict")
    assert "admin" in told[-1]["message"]
    assert house(office())[0] is Profile.ONE


def test_an_account_from_its_making_to_its_end(call: Call, office: Callable[[], Office]):
    call("init")
    code, told, err = call("accounts", "add", "周慎", "--role", "核签、安全管理")
    (password,) = passwords_in(err)
    assert (code, told[-1]["name"]) == (0, "周慎")
    assert password not in json.dumps(told)
    assert gets_in(office(), "周慎", password)
    assert call("accounts", "add", "周慎")[1][-1]["code"] == "taken"
    assert roles(call("accounts", "list")[1]) == {"周慎": {"approver", "security"}}

    assert call("accounts", "roles", "周慎", "--role", "审计", "--role", "approver")[0] == 0
    assert roles(call("accounts", "list")[1]) == {"周慎": {"approver", "audit"}}

    (renewed,) = passwords_in(call("accounts", "reset-password", "周慎")[2])
    assert not gets_in(office(), "周慎", password)
    assert gets_in(office(), "周慎", renewed)
    assert call("accounts", "reset-totp", "周慎")[0] == 0

    assert call("accounts", "disable", "周慎")[0] == 0
    assert not gets_in(office(), "周慎", renewed)
    assert call("accounts", "list")[1][0]["enabled"] is False
    assert call("accounts", "enable", "周慎")[0] == 0
    assert gets_in(office(), "周慎", renewed)
    assert {each["action"] for each in call("audit", "list", "--what", "account.")[1][:-1]} == {
        "account.added", "account.roles_changed", "account.password_reset", "account.totp_off", "account.disabled",
        "account.enabled",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["disable", "无此人"], 1, "没有叫“无此人”的帐户"),
        (["add", "乙", "--role", "皇帝"], 2, "没有“皇帝”这个角色"),
        (["add", "乙", "--role", "审计、系统管理"], 1, "不能由同一个人担任"),
        (["add", " "], 1, "帐户名"),
        (["roles", "乙"], 2, ""),
    ],
)
def test_what_cannot_be_is_a_sentence(call: Call, words: list[str], code: int, said: str):
    call("init")
    got, told, _ = call("accounts", *words)
    assert got == code
    assert said in told[-1]["message"]


def test_somebody_locked_out_gets_in_after_a_new_password(call: Call, office: Callable[[], Office]):
    call("init", "--yes")
    for _ in range(5):
        gets_in(office(), "admin", "wrong")
    (renewed,) = passwords_in(call("accounts", "reset-password", "admin")[2])
    assert gets_in(office(), "admin", renewed)


# --- audit -----------------------------------------------------------------------------------------------------------


def test_a_chain_that_holds_and_one_that_was_touched(call: Call, tmp_path: Path):
    call("init", "--yes")
    for name in ("甲", "乙", "丙"):
        call("accounts", "add", name)
    code, told, _ = call("audit", "verify")
    head = told[-1]["head"]
    assert (code, told[-1]["ok"], told[-1]["records"]) == (0, True, 4)
    assert call("audit", "verify", "--head", head)[0] == 0
    database = sqlite3.connect(tmp_path / "data" / "mailer.db")
    with database:
        database.execute("UPDATE audit_record SET subject = 'account:丁' WHERE id = 2")
        database.execute("DELETE FROM audit_record WHERE id = 4")
    code, told, _ = call("audit", "verify")
    assert code == 1
    assert [(each["number"], each["why"]) for each in told if each["event"] == "broken"] == [(2, "changed"), (4, "cut")]
    with database:
        database.execute("UPDATE audit_record SET subject = 'account:甲' WHERE id = 2")
        database.execute("UPDATE house_sequence SET next_value = 4 WHERE name = 'audit'")
    database.close()
    assert call("audit", "verify")[0] == 0  # cut together with its count: only the head kept elsewhere knows
    code, told, _ = call("audit", "verify", "--head", head)
    assert (code, told[0]["number"], told[0]["why"]) == (1, 4, "cut")


@pytest.mark.parametrize("head", ["", "x", "1", "1:", "1:xyz", ":" + "0" * 64, "一:" + "0" * 64])
def test_a_head_that_was_copied_wrongly(call: Call, head: str):
    call("init")
    code, told, _ = call("audit", "verify", "--head", head)
    assert (code, told[-1]["code"]) == (2, "usage")


def test_the_records_in_order_and_by_filter(call: Call):
    call("init", "--yes")
    call("accounts", "add", "甲")
    told = call("audit", "list")[1]
    assert [each["number"] for each in told[:-1]] == [1, 2]
    assert told[1]["subject"] == "account:甲"
    assert told[1]["actor"].startswith("cli:")
    assert call("audit", "list", "--actor", "nobody")[1] == [{"event": "result", "records": 0}]
    assert len(call("audit", "list", "--limit", "1")[1]) == 2
    assert call("audit", "list", "--since", "gestern")[0] == 2
