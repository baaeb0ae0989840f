"""The closing of accounts: the relay's own books against the report that the program exports. Knows no fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.fault_smtp.books import Message, RelayLog

_SENT = frozenset({"accepted", "delivered"})
_UNKNOWN = frozenset({"in_doubt"})


@dataclass(frozen=True, slots=True)
class Accounts:
    """``excusable``: copies too many that follow an answer which the relay did not give, under the resend policy."""

    recipients: int
    statuses: Counter[str]
    lost: tuple[str, ...]
    misrecorded: tuple[str, ...]
    duplicates: int
    excusable: int
    unanswered: int  # messages behind whose dot no right answer went out whole

    def __str__(self) -> str:
        return (
            f"{dict(self.statuses)} lost={self.lost[:5]} misrecorded={self.misrecorded[:5]} "
            f"duplicates={self.duplicates} excusable={self.excusable}"
        )


def compare(log: RelayLog, report: Sequence[Mapping[str, Any]], *, repeats: bool = False) -> Accounts:
    """``repeats``: doubts may be sent again (policy resend, or a person's word).

    Fails at once on what no fault excuses: two recipients in a message, a foreign address, two Message-IDs or contents
    for one delivery, an attempt that was not written down, a command out of order.
    """
    copies, seen = log.by_address(), _by_address(log.messages())
    rows = {str(row["recipient"]): row for row in report}
    assert len(rows) == len(report), "one row for an address (I1)"
    assert set(copies) <= set(rows), "somebody got a mail who is not in the report"
    assert log.events("violation") == []
    lost, misrecorded, duplicates, excusable = [], [], 0, 0
    for address, row in rows.items():
        mine, status = copies.get(address, []), str(row["status"])
        _check_copies(row, mine, seen.get(address, []))
        if status in _SENT and not mine and row["reason"] != "resolved_by_hand":
            lost.append(address)
        if mine and status not in _SENT | _UNKNOWN and not repeats:
            misrecorded.append(address)
        duplicates += max(0, len(mine) - 1)
        if repeats:
            excusable += max(0, min(len(mine) - 1, sum(message.outcome != "answered" for message in mine)))
    return Accounts(
        recipients=len(rows),
        statuses=Counter(str(row["status"]) for row in report),
        lost=tuple(lost),
        misrecorded=tuple(misrecorded),
        duplicates=duplicates,
        excusable=excusable,
        unanswered=sum(message.outcome not in {"answered", "refused"} for message in log.messages()),
    )


def _by_address(messages: Sequence[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in messages:
        for address in message.rcpt_to:
            found.setdefault(address, []).append(message)
    return found


def _check_copies(row: Mapping[str, Any], kept: Sequence[Message], all_of_them: Sequence[Message]) -> None:
    assert row["attempts"] >= len(kept), f"an attempt is written before its body leaves (I2): {row}"
    for message in all_of_them:
        assert len(message.rcpt_to) == 1, "one recipient a message (I10)"
        assert message.message_id == f"<{row['message_id']}>", "one Message-ID for a delivery (I3)"
        assert not message.bare_newline
    assert len({message.content_sha256 for message in all_of_them}) <= 1, "one content for a delivery (I3)"
