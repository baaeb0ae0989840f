"""Putting somebody on a list who asked for it: in a unit of their own kind, so that no rule about posts takes them along."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from recipients import tables
from recipients.address import EmailAddress
from recipients.directory.holders import Beginning, begin_holders, end_holders
from recipients.directory.lists import lists_of
from recipients.directory.people import each_holding
from recipients.directory.units import Notes, make_missing
from recipients.people import Holder, Post, Unit

UNIT, ROLE = "自行加入", "订阅"


def join_list(
    session: Session, code: str, address: EmailAddress, name: str, note: str, at: datetime, actor: str
) -> bool:
    """False when the address is on the list already. On every other list the person is left out singly: they asked for one."""
    if any(each.code == code for each in lists_of(session, address.key, at)):
        return False
    unit = Unit(UNIT, UNIT)
    unit_id = make_missing(session, [unit], at, None, Notes())[unit.key]
    before = [one for one in each_holding(session, at, address_key=address.key) if one.holder.post.unit.key == unit.key]
    end_holders(session, [one.id for one in before], at, None, with_memberships=True)
    wanted = {code}.union(*(one.plus for one in before))
    d = tables.DistributionList
    memberships = [
        (int(list_id), "plus" if list_code in wanted else "minus", "office", actor)
        for list_id, list_code in session.execute(select(col(d.id), col(d.code)).order_by(col(d.lane)))
    ]
    holder = Holder(Post(unit, ROLE), name, (address,), note=note)
    begin_holders(session, [Beginning(unit_id, holder, carried=memberships)], at, actor, None)
    return True
