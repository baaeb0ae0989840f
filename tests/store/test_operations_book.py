"""The engineers' books name settings, files and metrics that there are, and every metric there is. `make rehearse` types their commands."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mailer.settings import keys
from mailer.store.engine import Store
from mailer.web.console.metrics import Snapshot

ROOT = Path(__file__).resolve().parents[2]
BOOKS = [ROOT / "docs" / name for name in ("operations.md", "operator.md", "security.md")]
KEYS = {key.name.removeprefix("MAILER_") for key in keys()}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_settings_and_files_exist(book: Path):
    text = book.read_text("utf-8")
    for key in re.findall(r"MAILER_([A-Z][A-Z_]+)", text):
        assert key.removesuffix("_FILE") in KEYS, key
    for path in re.findall(r"`((?:deploy|docs)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path


def test_every_metric_is_explained(store: Store):
    with store.read() as session:
        text = Snapshot(session, datetime.now(UTC), version="1", schema="1").text().decode()
    there = {family.name for family in text_string_to_metric_families(text)} | {"mailer_intake_silent_seconds"}
    told = set(re.findall(r"`(mailer_\w+)", (ROOT / "docs/operations.md").read_text("utf-8")))
    assert told == there
