"""Delivery: our obligation to one address of one mailing. Owns its statuses and the one total table that moves them.

A status is transport truth only. Every (status, event) pair has a cell: a move, KEEP (the fact is recorded, nothing
moves), LATER (the fact came before its time and is applied once the running attempt is settled) or NEVER (our own bug).
"""

from __future__ import annotations

from enum import Enum, StrEnum


class DeliveryStatus(StrEnum):
    PLANNED = "planned"
    WITHHELD = "withheld"
    QUEUED = "queued"
    ATTEMPTING = "attempting"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """We still owe something: the mailing cannot close."""
        return self in _OPEN

    @property
    def is_final(self) -> bool:
        """Settled; only late evidence of the table may still move it."""
        return self not in _OPEN

    @property
    def label(self) -> str:
        """The one Chinese word people see."""
        return LABELS[self]


LABELS: dict[DeliveryStatus, str] = {
    DeliveryStatus.PLANNED: "待发",
    DeliveryStatus.WITHHELD: "不发",
    DeliveryStatus.QUEUED: "排队",
    DeliveryStatus.ATTEMPTING: "正在发",
    DeliveryStatus.DEFERRED: "稍后再试",
    DeliveryStatus.ACCEPTED: "已交出",
    DeliveryStatus.IN_DOUBT: "结果不明",
    DeliveryStatus.DELIVERED: "对方确认送达",
    DeliveryStatus.BOUNCED: "退回",
    DeliveryStatus.EXPIRED: "逾期未发出",
    DeliveryStatus.CANCELLED: "已取消",
}
_OPEN = frozenset({DeliveryStatus.PLANNED, DeliveryStatus.QUEUED, DeliveryStatus.ATTEMPTING, DeliveryStatus.DEFERRED})
#: What did not simply go out: few rows of a good day, and the ones that people ask for.
TROUBLE = (
    DeliveryStatus.DEFERRED,
    DeliveryStatus.IN_DOUBT,
    DeliveryStatus.BOUNCED,
    DeliveryStatus.EXPIRED,
    DeliveryStatus.WITHHELD,
    DeliveryStatus.CANCELLED,
)


class DeliveryEventKind(StrEnum):
    """What happened to a delivery. Past tense."""

    RELEASED = "released"
    WITHHELD = "withheld"  # suppressed, left, paper...: not to be sent after all
    CANCELLED = "cancelled"
    CLAIMED = "claimed"
    GIVEN_BACK = "given_back"  # claimed and surely not begun
    ACCEPTED = "accepted"  # a clean 2yz to the final dot
    DEFERRED = "deferred"  # temporary: tried again at due_at
    PARKED = "parked"  # waits for a person: deferred without due_at
    BOUNCED = "bounced"  # refused for good in the session
    DOUBTED = "doubted"  # the message left and no clean reply came
    EXPIRED = "expired"
    REPORTED_DELIVERED = "reported_delivered"  # DSN Action: delivered
    REPORTED_UNDERWAY = "reported_underway"  # DSN Action: delayed, relayed, expanded: the relay has it
    RETURNED = "returned"  # DSN Action: failed, charged to the recipient or unclear
    RETURNED_FOR_RETRY = "returned_for_retry"  # DSN Action: failed, charged to rate, network or our set-up
    ACKNOWLEDGED = "acknowledged"  # a human signed for it
    ACKNOWLEDGEMENT_UNDONE = "acknowledgement_undone"  # a person takes that back; what it proved of the wire stays
    RESOLVED_RESEND = "resolved_resend"  # a person: send it again
    RESOLVED_ACCEPT = "resolved_accept"  # a person: take it as sent
    RETRY_ORDERED = "retry_ordered"  # a person: try the parked one now


class Cell(Enum):
    KEEP = "keep"
    LATER = "later"
    NEVER = "never"


class IllegalTransitionError(Exception):
    """An event that cannot happen in this status: a fault of ours, never of the mail."""

    def __init__(self, status: DeliveryStatus, event: DeliveryEventKind) -> None:
        super().__init__(f"{event} cannot happen to a delivery that is {status}")
        self.status, self.event = status, event


_S = DeliveryStatus
_E = DeliveryEventKind

