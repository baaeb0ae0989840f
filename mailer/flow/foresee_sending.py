"""How long a sending will take, by the budgets and what of them has been used."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.model.sending_time import Budgets, Forecast, forecast
from mailer.store import sign_off

_DAY = timedelta(days=1)


def foresee(session: Session, *, count: int, budgets: Budgets, scope: str, begins_at: datetime) -> Forecast:
    """``scope``: the relay's, under which its attempts are booked."""
    used = sign_off.granted_since(session, scope, begins_at - _DAY) if budgets.windows else ()
    return forecast(count, budgets, used, begins_at)
