"""Use case: take over lists of people into the directory, or say what that would change.

Owns the two questions asked before people are removed or 报 is touched. Reads no file and knows no command line.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mailer.flow.preview_recipients import ImportReport
from recipients import directory
from recipients.difference import Scope
from recipients.roster import Roster

CONFIRM_SHARE = 0.10  # of the people of today; ending more asks for a second word
GUARDED_LIST = "报"


class ConfirmationError(Exception):
    """The import was not made; the caller's transaction must be rolled back. ``reasons`` are Chinese sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def import_recipients(
    session: Session,
    roster: Roster,
    scope: Scope,
    at: datetime,
    actor: str,
    *,
    source: str,
    file_hash: str,
    confirm_removals: bool = False,
) -> ImportReport:
    """Writes within the caller's transaction and never commits. ``at``: aware, when the change takes effect.

    Raises ConfirmationError when more than CONFIRM_SHARE of the people would be ended, or 报 would change after it
    had members, and ``confirm_removals`` is not given.
    """
    difference = directory.difference(session, roster, scope, at)
    reasons = []
    today = difference.unchanged + len(difference.changed) + len(difference.ended) + difference.untouched
    if len(difference.ended) > CONFIRM_SHARE * today:
        reasons.append(f"将有 {len(difference.ended)} 人离开名单，超过现有 {today} 人的一成。")
    before = _guarded(session, at)
    import_id = directory.apply(session, difference, scope, at, actor, source=source, file_hash=file_hash)
    after = _guarded(session, at)
    if before and before != after:
        gone, new = len(before - after), len(after - before)
        reasons.append(f"“{GUARDED_LIST}”名单会变动：新增 {new} 条，减少 {gone} 条。")
    if reasons and not confirm_removals:
        raise ConfirmationError(reasons)
    return ImportReport(roster, difference, tuple(directory.on_no_list(session, at)), import_id, compared=True)


def _guarded(session: Session, at: datetime) -> set[tuple[str, str, str, str, str | None]]:
    """What the leaders' list says, without what no reader of it would notice (row ids, telephone numbers)."""
    entries = directory.resolve(session, [GUARDED_LIST], at).entries
    return {(e.unit, e.role, e.name, e.address.key if e.address else "", e.withheld) for e in entries}
