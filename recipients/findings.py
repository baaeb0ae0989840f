"""What a list of people was understood to say: people, refusals, duplicates and remarks, each with its place; as JSON.

Values only. Owns the shape of the import's JSON; how rows are read is sheet_reader's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recipients.address import EmailAddress
from recipients.people import Holder


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person sees it: file name, sheet name (empty for CSV), row number from 1."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person of one row. ``lists`` is None where the list has no column 名单, else the codes of the cell.

    ``fresh`` are the addresses that stand here for the first time in the whole import.
    """

    holder: Holder
    place: Place
    fresh: tuple[EmailAddress, ...]
    lists: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    place: Place
    reason: str
    unit: str
    name: str
    value: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    email: str
    place: Place
    first: Place


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning: something was put right, taken over from elsewhere, or left out."""

    code: str
    message: str
    place: Place | None = None


@dataclass(slots=True)
class Roster:
    """Everything one import was told. ``people`` includes those without a usable address: they get paper."""

    people: list[Person] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    sheets: list[tuple[str, str]] = field(default_factory=list)  # (file, sheet) with a header

    @property
    def is_usable(self) -> bool:
        return any(person.holder.addresses for person in self.people)

    def as_json(self) -> dict[str, Any]:
        """The keys valid, rejected, duplicates, warnings; ``sheet`` only where several sheets (``file``: files) hold people."""
        files = len({file for file, _ in self.sheets}) > 1
        sheets = len(self.sheets) > 1

        def at(place: Place | None, prefix: str = "") -> dict[str, Any]:
            if place is None:
                return {}
            found: dict[str, Any] = {f"{prefix}row": place.row}
            return (
                found
                | ({f"{prefix}sheet": place.sheet} if sheets else {})
                | ({f"{prefix}file": place.file} if files else {})
            )

        return {
            "valid": [
                {"unit": h.post.unit.name, "name": h.name, "role": h.post.role, "email": a.original, "title": h.title}
                | {"phone": h.phone, "group": h.post.unit.group, "paper": h.paper_only, "lists": list(p.lists or ())}
                | at(p.place)
                for p in self.people
                for h in [p.holder]
                for a in p.fresh
            ],
            "rejected": [
                at(r.place)
                | {
                    "reason": r.reason,
                    "unit": r.unit,
                    "name": r.name,
                    "value": r.value,
                    "message": r.message,
                    "hint": r.hint,
                }
                for r in self.rejected
            ],
            "duplicates": [{"email": d.email} | at(d.place) | at(d.first, "first_") for d in self.duplicates],
            "warnings": [at(w.place) | {"code": w.code, "message": w.message} for w in self.warnings],
        }
