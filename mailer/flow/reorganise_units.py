"""Use case: what a reshuffle does to units. A unit is renamed, merged into another or closed; its old name stays readable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailer.flow.office import Office
from recipients import directory
from recipients.directory.units import groups, make_missing
from recipients.directory.units import regroup as change_groups
from recipients.people import Unit, comparison_key


def rename(office: Office, old: str, new: str, at: datetime, actor: str) -> None:
    """From ``at`` on the unit bears the new name; lists that still write the old one are understood.

    Raises directory.UnitError, as all of these do.
    """
    with office.store.begin() as session:
        unit_id = directory.rename(session, old, new, at, directory.Notes())
        office.record(session, actor, "unit.renamed", f"unit:{unit_id}", old=old, new=new, at=at.isoformat())


def merge(office: Office, old: str, into: str, at: datetime, actor: str) -> int:
    """The people of ``old`` hold the same roles in ``into`` from ``at`` on. How many moved."""
    with office.store.begin() as session:
        moved = directory.merge(session, old, into, at, actor, None, directory.Notes())
        office.record(session, actor, "unit.merged", f"unit:{old}", into=into, people=moved, at=at.isoformat())
    return moved


def close(office: Office, name: str, at: datetime, actor: str) -> int:
    """Ends the unit and everybody's post in it. How many people."""
    with office.store.begin() as session:
        ended = directory.close(session, name, at, None, directory.Notes())
        office.record(session, actor, "unit.closed", f"unit:{name}", people=ended, at=at.isoformat())
    return ended


def add_alias(office: Office, name: str, alias: str, actor: str) -> bool:
    """Another name by which lists may call the unit; False when it is known already."""
    with office.store.begin() as session:
        made = directory.add_alias(session, name, alias)
        if made:
            office.record(session, actor, "unit.alias_added", f"unit:{name}", alias=alias)
    return made


def add(office: Office, name: str, group: str, at: datetime, actor: str) -> None:
    """A unit nobody had yet, behind the last of the official order; a closed one of that name is opened again."""
    with office.store.begin() as session:
        if comparison_key(name) in directory.known_names(session):
            raise directory.UnitError(f"已经有单位叫“{name}”。")
        make_missing(session, [Unit(name, group)], at, None, directory.Notes())
        office.record(session, actor, "unit.added", f"unit:{name}", group=group, at=at.isoformat())


def regroup(office: Office, name: str, group: str, actor: str) -> None:
    """Puts the unit into another group at once: lists whose rules name groups follow."""
    with office.store.begin() as session:
        own = directory.known_names(session).get(comparison_key(name))
        if own is None:
            raise directory.UnitError(f"没有叫“{name}”的单位。")
        before = groups(session).get(comparison_key(own), "")
        change_groups(session, {own: group}, directory.Notes())
        office.record(session, actor, "unit.regrouped", f"unit:{own}", before=before, after=group)


def arrange(office: Office, names: Sequence[str], actor: str) -> None:
    """Puts units into the official order: those named first."""
    with office.store.begin() as session:
        directory.arrange(session, names)
        office.record(session, actor, "unit.arranged", "units", order=list(names))
