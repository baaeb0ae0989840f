"""Replies and returned mails kept beside the repository: a floor under the rules, so that no change quietly loses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailer.feedback.classify import classify
from mailer.feedback.reasons import REASONS
from mailer.feedback.report import RecipientReport, read_report

CORPUS = Path(__file__).parents[3] / ".." / "shared" / "corpus"
REPLIES = CORPUS / "replies.jsonl"
MAILS = CORPUS / "bounces" / "expected.jsonl"
_FAILURES = {"bounce", "delayed", "complaint"}


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


@pytest.fixture(scope="module")
def mails() -> list[tuple[list[dict[str, Any]], tuple[RecipientReport, ...]]]:
    """(expected rows, our reports) of each mail."""
    if not MAILS.is_file():
        pytest.skip(f"no corpus of returned mails at {MAILS.resolve()}")
    expected: dict[str, list[dict[str, Any]]] = {}
    for line in MAILS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        expected.setdefault(row["file"], []).append(row)
    return [(rows, read_report((MAILS.parent / name).read_bytes()).reports) for name, rows in expected.items()]


def _claims(reports: tuple[RecipientReport, ...]) -> dict[str, RecipientReport]:
    return {
        report.recipient.lower(): report for report in reports if str(report.kind) in _FAILURES and report.recipient
    }


def _names(row: dict[str, Any]) -> set[str]:
    return {name.lower() for name in (row["recipient"], *row.get("accept", ())) if name}


def test_whom_returned_mails_name(mails: list[tuple[list[dict[str, Any]], tuple[RecipientReport, ...]]]) -> None:
    wanted = missed = claimed = invented = 0
    for rows, reports in mails:
        claims = _claims(reports)
        failures = [row for row in rows if row["kind"] in _FAILURES]
        surely = [row for row in failures if not row.get("recipient_optional")]
        wanted += len(surely)
        missed += sum(not _names(row) & claims.keys() for row in surely)
        if len(surely) == len(failures):
            claimed += len(claims)
            invented += len(claims.keys() - {name for row in failures for name in _names(row)})
    assert missed <= 0.03 * wanted, (missed, wanted)
    assert invented <= 0.015 * claimed, (invented, claimed)


def test_why_mails_came_back(mails: list[tuple[list[dict[str, Any]], tuple[RecipientReport, ...]]]) -> None:
    asked = right = firm = 0
    for rows, reports in mails:
        claims = _claims(reports)
        for row in rows:
            report = next((claims[name] for name in _names(row) if name in claims), None)
            if row["kind"] in {"bounce", "delayed"} and row["reason"] and report:
                asked += 1
                right += report.reason in {row["reason"], *row.get("reason_ok", ())}
                firm += row["hard"] is None or report.hard == row["hard"]
    assert right >= 0.9 * asked, (right, asked)
    assert firm >= 0.93 * asked, (firm, asked)
