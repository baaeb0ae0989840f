"""The shared mailbox cannot be read: said once and remembered, because unread returns look just like good news."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailer.store import writes
from mailer.store.engine import Store

FACT = "intake_trouble"  # since when the mailbox cannot be read
_PATIENCE = timedelta(minutes=30)  # a server's restart is nobody's business


def note_trouble(store: Store, message: str, hint: str, now: datetime, *, at_once: bool) -> None:
    """``at_once``: a person has to act and waiting helps nothing, as with a refused login."""
    with store.begin() as session:
        told = writes.fact(session, FACT)
        if told is None:
            writes.set_fact(session, FACT, now.isoformat())
        since = datetime.fromisoformat(told) if told else now
        if at_once or now - since >= _PATIENCE:
            writes.open_task(
                session,
                kind="intake",
                title="收退信的邮箱读不了，退信暂时看不到",
                detail=f"{message}。{hint}",
                dedupe_key=f"intake:{since:%Y%m%d%H%M}",
                now=now,
            )


def note_recovery(store: Store) -> None:
    with store.read() as session:
        if writes.fact(session, FACT) is None:
            return
    with store.begin() as session:
        writes.set_fact(session, FACT, None)
