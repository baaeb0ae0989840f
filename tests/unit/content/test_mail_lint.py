"""Every mail of the house against what mail clients support, by the linter that lies beside a development tree."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.support.mails import mail_names, message

LINTER = Path(__file__).resolve().parents[4] / "shared" / "checks" / "email_lint.py"


@pytest.fixture(scope="module")
def linter():
    if not LINTER.exists():
        pytest.skip(f"no {LINTER.name} beside this tree: ../shared/checks is missing")
    spec = importlib.util.spec_from_file_location("email_lint", LINTER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", mail_names())
def test_the_linter_has_nothing_to_say(linter, name):
    linter.R.__init__()  # its findings are kept in one place for a whole run
    linter.check_eml(message(name), duty=name != "open-list-with-pages")
    assert [finding for finding in linter.R.items if finding[0] in {"ERROR", "WARN"}] == []
