from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailer import wiring
from mailer.model.rights import Role
from mailer.settings import Settings, load
from mailer.store.engine import Store
from tests.web.console_server import Console, make_account, running_console


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


@pytest.fixture
def signed_in(console: Console, settings: Settings, store: Store) -> Callable[..., Console]:
    """``signed_in(Role.EDITOR, ...)``: a visitor of its own, logged in to an account with these roles."""

    def sign_in(*roles: Role, name: str = "") -> Console:
        visitor = Console(console.port, console.keys)
        visitor.log_in(make_account(settings, store, name or "、".join(role.label for role in roles), *roles))
        return visitor

    return sign_in


@pytest.fixture
def clerk(signed_in: Callable[..., Console]) -> Console:
    """Who does the office's daily work: everything but approving, accounts and audit."""
    return signed_in(Role.EDITOR, Role.LISTS_ADMIN, Role.SYSTEM_ADMIN, name="小何")
