"""The frozen audience of a mailing beside the lists as they are now: what came, what changed, what went.

Who has gone, or is not to be written to any more, only takes away. Who has come, or has another address, was approved by
nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind
from mailer.store import sign_off
from recipients import directory
from recipients.audience import Audience, Entry

#: Kinds that go to everybody on their lists; others go to a part of them, and who is new is no news to them.
_WHOLE_LISTS = frozenset({MailingKind.FIRST, MailingKind.CORRECTION, MailingKind.RECALL})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ChangedAddress:
    """Somebody of the frozen audience who is written to elsewhere now."""

    entry: Entry
    before: str


@dataclass(frozen=True, slots=True)
class Changes:
    """``added``: entries nobody approved; ``gone``: ids of deliveries that are not to be sent any more."""

    added: tuple[Entry, ...] = ()
    changed: tuple[ChangedAddress, ...] = ()
    gone: tuple[int, ...] = ()

    @property
    def only_subtract(self) -> bool:
        return not (self.added or self.changed)

    @property
    def chinese(self) -> str:
        """«新增 2 个邮箱（甲镇 张三、乙局 李四）；1 个换了邮箱（丙街道 王五）»"""
        parts = []
        if self.added:
            parts.append(f"新增 {len(self.added)} 个邮箱（{_names(self.added)}）")
        if self.changed:
            parts.append(f"{len(self.changed)} 个换了邮箱（{_names([each.entry for each in self.changed])}）")
        if self.gone:
            parts.append(f"{len(self.gone)} 份不再发")
        return "；".join(parts)


def _names(entries: Sequence[Entry]) -> str:
    more = f"等 {len(entries)} 人" if len(entries) > _SHOWN else ""
    return "、".join(f"{each.unit} {each.name}".strip() for each in entries[:_SHOWN]) + more


def changes_since(session: Session, mailing: Any, now: datetime) -> Changes:
    """The directory of now beside the rows of ``mailing``. A proof outside of every list never changes."""
    kind = MailingKind(mailing.kind)
    if kind is MailingKind.TEST:
        return Changes()
    known = {each.code for each in directory.lists(session)}
    codes = [code for code in mailing.lists.split(",") if code in known]
    return compare(
        sign_off.frozen_duties(session, mailing.id), directory.resolve(session, codes, now), whole=kind in _WHOLE_LISTS
    )


def compare(frozen: Sequence[Any], today: Audience, *, whole: bool) -> Changes:
    """``frozen``: duties as ``sign_off.frozen_duties`` gives them. Pure.

    Duties of nobody in the directory (without holder) stay as they are: there is nothing to compare them with.
    """
    planned = {row.address_key for row in frozen if row.status == DeliveryStatus.PLANNED}
    # where nobody frozen is known to the directory, the audience did not come from it
    if not any(row.holder_id is not None for row in frozen):
        return Changes()
    wanted: dict[str, Entry] = {}
    for entry in today.included:
        if entry.address is not None:
            wanted.setdefault(entry.address.key, entry)
    # by name and post: another address makes another holding of the same person
    before = {(row.unit, row.post, row.holder): row for row in frozen if row.address}
    added, changed = [], []
    for key, entry in wanted.items():
        if key in planned:
            continue
        earlier = before.get((entry.unit, entry.role, entry.name))
        if earlier is not None and earlier.address_key != key and earlier.address_key not in wanted:
            changed.append(ChangedAddress(entry, earlier.address))
        elif whole:
            added.append(entry)
    keeps: dict[int, bool] = {}
    for row in frozen:
        if row.status == DeliveryStatus.PLANNED:
            stays = row.holder_id is None or row.address_key in wanted
            keeps[row.delivery_id] = keeps.get(row.delivery_id, False) or stays
    return Changes(tuple(added), tuple(changed), tuple(id_ for id_, stays in keeps.items() if not stays))


@dataclass(frozen=True, slots=True)
class SinceLast:
    """Who gets a copy now and got none the last time, the other way round, and who gets it elsewhere: by name."""

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return not (self.added or self.gone or self.changed)


def since_last(before: Sequence[Any], now: Sequence[Any]) -> SinceLast:
    """Both as ``sign_off.frozen_duties`` gives them; whoever is withheld gets no copy. Pure."""
    had, have = _by_person(before), _by_person(now)
    return SinceLast(
        added=tuple(_name(rows[0]) for who, rows in have.items() if who not in had),
        gone=tuple(_name(rows[0]) for who, rows in had.items() if who not in have),
        changed=tuple(
            f"{_name(rows[0])}：{'、'.join(sorted(_keys(had[who])))} → {'、'.join(sorted(_keys(rows)))}"
            for who, rows in have.items()
            if who in had and _keys(rows) != _keys(had[who])
        ),
    )


def _by_person(duties: Sequence[Any]) -> dict[tuple[str, str, str, str], list[Any]]:
    found: dict[tuple[str, str, str, str], list[Any]] = {}
    for row in duties:
        if row.status != DeliveryStatus.WITHHELD:
            found.setdefault((row.list_code, row.unit, row.post, row.holder), []).append(row)
    return found


def _keys(rows: Sequence[Any]) -> set[str]:
    return {row.address_key for row in rows}


def _name(row: Any) -> str:
    return f"{row.unit} {row.holder}".strip() or row.address
