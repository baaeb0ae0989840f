"""A terminal in this very process, for commands whose contract with the shell is proven elsewhere: fifty times as quick."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailer import wiring
from mailer.cli.main import main
from mailer.settings import load


class Terminal:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str, str]:
        code = main(list(words))
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def json(self, *words: str) -> list[Any]:
        code, out, _ = self.run(*words, "--json")
        assert code == 0
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    wiring.initialise(load({}, data_dir=str(folder))).close()
    monkeypatch.setenv("MAILER_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)
