"""Use case: take over lists of people into the directory, undo the last time, or ask what has to be said first.

Owns the three questions before anything is written: which known unit an unknown name may mean, whether many people may go,
whether 报 may change. Reads no file and knows no command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.flow.preview_recipients import ImportReport
from recipients import directory
from recipients.difference import Scope
from recipients.people import comparison_key
from recipients.roster import Roster
from recipients.unit_names import Act, ActKind, acts

CONFIRM_SHARE = 0.10  # of the people of today; ending more asks for a second word
GUARDED_LIST = "报"
REMOVALS, GUARDED = "removals", "guarded"  # what has to be confirmed


class ConfirmationError(Exception):
    """The import was not made; the caller's transaction must be rolled back. ``reasons`` are Chinese sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class NobodyError(Exception):
    """The roster holds nobody: nothing is written, above all nobody is ended by it."""


class UnknownUnitsError(Exception):
    """Names that are near a known unit the file does not show: a person must say what they are. Nothing was written.

    ``names``: unknown name -> the nearest known ones.
    """

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        super().__init__("、".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class AboutUnits:
    """What a person said about unknown units: pairs (旧, 新), names that are new; ``all_new``: the rest is new too."""

    pairs: Sequence[tuple[str, str]] = ()
    new: Sequence[str] = ()
    all_new: bool = False


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
    about_units: AboutUnits | None = None,
    now: datetime | None = None,
) -> ImportReport:
    """Writes within the caller's transaction and never commits. ``at``: aware, when the change takes effect.

    Raises ConfirmationError when more than CONFIRM_SHARE of the people would be ended, or 报 would change after it
    had members, and ``confirm_removals`` is not given; NobodyError; UnknownUnitsError; recipients.unit_names.MappingError;
    directory.UnitError; directory.LaterImportError.
    """
    if not roster.people:
        raise NobodyError
    said = about_units or AboutUnits()
    known = directory.known_names(session)
    wanted = acts(said.pairs, said.new, known)
    before = _guarded(session, at)
    import_id, notes = directory.begin_import(
        session, scope, at, actor, source=source, file_hash=file_hash, created_at=now, acts=wanted
    )
    slips = {
        comparison_key(act.old): known.get(comparison_key(act.new), act.new)
        for act in wanted
        if act.kind is ActKind.SLIP
    }
    new_units = [name for name in directory.unknown_units(session, roster) if comparison_key(name) not in slips]
    absent = directory.absent_units(session, roster)
    if not said.all_new:
        answered = {comparison_key(name) for name in said.new}
        unsaid = [name for name in new_units if comparison_key(name) not in answered]
        near = directory.near_units(session, roster, unsaid, absent, at)
        if open_questions := {name: found for name, found in near.items() if found}:
            raise UnknownUnitsError(open_questions)
    difference = directory.difference(session, roster, scope, at, slips)
    asked = {}
    today = difference.unchanged + len(difference.changed) + len(difference.ended) + difference.untouched
    if len(difference.ended) > CONFIRM_SHARE * today:
        asked[REMOVALS] = f"将有 {len(difference.ended)} 人离开名单，超过现有 {today} 人的一成。"
    directory.finish_import(session, import_id, notes, difference, at, actor)
    after = _guarded(session, at)
    gone, new = (before - after, after - before) if before else (set(), set())
    if gone or new:
        asked[GUARDED] = f"“{GUARDED_LIST}”名单会变动：新增 {len(new)} 条，减少 {len(gone)} 条。"
    if asked and not confirm_removals:
        raise ConfirmationError(list(asked.values()))
    done = [act for act in wanted if act.kind is not ActKind.NEW]
    told = (*done, *(Act(ActKind.NEW, name, name) for name in new_units if known))
    no_list = tuple(directory.on_no_list(session, at))
    return ImportReport(
        roster, difference, no_list, import_id, compared=True, acts=told, asked=asked, guarded_gone=_lines(gone),
        guarded_new=_lines(new), absent_units=absent,
    )  # fmt: skip


def record_import(office: Office, session: Session, report: ImportReport, actor: str, at: datetime) -> None:
    """The audit record of an import, in its transaction."""
    d = report.difference
    office.record(
        session, actor, "recipients.imported", f"import:{report.import_id}", at=at.isoformat(), added=len(d.added),
        changed=len(d.changed), ended=len(d.ended), units=[act.chinese for act in report.acts],
    )  # fmt: skip


def undo_import(office: Office, actor: str) -> int:
    """Takes the last import that changed something back, all of it; its number. Raises directory.NothingToUndoError."""
    with office.store.begin() as session:
        run = directory.undo_last(session, office.clock.now(), actor)
        office.record(session, actor, "recipients.import_undone", f"import:{run.id}", source=run.source)
        assert run.id is not None
        return run.id


def _guarded(session: Session, at: datetime) -> set[tuple[str, str, str, str, str | None]]:
    """What the leaders' list says, without what no reader of it would notice (row ids, telephone numbers)."""
    entries = directory.resolve(session, [GUARDED_LIST], at).entries
    return {(e.unit, e.role, e.name, e.address.key if e.address else "", e.withheld) for e in entries}


def _lines(entries: set[tuple[str, str, str, str, str | None]]) -> tuple[str, ...]:
    return tuple(sorted(" ".join(part for part in one if part) for one in entries))
