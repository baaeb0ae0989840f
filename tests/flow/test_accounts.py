"""Accounts: names and roles that are accepted, what each change leaves in the audit, how the house is staffed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from mailer.flow import accounts as flow
from mailer.flow.accounts import AccountError, add_account, find_account, house, set_house
from mailer.flow.office import Office, came_from
from mailer.model.rights import ApprovalMode, Profile, Role
from mailer.store import accounts, core


def add(office: Office, name: str, *roles: Role) -> bool:
    return add_account(office, name, roles, "h", actor="cli:a")


def last(office: Office) -> tuple[str, str, str, dict[str, object]]:
    with office.store.read() as session:
        row = session.execute(select(core.audit).order_by(core.audit.c.id.desc()).limit(1)).one()
    return row.actor, row.source, row.action, json.loads(row.detail)


def count(office: Office) -> int:
    with office.store.read() as session:
        return len(session.execute(select(core.audit.c.id)).all())


def test_a_name_is_taken_whatever_its_case_and_width(office: Office):
    assert add(office, "Ada 何", Role.EDITOR)
    for same in ("ada 何", "ＡＤＡ 何", " Ada  何 "):
        assert not add(office, same, Role.EDITOR)
        assert find_account(office, " ".join(same.split())).name == "Ada 何"
    assert count(office) == 1


@pytest.mark.parametrize("name", ["", "  ", "甲" * 33, "甲\x00乙", "甲\u202e乙", "甲\u200b"])
def test_a_name_that_could_not_be_told_apart_is_refused(office: Office, name: str):
    with pytest.raises(AccountError, match="帐户名"):
        add(office, name, Role.EDITOR)
    assert count(office) == 0


def test_an_account_without_a_role_or_with_two_of_the_three_is_refused(office: Office):
    with pytest.raises(AccountError, match="至少"):
        add(office, "甲")
    with pytest.raises(AccountError, match="安全管理、审计"):
        add(office, "甲", Role.AUDITOR, Role.SECURITY_ADMIN)
    add(office, "甲", Role.EDITOR)
    with pytest.raises(AccountError, match="系统管理、审计"):
        flow.change_roles(office, find_account(office, "甲"), [Role.SYSTEM_ADMIN, Role.AUDITOR], actor="cli:a")
    assert find_account(office, "甲").roles == {"editor"}


def test_a_change_is_written_down_with_before_and_after_and_where_it_came_from(office: Office):
    add(office, "甲", Role.EDITOR)
    token = came_from.set("192.0.2.7")
    try:
        flow.change_roles(office, find_account(office, "甲"), [Role.APPROVER, Role.EDITOR], actor="account:乙")
    finally:
        came_from.reset(token)
    assert last(office) == (
        "account:乙",
        "192.0.2.7",
        "account.roles_changed",
        {"before": ["编辑"], "after": ["编辑", "核签"]},
    )


def test_what_changes_nothing_leaves_no_record(office: Office):
    add(office, "甲", Role.EDITOR)
    account = find_account(office, "甲")
    flow.change_roles(office, account, [Role.EDITOR], actor="cli:a")
    flow.enable(office, account, actor="cli:a")
    assert count(office) == 1
    flow.disable(office, account, actor="cli:a")
    flow.disable(office, find_account(office, "甲"), actor="cli:a")
    assert count(office) == 2
    flow.enable(office, find_account(office, "甲"), actor="cli:a")
    assert last(office)[2] == "account.enabled"
    assert find_account(office, "甲").is_enabled


def test_no_record_holds_a_password_or_a_code(office: Office):
    add(office, "甲", Role.EDITOR)
    flow.set_password(office, find_account(office, "甲"), "another hash", actor="cli:a", given=True)
    codes = flow.renew_recovery_codes(office, find_account(office, "甲"), actor="cli:a")
    with office.store.read() as session:
        told = " ".join(session.execute(select(core.audit.c.detail)).scalars())
        assert accounts.recovery_codes_left(session, 1) == len(set(codes)) == 10
    assert "hash" not in told
    assert not any(code in told for code in codes)


def test_nobody_has_no_account(office: Office):
    with pytest.raises(AccountError, match="没有叫“乙”的帐户"):
        find_account(office, "乙")


def test_two_people_and_paper_unless_something_else_was_chosen(office: Office):
    assert house(office) == (Profile.TWO, ApprovalMode.OFFLINE)
    set_house(office, Profile.ONE, ApprovalMode.SYSTEM, actor="cli:a")
    assert house(office) == (Profile.ONE, ApprovalMode.SYSTEM)
    assert last(office)[2:] == (
        "house.set",
        {"before": "两人，线下核签登记", "after": "单人，系统核签"},
    )


def test_a_house_of_one_does_not_become_one_of_three_with_everything_in_one_hand(office: Office):
    set_house(office, Profile.ONE, ApprovalMode.OFFLINE, actor="cli:a")
    add(office, "甲", *Role)
    with pytest.raises(AccountError, match=r"甲.*系统管理、安全管理、审计"):
        set_house(office, Profile.THREE, ApprovalMode.OFFLINE, actor="cli:a")
    assert house(office)[0] is Profile.ONE
