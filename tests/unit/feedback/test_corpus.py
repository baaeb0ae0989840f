"""Replies of real hosts kept beside the repository: a floor under the rules, so that no change quietly loses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailer.feedback.classify import classify
from mailer.feedback.reasons import REASONS

REPLIES = Path(__file__).parents[3] / ".." / "shared" / "corpus" / "replies.jsonl"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    if not REPLIES.is_file():
        pytest.skip(f"no corpus of replies at {REPLIES.resolve()}")
    return [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]


def _reason(row: dict[str, Any]) -> str:
    return classify(row["reply"], None, None, row.get("domain") or "", None).reason


def test_reasons(rows: list[dict[str, Any]]) -> None:
    wrong = [row["reply"] for row in rows if _reason(row) not in {row["reason"], *row.get("reason_ok", ())}]
    assert len(wrong) <= 0.05 * len(rows), wrong


def test_groups(rows: list[dict[str, Any]]) -> None:
    wrong = [
        row["reply"]
        for row in rows
        if REASONS[_reason(row)].group
        not in {row["group"], *(REASONS[name].group for name in row.get("reason_ok", ()) if name in REASONS)}
    ]
    assert len(wrong) <= 0.03 * len(rows), wrong


def test_nobody_is_given_up_without_cause(rows: list[dict[str, Any]]) -> None:
    wrong = [
        row["reply"]
        for row in rows
        if row["hard"] is False and classify(row["reply"], None, None, row.get("domain") or "", None).hard
    ]
    assert len(wrong) <= 0.02 * len(rows), wrong
