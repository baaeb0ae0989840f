"""The product as an office runs it: ``mailer init`` and ``mailer serve`` as processes, and a person at the keyboard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; from mailer.cli.main import entry; sys.argv[0] = 'mailer'; entry()"
PATIENCE = 60_000  # ms; an expectation ends as soon as it is met
_PAST = "跳到正文"
_STEPS = 600  # more steps of the Tab key than any page has

# What a reader of screens would call the element that has the focus
_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return '';
  const label = one.labels && one.labels.length ? one.labels[0].innerText : '';
  return one.getAttribute('aria-label') || label || one.innerText || one.value || one.name || '';
}"""


@dataclass(frozen=True)
class Served:
    """``password``: of the account ``admin`` that ``mailer init`` made."""

    origin: str
    password: str


@contextmanager
def served(data: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    """A new installation in ``data`` and its ``serve``, with these MAILER_* settings; it is told to end in the end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAILER_")}
    environment = {**own, "MAILER_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1", **settings}
    command = [sys.executable, "-X", "utf8", "-c", _PROGRAM]
    made = subprocess.run(
        [*command, "init", "--yes"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    password = re.search(r"：(\S+)\s*$", made.stderr)
    assert password, made.stderr
    with subprocess.Popen(
        [*command, "serve", "--listen", "127.0.0.1:0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        link = next(found[0] for line in running.stdout if (found := re.search(r"http://\S+", line)))
        threading.Thread(target=running.stdout.read, daemon=True).start()  # a full pipe would stop the server
        try:
            parts = urlsplit(link)
            yield Served(f"{parts.scheme}://{parts.netloc}", password[1])
        finally:
            running.terminate()
            running.wait(30)


def walk_to(page: Page, name: str, *, by_navigation: bool = False) -> None:
    """Presses Tab until the element called so has the focus; ``name`` is how what it is called begins. A page that nobody
    has stepped into yet is entered by its link past the navigation.
    """
    for _ in range(_STEPS):
        page.keyboard.press("Tab")
        reached = str(page.evaluate(_FOCUSED)).strip()
        if reached == _PAST and not by_navigation:
            page.keyboard.press("Enter")
        elif reached.startswith(name):
            return
    raise AssertionError(f"the Tab key does not lead to {name}")


def choose_file(page: Page, name: str, file: Path) -> None:
    """Opens the file dialogue of the field by the keyboard."""
    walk_to(page, name)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)


def write(page: Page, name: str, text: str) -> None:
    walk_to(page, name)
    page.keyboard.insert_text(text)


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Walks to what opens something on this page (Enter), or to a box to be ticked (Space), and presses."""
    walk_to(page, name)
    page.keyboard.press(key)


def follow(page: Page, name: str, *, by_navigation: bool = False) -> None:
    """Walks to a button or a link, presses, and is on the page it leads to."""
    walk_to(page, name, by_navigation=by_navigation)
    with page.expect_navigation(timeout=PATIENCE):
        page.keyboard.press("Enter")
