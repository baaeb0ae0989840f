from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.conftest import missing
from tests.web.conftest import clerk, console, fresh_installation, settings, signed_in, store
from tests.web.console_server import Console

__all__ = ["clerk", "console", "fresh_installation", "settings", "signed_in", "store"]

expect.set_options(timeout=30_000)  # milliseconds; a busy machine is no failure


def hand_over(context: BrowserContext, visitor: Console) -> None:
    """Gives the browser the visitor's session: as if it had logged in itself."""
    context.add_cookies(
        [{"name": name, "value": value, "url": visitor.origin} for name, value in visitor.cookies.items()]
    )


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
