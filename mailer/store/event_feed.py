"""What happened to deliveries, as a feed that others follow by its ids. Given a Session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from mailer.store.core import event


def events_after(session: Session, after: int, until: datetime, limit: int) -> Sequence[Any]:
    """So many events with a higher id, in order, none younger than ``until``.

    Ids are drawn before their transaction ends, so a young event may still get a neighbour with a lower id: whoever
    follows by ids would never see it.
    """
    return session.execute(
        select(event).where(event.c.id > after, event.c.at <= until).order_by(event.c.id).limit(limit)
    ).all()
