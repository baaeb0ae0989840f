"""Roles and rights: who may do what is written out here once more, so that a slip in the table shows."""

from __future__ import annotations

from itertools import combinations

import pytest

from mailer.model.rights import (
    ADMINISTRATORS,
    FIRST_ACCOUNTS,
    RIGHTS,
    ApprovalMode,
    Profile,
    Right,
    Role,
    excluded_together,
    rights_of,
)


def test_the_table_of_roles_and_rights():
    r = Right
    assert {
        Role.EDITOR: {r.VIEW, r.EDIT, r.SEND, r.TASKS},
        Role.APPROVER: {r.VIEW, r.APPROVE},
        Role.LISTS_ADMIN: {r.VIEW, r.LISTS, r.TASKS},
        Role.SYSTEM_ADMIN: {r.VIEW, r.SYSTEM},
        Role.SECURITY_ADMIN: {r.SECURITY},
        Role.AUDITOR: {r.VIEW, r.AUDIT},
    } == RIGHTS


def test_nobody_carries_no_right_and_somebody_the_sum():
    assert rights_of([]) == frozenset()
    assert rights_of([Role.APPROVER, Role.AUDITOR]) == {Right.VIEW, Right.APPROVE, Right.AUDIT}


@pytest.mark.parametrize("profile", [Profile.TWO, Profile.THREE])
def test_only_the_three_administrators_exclude_one_another(profile: Profile):
    for pair in combinations(Role, 2):
        excluded = set(pair) <= ADMINISTRATORS
        assert bool(excluded_together(pair, profile)) is excluded
    assert set(excluded_together(Role, profile)) == ADMINISTRATORS


def test_one_person_alone_may_be_everything():
    assert excluded_together(Role, Profile.ONE) == ()


@pytest.mark.parametrize("profile", Profile)
def test_the_first_accounts_fit_their_profile_and_admin_can_do_the_work(profile: Profile):
    accounts = FIRST_ACCOUNTS[profile]
    assert all(not excluded_together(roles, profile) for roles in accounts.values())
    assert {Right.EDIT, Right.SEND, Right.LISTS, Right.TASKS, Right.SYSTEM} <= rights_of(accounts["admin"])


def test_three_administrators_leave_no_right_to_nobody():
    held = [rights_of(roles) for roles in FIRST_ACCOUNTS[Profile.THREE].values()]
    assert frozenset().union(*held) == frozenset(Right)


@pytest.mark.parametrize("roles", FIRST_ACCOUNTS[Profile.THREE].values(), ids=FIRST_ACCOUNTS[Profile.THREE])
def test_no_account_of_three_both_sends_and_looks_after_the_trace(roles: frozenset[Role]):
    assert len(rights_of(roles) & {Right.SEND, Right.SECURITY, Right.AUDIT}) == 1


@pytest.mark.parametrize("kind", [Role, Profile, ApprovalMode])
def test_everything_that_is_shown_has_a_chinese_word_of_its_own(kind: type[Role | Profile | ApprovalMode]):
    labels = [each.label for each in kind]
    assert len(set(labels)) == len(labels)
    assert not any(label.isascii() for label in labels)
