"""Who may do what: rights, the roles that carry them, which roles one person may hold together; how a house is staffed.

Deny by default: a right that no role of a person carries is not there. Chinese labels are those that users see.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """One kind of act. Every page of the console asks for exactly one."""

    VIEW = "view"  # see issues, ledgers, lists: people's data included
    EDIT = "edit"  # take issues in, correct, prepare, try-send
    APPROVE = "approve"
    SEND = "send"  # release, pause, resume, cancel, resolve, resend
    LISTS = "lists"  # units, people, imports, suppressions, requests
    TASKS = "tasks"  # returns and tasks
    SYSTEM = "system"  # settings, relay
    SECURITY = "security"  # accounts
    AUDIT = "audit"


class Role(StrEnum):
    """What a person is here for. One account may hold several."""

    EDITOR = "editor"
    APPROVER = "approver"
    LISTS_ADMIN = "lists"
    SYSTEM_ADMIN = "system"
    SECURITY_ADMIN = "security"
    AUDITOR = "audit"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.EDITOR: "编辑",
    Role.APPROVER: "核签",
    Role.LISTS_ADMIN: "名单管理",
    Role.SYSTEM_ADMIN: "系统管理",
    Role.SECURITY_ADMIN: "安全管理",
    Role.AUDITOR: "审计",
}

#: The security administrator grants roles and sees no recipient; the auditor sees everything and changes nothing.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.EDITOR: frozenset({Right.VIEW, Right.EDIT, Right.SEND, Right.TASKS}),
    Role.APPROVER: frozenset({Right.VIEW, Right.APPROVE}),
    Role.LISTS_ADMIN: frozenset({Right.VIEW, Right.LISTS, Right.TASKS}),
    Role.SYSTEM_ADMIN: frozenset({Right.VIEW, Right.SYSTEM}),
    Role.SECURITY_ADMIN: frozenset({Right.SECURITY}),
    Role.AUDITOR: frozenset({Right.VIEW, Right.AUDIT}),
}

#: The three administrators: system, security, audit.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})


class Profile(StrEnum):
    """How many people the office has for this, chosen when it was set up."""

    ONE = "one"
    TWO = "two"
    THREE = "three"

    @property
    def label(self) -> str:
        return {Profile.ONE: "单人", Profile.TWO: "两人", Profile.THREE: "三员"}[self]


class ApprovalMode(StrEnum):
    """How an issue is approved, chosen when the office was set up."""

    OFFLINE = "offline"  # signed on paper; who and when is entered here
    SYSTEM = "system"  # another account approves here
    ONE = "one"  # whoever releases approves

    @property
    def label(self) -> str:
        return {
            ApprovalMode.OFFLINE: "线下核签登记",
            ApprovalMode.SYSTEM: "系统核签",
            ApprovalMode.ONE: "单人",
        }[self]


#: The accounts that are made with the house, by name. One person alone does everything; two: the other one is added.
FIRST_ACCOUNTS: dict[Profile, dict[str, frozenset[Role]]] = {
    Profile.ONE: {"admin": frozenset(Role)},
    Profile.TWO: {"admin": frozenset({Role.EDITOR, Role.APPROVER, Role.LISTS_ADMIN, Role.SYSTEM_ADMIN})},
    Profile.THREE: {
        "admin": frozenset({Role.EDITOR, Role.APPROVER, Role.LISTS_ADMIN, Role.SYSTEM_ADMIN}),
        "security": frozenset({Role.SECURITY_ADMIN}),
        "auditor": frozenset({Role.AUDITOR}),
    },
}


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Everything the roles carry together."""
    return frozenset(right for role in roles for right in RIGHTS[role])


def excluded_together(roles: Iterable[Role], profile: Profile) -> tuple[Role, ...]:
    """The administrators among ``roles`` that one person may not be at once; () when all is well.

    They exclude one another wherever there is more than one person to share them.
    """
    held = tuple(role for role in Role if role in set(roles) & ADMINISTRATORS)
    return held if len(held) > 1 and profile is not Profile.ONE else ()
