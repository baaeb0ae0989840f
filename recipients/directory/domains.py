"""How many addresses in use there are in each mail domain: what the pre-flight check needs to warn of personal mailboxes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from recipients import tables
from recipients.directory.people import valid


def domains(session: Session, at: datetime) -> dict[str, int]:
    """Mail domain -> distinct addresses that holders of the moment ``at`` have there."""
    a, link = tables.RecipientAddress, tables.HolderAddress
    rows = session.execute(
        select(col(a.domain), func.count(func.distinct(col(a.id))))
        .join(link, col(link.address_id) == col(a.id))
        .where(valid(link, at))
        .group_by(col(a.domain))
    )
    return {domain: int(n) for domain, n in rows}
