"""An installation opened from within, for acts that must hit a moment no command line hits: the same flows, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mailer import settings, wiring
from mailer.flow.office import Office
from mailer.settings import Settings
from mailer.store.engine import Store
from tests.support.installation import Installation


@dataclass(frozen=True, slots=True)
class Inside:
    settings: Settings
    store: Store
    office: Office


@contextmanager
def opened(installation: Installation) -> Iterator[Inside]:
    values = settings.load(installation.environment)
    store = wiring.open_store(values)
    try:
        yield Inside(values, store, wiring.office_of(values, store))
    finally:
        store.close()
