"""The audit witness's timer: looks now and then whether today's head of the chain has been put where it is safe."""

from __future__ import annotations

import syslog
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from mailer import log, wiring
from mailer.flow.witness_audit import Witness, witness_audit
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.workers.morning import desk_of

_EVERY = 300.0  # seconds


def witness_of(settings: Settings, store: Store) -> Witness:
    """The machine's log is written wherever there is one. Raises SettingError."""
    auditors = replace(settings, alert_to=settings.audit_to)
    return Witness(
        store=store,
        key=wiring.audit_key_of(settings),
        clock=SystemClock(),
        zone=settings.timezone,
        write=_write,
        desk=desk_of(auditors, store),
        note=log.note,
    )


def _write(line: str) -> None:
    """RFC 5424's facility 10, «security/authorization»; without a syslog on this machine nothing happens."""
    syslog.openlog("mailer", 0, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, line)


@contextmanager
def witnessing(settings: Settings, store: Store) -> Iterator[None]:
    """The chain's head is put away every day while the block runs. Raises SettingError."""
    witness = witness_of(settings, store)
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(witness, stop), name="mailer-witness", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10.0)


def _run(witness: Witness, stop: threading.Event) -> None:
    holder = uuid4().hex
    while not stop.is_set():
        try:
            witness_audit(witness, holder)
        except DBAPIError as error:
            log.note("database_unavailable", error=str(error.orig))
        stop.wait(_EVERY)
