from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer import wiring
from mailer.settings import Settings, load
from mailer.store.engine import Store
from tests.web.console_server import Console, running_console


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({}, data_dir=str(tmp_path / "data"))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = wiring.initialise(settings)
    yield store
    store.close()


@pytest.fixture
def console(settings: Settings, store: Store) -> Iterator[Console]:
    """A running console that nobody has come in to yet."""
    with running_console(settings, store) as console:
        yield console
