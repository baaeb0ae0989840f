from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer import wiring
from mailer.settings import Settings, load
from mailer.store.engine import Store
from tests.web.console_server import Console, running_console


@pytest.fixture(scope="session")
def fresh_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder right after ``mailer init``, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("fresh") / "data"
    wiring.initialise(load({}, data_dir=str(folder))).close()
    return folder


@pytest.fixture
def settings(fresh_installation: Path, tmp_path: Path) -> Settings:
    shutil.copytree(fresh_installation, tmp_path / "data")
    return load({}, data_dir=str(tmp_path / "data"))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = wiring.open_store(settings)
    yield store
    store.close()


@pytest.fixture
def console(settings: Settings, store: Store) -> Iterator[Console]:
    """A running console that nobody has come in to yet."""
    with running_console(settings, store) as console:
        yield console
