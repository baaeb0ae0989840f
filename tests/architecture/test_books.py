"""The books keep up with the product: links and pictures are there, commands and button names are those that exist."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest

from mailer.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MANUAL = ROOT / "docs" / "使用手册.md"
PICTURES = ROOT / "docs" / "pictures"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(r"“([^”]+)”")
#: In quotation marks in the manual, yet no words of a page.
_SAID = {"412 份，覆盖 431 个岗位", "第几行"}


def anchors(book: Path) -> set[str]:
    """As the usual renderers make them of the headings: lower case, no punctuation, hyphens for spaces."""
    found = set()
    for line in book.read_text("utf-8").splitlines():
        if heading := re.match(r"#+ (.+)", line):
            text = heading[1].strip().lower().replace(" ", "-")
            found.add("".join(each for each in text if each in "-_" or unicodedata.category(each)[0] in "LN"))
    return found


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_every_link_leads_somewhere(book: Path):
    for link in _LINK.findall(book.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (book.parent / path) if path else book
        assert target.exists(), f"{book.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{book.name}: {link}"


def test_every_picture_is_used_and_they_are_light():
    shown = {
        (book.parent / link).resolve()
        for book in BOOKS
        for link in _LINK.findall(book.read_text("utf-8"))
        if link.endswith(".png")
    }
    kept = set(PICTURES.iterdir())
    assert kept == shown
    assert sum(each.stat().st_size for each in kept) < 3_000_000


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_every_command_exists(book: Path):
    named = re.findall(r"`(?:[\w./]*/)?mailer ([a-z-]+)", book.read_text("utf-8"))
    assert [name for name in named if name not in COMMANDS] == []


def test_what_the_manual_calls_a_page_or_a_button_is_there():
    """Every name in quotation marks is written on some page."""
    sources = [
        path.read_text("utf-8")
        for folder in ("templates/console", "templates/static", "mailer", "recipients")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".html", ".js", ".py"}
    ]
    named = {
        part for text in _NAMED.findall(MANUAL.read_text("utf-8")) if text not in _SAID for part in text.split(" › ")
    }
    assert [name for name in sorted(named) if not any(name in source for source in sources)] == []
