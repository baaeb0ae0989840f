"""Use case: say what a list of people holds, without any directory; and the report that both imports give.

Kept apart from the import itself so that a dry run loads no database layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recipients.audience import DEFAULT_LISTS, Candidate, on_no_list
from recipients.difference import Difference, Scope, compare
from recipients.people import Holder
from recipients.roster import Roster
from recipients.unit_names import Act


@dataclass(frozen=True, slots=True)
class ImportReport:
    """``import_id`` None: nothing was written. ``compared``: whether there was a directory to compare with.

    ``asked``: what had to be confirmed, by ``import_recipients``' names REMOVALS and GUARDED; ``guarded_gone`` and
    ``guarded_new``: lines of the leaders' list that change; ``absent_units``: known ones that the list does not name.
    """

    roster: Roster
    difference: Difference
    no_list: tuple[Candidate, ...]
    import_id: int | None
    compared: bool
    acts: tuple[Act, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    guarded_gone: tuple[str, ...] = ()
    guarded_new: tuple[str, ...] = ()
    absent_units: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The one object of ``recipients import --json``; ``changes`` names what differs, person by person, ``matches`` how
        a row that is new in its place was connected with somebody of today, ``units`` what became of units.
        """
        found = self.roster.as_json()
        d = self.difference
        moves = {key: f"{h.post.unit.name}{h.post.role}" for key, h in d.moves().items()}
        found["warnings"] += [
            {"row": w.place.row if w.place else None, "code": w.code, "message": w.message} for w in d.warnings
        ]
        return found | {
            "import": self.import_id,
            "compared": self.compared,
            "added": len(d.added),
            "changed": len(d.changed),
            "ended": len(d.ended),
            "moved": len(moves),
            "unchanged": d.unchanged,
            "changes": [
                _person(h)
                | {"change": kind, "fields": [one.field for one in values], "values": list(map(asdict, values))}
                | ({"moved_to": to} if to else {})
                for kind, h, values, to in (
                    *(("changed", c.after, c.values, "") for c in d.changed),
                    *(("ended", c.holder, (), moves.get(c.holder_id, "")) for c in d.ended),
                )
            ],
            "matches": [
                _person(one.holder)
                | {"row": one.place.row, "by": str(one.match.by), "message": one.match.tell(one.holder)}
                for one in d.added
                if one.match is not None
            ],
            "units": [{"kind": str(act.kind), "old": act.old, "new": act.new} for act in self.acts],
            "regrouped": d.regrouped,
            "absent_units": list(self.absent_units),
            "on_no_list": [_person(c.holder) for c in self.no_list],
        }


def _person(holder: Holder) -> dict[str, Any]:
    return {"unit": holder.post.unit.name, "name": holder.name, "role": holder.post.role}


def preview_recipients(roster: Roster) -> ImportReport:
    """What an empty installation would take over: no directory is read, the built-in lists decide."""
    difference = compare([], roster.people, Scope.ADD, {}, {})
    candidates = [Candidate(added.holder, plus=frozenset(added.lists or ())) for added in difference.added]
    return ImportReport(roster, difference, tuple(on_no_list(DEFAULT_LISTS, candidates)), None, compared=False)
