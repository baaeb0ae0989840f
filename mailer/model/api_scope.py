"""What an API key may do. A key carries scopes, never a role: deny by default, and nothing that a person has to answer for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Releasing and approving are not among them: a person does that."""

    ISSUES_READ = "issues:read"
    ISSUES_WRITE = "issues:write"
    MAILINGS_READ = "mailings:read"
    MAILINGS_WRITE = "mailings:write"
    LEDGER_READ = "ledger:read"
    EVENTS_READ = "events:read"
    LISTS_READ = "lists:read"
    ROSTER_READ = "roster:read"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Scope.ISSUES_READ: "看期刊",
    Scope.ISSUES_WRITE: "收录期刊",
    Scope.MAILINGS_READ: "看批次和合计",
    Scope.MAILINGS_WRITE: "暂停、继续、取消发送",
    Scope.LEDGER_READ: "看台账逐条（含个人信息）",
    Scope.EVENTS_READ: "看投递经过",
    Scope.LISTS_READ: "看名单和规则",
    Scope.ROSTER_READ: "看名册和名单成员（含个人信息）",
    Scope.TASKS_READ: "看待办（含个人信息）",
    Scope.TASKS_WRITE: "办结待办",
}


def scopes_of(words: str) -> frozenset[Scope]:
    """From the form they are kept in: words with blanks between. Raises ValueError for a word that is none."""
    return frozenset(Scope(word) for word in words.split())
