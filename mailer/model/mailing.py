"""Mailing: one issue released to one frozen audience. Owns its kinds, statuses and their total table."""

from __future__ import annotations

from enum import StrEnum


class MailingKind(StrEnum):
    FIRST = "first"
    CORRECTION = "correction"
    SUPPLEMENT = "supplement"
    REMINDER = "reminder"
    RECALL = "recall"
    TEST = "test"

    @property
    def label(self) -> str:
        return _KIND_LABELS[self]


_KIND_LABELS = {
    MailingKind.FIRST: "首发",
    MailingKind.CORRECTION: "更正",
    MailingKind.SUPPLEMENT: "补发",
    MailingKind.REMINDER: "催办",
    MailingKind.RECALL: "撤回通知",
    MailingKind.TEST: "试发",
}


class MailingStatus(StrEnum):
    DRAFT = "draft"  # being prepared, its rows invisible
    PREPARED = "prepared"  # audience frozen
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    HELD = "held"  # stopped by itself, asks a person
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    MailingStatus.DRAFT: "正在准备",
    MailingStatus.PREPARED: "已备好，待核准",
    MailingStatus.APPROVED: "已核准",
    MailingStatus.SCHEDULED: "已定时",
    MailingStatus.SENDING: "正在发送",
    MailingStatus.PAUSED: "已暂停",
    MailingStatus.HELD: "已停下，请人处理",
    MailingStatus.CLOSED: "已结束",
    MailingStatus.CANCELLED: "已取消",
}


class MailingEventKind(StrEnum):
    FROZEN = "frozen"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    TAKEN_BACK = "taken_back"  # a person took a release back before its moment came
    RELEASED = "released"
    PAUSED = "paused"
    RESUMED = "resumed"
    HELD = "held"
    CLOSED = "closed"
    REOPENED = "reopened"  # rows in doubt are sent again, or a return asks for another try
    CANCELLED = "cancelled"


class IllegalMailingTransitionError(Exception):
    """What was asked is not possible in this status. Callers turn it into a sentence."""

    def __init__(self, status: MailingStatus, event: MailingEventKind) -> None:
        super().__init__(f"{event} is not possible for a mailing that is {status}")
        self.status, self.event = status, event


_S = MailingStatus
_E = MailingEventKind

MOVES: dict[MailingEventKind, dict[MailingStatus, MailingStatus]] = {
    _E.FROZEN: {_S.DRAFT: _S.PREPARED},
    _E.APPROVED: {_S.PREPARED: _S.APPROVED, _S.APPROVED: _S.APPROVED},
    _E.SCHEDULED: {_S.APPROVED: _S.SCHEDULED, _S.SCHEDULED: _S.SCHEDULED},
    _E.TAKEN_BACK: {_S.SCHEDULED: _S.APPROVED, _S.APPROVED: _S.APPROVED},
    _E.RELEASED: {_S.APPROVED: _S.SENDING, _S.SCHEDULED: _S.SENDING},
    _E.PAUSED: {_S.SENDING: _S.PAUSED, _S.PAUSED: _S.PAUSED},
    _E.RESUMED: {_S.PAUSED: _S.SENDING, _S.HELD: _S.SENDING, _S.SENDING: _S.SENDING},
    _E.HELD: {_S.SENDING: _S.HELD, _S.SCHEDULED: _S.HELD, _S.HELD: _S.HELD},
    _E.CLOSED: {_S.SENDING: _S.CLOSED, _S.PAUSED: _S.CLOSED, _S.HELD: _S.CLOSED},
    _E.REOPENED: {_S.CLOSED: _S.SENDING, _S.SENDING: _S.SENDING, _S.PAUSED: _S.PAUSED, _S.HELD: _S.HELD},
    _E.CANCELLED: {
        _S.DRAFT: _S.CANCELLED,
        _S.PREPARED: _S.CANCELLED,
        _S.APPROVED: _S.CANCELLED,
        _S.SCHEDULED: _S.CANCELLED,
        _S.SENDING: _S.CANCELLED,
        _S.PAUSED: _S.CANCELLED,
        _S.HELD: _S.CANCELLED,
        _S.CANCELLED: _S.CANCELLED,
    },
}


def transition(status: MailingStatus, event: MailingEventKind) -> MailingStatus:
    """The status after the event. Total over every pair: it moves, or raises IllegalMailingTransitionError."""
    try:
        return MOVES[event][status]
    except KeyError:
        raise IllegalMailingTransitionError(status, event) from None
