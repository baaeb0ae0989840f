"""A list as the office keeps it: its words, its rules, who is put on it or taken off it singly; and the acts on these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from recipients import tables
from recipients.audience import Rule
from recipients.directory.bulk import table_of
from recipients.directory.people import valid
from recipients.list_policy import ListPolicy


class ListError(Exception):
    """An act on a list that cannot be done; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Single:
    """One holder put on the list (``is_plus``) or taken off it. ``by_import``: a column 名单 said so."""

    holder_id: int
    is_plus: bool
    by_import: bool
    created_by: str
    since: datetime
    name: str
    role: str
    unit: str
    has_left: bool


@dataclass(frozen=True, slots=True)
class ListEntry:
    """``rules``: by the number of their row."""

    id: int
    code: str
    name: str
    lane: int
    is_duty: bool
    phrase: str
    policy: ListPolicy
    rules: tuple[tuple[int, Rule], ...]
    singles: tuple[Single, ...]


def list_entry(session: Session, code: str, at: datetime) -> ListEntry | None:
    d, r = tables.DistributionList, tables.ListRule
    row = session.scalars(select(d).where(col(d.code) == code)).first()
    if row is None or row.id is None:
        return None
    rules = session.scalars(select(r).where(col(r.list_id) == row.id).order_by(col(r.id)))
    numbered = tuple(
        (each.id or 0, Rule(each.unit_group, each.except_group, tuple(each.roles), each.sign == "plus"))
        for each in rules
    )
    singles = tuple(_singles(session, row.id, at))
    return ListEntry(
        row.id,
        row.code,
        row.name,
        row.lane,
        row.is_duty,
        row.phrase,
        ListPolicy.from_json(row.policy),
        numbered,
        singles,
    )


def reword(session: Session, code: str, *, name: str, phrase: str) -> dict[str, str]:
    """Sets what the list is called and printed as; what it was before. Raises ListError."""
    row = _row(session, code)
    before = {"name": row.name, "phrase": row.phrase}
    row.name, row.phrase = name, phrase
    session.flush()
    return before


def add_rule(session: Session, code: str, rule: Rule) -> None:
    """Raises ListError: no such list, or the same rule stands there."""
    row, r = _row(session, code), tables.ListRule
    sign = "plus" if rule.plus else "minus"
    same = session.scalars(
        select(r).where(
            col(r.list_id) == row.id, col(r.sign) == sign, col(r.unit_group) == rule.group,
            col(r.except_group) == rule.except_group,
        )
    )  # fmt: skip
    if any(set(each.roles) == set(rule.roles) for each in same):
        raise ListError("已经有这条规则。")
    assert row.id is not None
    session.add(
        r(list_id=row.id, sign=sign, unit_group=rule.group, except_group=rule.except_group, roles=list(rule.roles))
    )
    session.flush()


def remove_rule(session: Session, code: str, rule_id: int) -> Rule:
    """The rule as it was. Raises ListError."""
    row, r = _row(session, code), tables.ListRule
    found = session.scalars(select(r).where(col(r.id) == rule_id, col(r.list_id) == row.id)).first()
    if found is None:
        raise ListError("没有这条规则，或者已经删去。")
    session.execute(delete(table_of(r)).where(table_of(r).c.id == rule_id))
    return Rule(found.unit_group, found.except_group, tuple(found.roles), found.sign == "plus")


def put(session: Session, code: str, holder_id: int, at: datetime, actor: str, *, is_plus: bool) -> None:
    """Puts a holder on the list singly, or takes them off it, whatever the rules say. Raises ListError."""
    row, h = _row(session, code), tables.Holder
    holder = session.get(h, holder_id)
    if holder is None or holder.valid_to is not None:
        raise ListError("这个人不在任，不能单独列入或排除。")
    _end_singles(session, row.id or 0, holder_id, at, only_office=True)
    session.add(
        tables.ListMember(
            list_id=row.id or 0, holder_id=holder_id, sign="plus" if is_plus else "minus", origin="office",
            created_by=actor, valid_from=at,
        )
    )  # fmt: skip
    session.flush()


def leave_to_rules(session: Session, code: str, holder_id: int, at: datetime) -> bool:
    """Forgets that the holder was put on the list or taken off it singly: rules decide again. Raises ListError."""
    row = _row(session, code)
    return _end_singles(session, row.id or 0, holder_id, at, only_office=False)


def _end_singles(session: Session, list_id: int, holder_id: int, at: datetime, *, only_office: bool) -> bool:
    m = tables.ListMember
    wanted = select(m).where(col(m.list_id) == list_id, col(m.holder_id) == holder_id, col(m.valid_to).is_(None))
    rows: Sequence[tables.ListMember] = session.scalars(wanted).all()
    ending = [each for each in rows if each.origin == "office" or not only_office]
    for each in ending:
        each.valid_to = max(at, each.valid_from)
    session.flush()
    return bool(ending)


def _singles(session: Session, list_id: int, at: datetime) -> list[Single]:
    m, h, p, u = tables.ListMember, tables.Holder, tables.Post, tables.Unit
    rows = session.execute(
        select(
            col(m.holder_id), col(m.sign), col(m.origin), col(m.created_by), col(m.valid_from), col(h.name),
            col(h.valid_to), col(p.role), col(u.name).label("unit"),
        )
        .join(h, col(h.id) == col(m.holder_id))
        .join(p, col(p.id) == col(h.post_id))
        .join(u, col(u.id) == col(p.unit_id))
        .where(col(m.list_id) == list_id, valid(m, at))
        .order_by(col(u.position), col(h.id))
    )  # fmt: skip
    return [
        Single(
            row.holder_id, row.sign == "plus", row.origin == "import", row.created_by, row.valid_from, row.name,
            row.role, row.unit, row.valid_to is not None and row.valid_to <= at,
        )
        for row in rows
    ]  # fmt: skip


def _row(session: Session, code: str) -> tables.DistributionList:
    d = tables.DistributionList
    row = session.scalars(select(d).where(col(d.code) == code)).first()
    if row is None:
        raise ListError(f"没有“{code}”这个名单。")
    return row
