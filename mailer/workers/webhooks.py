"""The webhooks' timer: looks every few seconds whether another system is to be told something."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_network

from sqlalchemy.exc import DBAPIError

from mailer import log, wiring
from mailer.flow.webhooks import Teller, tell_programs
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.transport.webhook import Posted, post

_EVERY = 5.0  # seconds


def teller_of(settings: Settings, store: Store) -> Teller:
    allowed = tuple(ip_network(each) for each in settings.webhook_networks)

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        return post(url, body, headers, allowed=allowed)

    return Teller(wiring.office_of(settings, store), send, random.random, log.note)


@contextmanager
def telling_programs(settings: Settings, store: Store) -> Iterator[None]:
    """Webhooks are told while the block runs."""
    teller, stop = teller_of(settings, store), threading.Event()
    thread = threading.Thread(target=_run, args=(teller, stop), name="mailer-webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20.0)


def _run(teller: Teller, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            more = tell_programs(teller) > 0
        except DBAPIError as error:
            log.note("database_unavailable", error=str(error.orig))
            more = False
        if not more:  # who took a batch may have more to come
            stop.wait(_EVERY)