#: Moves; every pair not named here is KEEP, LATER or NEVER by the three rules below the table.
_MOVES: dict[DeliveryEventKind, dict[DeliveryStatus, DeliveryStatus]] = {
    _E.RELEASED: {_S.PLANNED: _S.QUEUED},
    _E.WITHHELD: {
        _S.PLANNED: _S.WITHHELD,
        _S.QUEUED: _S.WITHHELD,
        _S.DEFERRED: _S.WITHHELD,
        _S.ATTEMPTING: _S.WITHHELD,  # claimed, its window not begun: taken out by the window statement
    },
    _E.CANCELLED: {_S.PLANNED: _S.CANCELLED, _S.QUEUED: _S.CANCELLED, _S.DEFERRED: _S.CANCELLED},
    _E.CLAIMED: {_S.QUEUED: _S.ATTEMPTING, _S.DEFERRED: _S.ATTEMPTING},
    _E.GIVEN_BACK: {_S.ATTEMPTING: _S.QUEUED},
    _E.ACCEPTED: {_S.ATTEMPTING: _S.ACCEPTED, _S.IN_DOUBT: _S.ACCEPTED},
    _E.DEFERRED: {_S.ATTEMPTING: _S.DEFERRED, _S.IN_DOUBT: _S.DEFERRED},
    _E.PARKED: {_S.ATTEMPTING: _S.DEFERRED, _S.IN_DOUBT: _S.DEFERRED},
    _E.BOUNCED: {_S.ATTEMPTING: _S.BOUNCED, _S.IN_DOUBT: _S.BOUNCED},
    _E.DOUBTED: {_S.ATTEMPTING: _S.IN_DOUBT},
    _E.EXPIRED: {_S.QUEUED: _S.EXPIRED, _S.DEFERRED: _S.EXPIRED},
    _E.REPORTED_DELIVERED: {
        _S.ACCEPTED: _S.DELIVERED,
        _S.IN_DOUBT: _S.DELIVERED,
        # the first copy of a row that waits to be sent again has arrived: a second one would only be a double
        _S.QUEUED: _S.DELIVERED,
        _S.DEFERRED: _S.DELIVERED,
    },
    _E.REPORTED_UNDERWAY: {_S.IN_DOUBT: _S.ACCEPTED},
    _E.RETURNED: {
        _S.ACCEPTED: _S.BOUNCED,
        _S.IN_DOUBT: _S.BOUNCED,
        # the first copy of a row that waits to be sent again came back: nothing is gained by sending again
        _S.QUEUED: _S.BOUNCED,
        _S.DEFERRED: _S.BOUNCED,
    },
    _E.RETURNED_FOR_RETRY: {_S.ACCEPTED: _S.DEFERRED, _S.IN_DOUBT: _S.DEFERRED},
    _E.ACKNOWLEDGED: {_S.IN_DOUBT: _S.ACCEPTED},
    _E.ACKNOWLEDGEMENT_UNDONE: {},
    _E.RESOLVED_RESEND: {_S.IN_DOUBT: _S.QUEUED},
    _E.RESOLVED_ACCEPT: {_S.IN_DOUBT: _S.ACCEPTED},
    _E.RETRY_ORDERED: {_S.DEFERRED: _S.QUEUED},
}

#: Facts from outside may come at any time, twice and in any order: they never raise.
FROM_OUTSIDE = frozenset(
    {_E.REPORTED_DELIVERED, _E.REPORTED_UNDERWAY, _E.RETURNED, _E.RETURNED_FOR_RETRY, _E.ACKNOWLEDGED}
)
#: Wishes that find the row already past them: recorded, nothing to do.
_WISHES = frozenset(
    {
        _E.WITHHELD, _E.CANCELLED, _E.RESOLVED_RESEND, _E.RESOLVED_ACCEPT, _E.RETRY_ORDERED, _E.ACKNOWLEDGEMENT_UNDONE,
    }
)  # fmt: skip


def cell(status: DeliveryStatus, event: DeliveryEventKind) -> DeliveryStatus | Cell:
    """The table's cell for one pair. Total: defined for every pair."""
    move = _MOVES[event].get(status)
    if move is not None:
        return move
    if event in FROM_OUTSIDE:
        return Cell.LATER if status is _S.ATTEMPTING else Cell.KEEP
    if event in _WISHES:
        return Cell.KEEP
    return Cell.NEVER


def transition(status: DeliveryStatus, event: DeliveryEventKind) -> DeliveryStatus:
    """The status after the event; the same status when the fact only is recorded or has to wait.

    Raises IllegalTransitionError where our own code cannot rightly have come.
    """
    found = cell(status, event)
    if isinstance(found, DeliveryStatus):
        return found
    if found is Cell.NEVER:
        raise IllegalTransitionError(status, event)
    return status


def sources(event: DeliveryEventKind) -> tuple[DeliveryStatus, ...]:
    """The statuses an event moves: what a conditional UPDATE has to ask for."""
    return tuple(_MOVES[event])
