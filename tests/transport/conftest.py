"""What the tests of this folder share: misbehaving relays, an authority of the tests' own, and both dialogues."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from tests.conftest import missing
from tests.support.certificates import Authority, Certificate
from tests.support.conftest import start
from tests.support.servers.programs import ServerMissingError

__all__ = ["authority", "certificates", "loop", "pipelined", "start"]


@pytest.fixture(params=[True, False], ids=["pipelined", "lock-step"])
def pipelined(request: pytest.FixtureRequest) -> bool:
    """Both dialogues have to give the same results."""
    return bool(request.param)


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest) -> object:
    """The loop of the sending processes, and the one on which the command line asks the relay."""
    return request.param


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("authority")
    try:
        return Authority(folder)
    except ServerMissingError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def certificates(authority: Authority) -> dict[str, Certificate]:
    """A right one for localhost, and three that must not be believed; made once, for making keys takes its time."""
    return {
        "right": authority.issue("right"),
        "self-signed": authority.self_signed("alone"),
        "wrong host": authority.issue("other", host="other.example"),
        "expired": authority.issue("old", expired=True),
    }
