"""Use case: one person at a time. Somebody is entered, something about them changes, the post passes on, or they leave it.

Each act is one transaction with one record that says before and after.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.store import writes
from recipients import directory
from recipients.directory.person_book import PersonEntry, PersonError, begin_person, change_person, end_person, person
from recipients.directory.units import make_missing
from recipients.people import Holder, Post, Unit, comparison_key


def enter(office: Office, holder: Holder, at: datetime, actor: str) -> int:
    """Puts a person into a post; the unit must be there. The holding's id. Raises PersonError."""
    with office.store.begin() as session:
        writes.lock(session, "addresses")  # no audience is frozen between reading and writing
        named = holder.post.unit.name
        own = directory.known_names(session).get(comparison_key(named))
        if own is None:
            raise PersonError(f"没有叫“{named}”的单位，请先在单位页新增。")
        holder = replace(holder, post=Post(Unit(own), holder.post.role))
        unit_id = make_missing(session, [holder.post.unit], at, None, directory.Notes())[holder.post.unit.key]
        holder_id = begin_person(session, unit_id, holder, at, actor)
        office.record(
            session, actor, "person.entered", f"holder:{holder_id}", at=at.isoformat(), unit=own,
            post=holder.post.role, **_told(holder),
        )  # fmt: skip
        return holder_id


def change(office: Office, holder_id: int, after: Holder, at: datetime, actor: str) -> int:
    """The same person, other details; the id of the holding from then on. Raises PersonError."""
    return _replace(office, holder_id, after, at, actor, "person.changed")


def hand_over(office: Office, holder_id: int, successor: Holder, at: datetime, actor: str) -> int:
    """Another person holds the post from ``at`` on, and stands on the same lists; the new holding's id. Raises PersonError."""
    return _replace(office, holder_id, successor, at, actor, "person.handed_over")


def leave(office: Office, holder_id: int, at: datetime, actor: str) -> None:
    """The post stays without a holder. Raises PersonError."""
    with office.store.begin() as session:
        before = _found(office, session, holder_id)
        end_person(session, before, at)
        h = before.holder
        office.record(
            session, actor, "person.left", f"holder:{holder_id}", at=at.isoformat(), unit=h.post.unit.name,
            post=h.post.role, name=h.name,
        )  # fmt: skip


def _replace(office: Office, holder_id: int, after: Holder, at: datetime, actor: str, action: str) -> int:
    with office.store.begin() as session:
        writes.lock(session, "addresses")
        before = _found(office, session, holder_id)
        after = replace(after, post=before.holder.post)
        if after == before.holder:
            raise PersonError("什么都没有改。")
        new_id = change_person(session, before, after, at, actor)
        was, now = _told(before.holder), _told(after)
        changed = {key: [was[key], now[key]] for key in was if was[key] != now[key]}
        post = before.holder.post
        office.record(
            session, actor, action, f"holder:{new_id}", at=at.isoformat(), unit=post.unit.name, post=post.role,
            name=before.holder.name, changed=changed,
        )  # fmt: skip
        return new_id


def _found(office: Office, session: Session, holder_id: int) -> PersonEntry:
    found = person(session, holder_id, office.clock.now())
    if found is None:
        raise PersonError("没有这个人，或者这一条已被撤销。")
    return found


def _told(holder: Holder) -> dict[str, Any]:
    return {
        "holder": holder.name, "title": holder.title, "phone": holder.phone,
        "emails": [address.ascii for address in holder.addresses], "paper": holder.paper_only,
        "care_of": holder.care_of, "essential": holder.is_essential, "note": holder.note,
    }  # fmt: skip
