from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import missing
from tests.web.conftest import console, fresh_installation, settings, store

__all__ = ["console", "fresh_installation", "settings", "store"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; no other is fetched.

    For one module only: while Playwright runs, asyncio.run is refused to everybody else in this thread.
    """
    program = shutil.which("chromium")
    if program is None:
        missing("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
