"""The lists with their rules, and the audience they make at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlmodel import Session, col

from recipients import audience, tables
from recipients.directory.people import each_holding, valid
from recipients.directory.suppressions import active_suppressions
from recipients.list_policy import ListPolicy
from recipients.people import Holder


def seed_lists(session: Session, bulletin_id: int) -> None:
    """Makes the duty lists 报 送 发 with their rules where the bulletin lacks them; an existing list is left alone."""
    d = tables.DistributionList
    known = {code for (code,) in session.execute(select(col(d.code)).where(col(d.bulletin_id) == bulletin_id))}
    for wanted in audience.DEFAULT_LISTS:
        if wanted.code in known:
            continue
        row = tables.DistributionList(
            bulletin_id=bulletin_id, code=wanted.code, name=wanted.name, is_duty=wanted.is_duty, lane=wanted.lane,
            phrase=wanted.phrase,
        )  # fmt: skip
        session.add(row)
        session.flush()
        assert row.id is not None
        for rule in wanted.rules:
            sign = "plus" if rule.plus else "minus"
            roles = list(rule.roles)
            session.add(
                tables.ListRule(
                    list_id=row.id, sign=sign, unit_group=rule.group, except_group=rule.except_group, roles=roles
                )
            )
    session.flush()


def lists(session: Session) -> list[audience.DistributionList]:
    """Every list with its rules, by lane."""
    rules: dict[int, list[audience.Rule]] = {}
    for rule in session.scalars(select(tables.ListRule).order_by(col(tables.ListRule.id))):
        found = audience.Rule(rule.unit_group, rule.except_group, tuple(rule.roles), rule.sign == "plus")
        rules.setdefault(rule.list_id, []).append(found)
    rows = session.scalars(select(tables.DistributionList).order_by(col(tables.DistributionList.lane)))
    return [
        audience.DistributionList(
            row.code,
            row.name,
            row.lane,
            tuple(rules.get(row.id or 0, ())),
            row.is_duty,
            row.phrase,
            ListPolicy.from_json(row.policy),
        )
        for row in rows
    ]


def set_policy(session: Session, code: str, policy: ListPolicy, *, is_duty: bool) -> dict[str, object] | None:
    """What it was before; None: no such list."""
    d = tables.DistributionList
    row = session.scalars(select(d).where(col(d.code) == code)).first()
    if row is None:
        return None
    before = {**ListPolicy.from_json(row.policy).as_json(), "is_duty": row.is_duty}
    row.policy, row.is_duty = policy.as_json(), is_duty
    session.flush()
    return before


def resolve(session: Session, list_codes: Sequence[str], at: datetime) -> audience.Audience:
    """Who is on the lists at the moment ``at``: written to, or withheld with the reason. Raises KeyError: no such list."""
    known = {wanted.code: wanted for wanted in lists(session)}
    wanted = [known[code] for code in list_codes]
    return audience.assemble(wanted, list(_candidates(session, at)), active_suppressions(session, at), at)


def each_entry(session: Session, list_codes: Sequence[str], at: datetime) -> Iterator[audience.Entry]:
    """The entries of ``resolve`` one after the other, a unit of them in memory at a time. Raises KeyError: no such list."""
    known = {wanted.code: wanted for wanted in lists(session)}
    suppressed = audience.by_address(active_suppressions(session, at))
    for wanted in sorted((known[code] for code in list_codes), key=lambda item: item.lane):
        for _, unit in groupby(_candidates(session, at), key=lambda one: one.unit_order):
            yield from audience.entries_of(wanted, sorted(unit, key=audience.in_unit_order), suppressed, at)


def posts_held(session: Session, at: datetime) -> int:
    """How many holdings there are at the moment ``at``."""
    h = tables.Holder
    return int(session.execute(select(func.count(col(h.id))).where(valid(h, at))).scalar_one())


def members(session: Session, code: str, at: datetime) -> audience.Audience:
    """One list, also of a past day. Raises KeyError: no such list."""
    return resolve(session, [code], at)


def on_no_list(session: Session, at: datetime) -> list[audience.Candidate]:
    """Who is in the directory and on no list."""
    return audience.on_no_list(lists(session), _candidates(session, at))


def lists_of(session: Session, address_key: str, at: datetime) -> list[audience.DistributionList]:
    """The lists somebody with this address is on."""
    return [wanted for wanted, _ in duties_of(session, address_key, at)]


def duties_of(session: Session, address_key: str, at: datetime) -> list[tuple[audience.DistributionList, list[Holder]]]:
    """The same, each with those who are on it by this address."""
    using = list(_candidates(session, at, address_key))
    found = ((wanted, [one.holder for one in using if one.is_on(wanted)]) for wanted in lists(session))
    return [(wanted, holders) for wanted, holders in found if holders]


def _candidates(session: Session, at: datetime, address_key: str | None = None) -> Iterator[audience.Candidate]:
    """In the order of units; with ``address_key`` those who are written to at it."""
    for one in each_holding(session, at, also_named=True, address_key=address_key):
        yield audience.Candidate(one.holder, one.id, one.unit_order, one.plus, one.minus, one.has_left)
