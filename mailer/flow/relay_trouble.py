"""The relay cannot be reached or refuses us: said once, remembered, and mailings held where trying on would do harm."""

from __future__ import annotations

from mailer.flow import settle
from mailer.flow.ports import RelayError
from mailer.flow.send_kit import SendKit
from mailer.model.mailing import MailingStatus
from mailer.store import queries, writes

FACT = "relay_trouble"  # what is wrong with the relay, as long as it is


def note_trouble(kit: SendKit, error: RelayError) -> None:
    """A refused login holds every mailing at once; a relay that is away is only noted, the rows wait unharmed."""
    now = kit.clock.now()
    with kit.store.begin() as session:
        writes.set_fact(session, FACT, error.message)
        writes.open_task(
            session,
            kind="relay",
            title="发信服务器用不了",
            detail=f"{error.message}。{error.hint}",
            dedupe_key=f"relay:{now:%Y%m%d}:{error.outcome.phase}",
            now=now,
        )
        if error.needs_person:
            for mailing in queries.mailings_with_status(session, MailingStatus.SENDING):
                settle.hold(session, mailing.id, f"{error.message}。{error.hint}", now)


def note_recovery(kit: SendKit) -> None:
    with kit.store.read() as session:
        if writes.fact(session, FACT) is None:
            return
    with kit.store.begin() as session:
        writes.set_fact(session, FACT, None)
