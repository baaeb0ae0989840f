"""Mails to the colleagues named when something stops, hangs or is in doubt, and when it goes on again.

A notice the relay does not take is tried again at the next look; meanwhile the console's first page shows what rings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mailer.flow import alarms
from mailer.flow.tell_colleagues import Desk, mail_notice
from mailer.store import writes

_TURN = timedelta(minutes=5)  # longer than sending takes: two processes do not both send


@dataclass(frozen=True, slots=True)
class Patience:
    """``queue_age``: how long due mail may wait while nobody sends; ``intake_silent``: how long returns may go unread."""

    queue_age: timedelta
    intake_silent: timedelta


def tell_alarms(desk: Desk, holder: str, patience: Patience) -> int:
    """How many alarms were told. ``holder`` names this process."""
    now = desk.clock.now()
    with desk.store.read() as session:
        rings = alarms.ringing(session, now, queue_age=patience.queue_age, intake_silent=patience.intake_silent)
        if not rings and not alarms.anything_known(session):
            return 0
    with desk.store.begin() as session:
        if not writes.take_house_lease(session, "alarms", holder, now, _TURN):
            return 0
        news = alarms.news(session, rings, now)
    handed_over = [
        each for each in news if mail_notice(desk, each.alert, bulletin=desk.sender.office, at=now, kind="alert")
    ]
    if handed_over:
        with desk.store.begin() as session:
            alarms.told(session, handed_over, now)
    return len(handed_over)
