"""The shared corpus, where it lies beside the repository: first and last words of every item as expected there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.content.issue import NotAnIssueError
from mailer.content.readers import FORMATS, read_issue

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "issues"
FILES = sorted(path for path in CORPUS.glob("*") if path.suffix in FORMATS and path.name != "README.md")

if not FILES:
    pytest.skip(f"no corpus at {CORPUS}", allow_module_level=True)


def alternatives(value: object) -> list[object]:
    return value["any"] if isinstance(value, dict) else [value]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_corpus_file(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    if not expected["ok"]:
        with pytest.raises(NotAnIssueError):
            read_issue(path.read_bytes(), path.name)
        return
    issue = read_issue(path.read_bytes(), path.name)
    assert issue.title.split() == expected["title"].split()
    assert (issue.number, issue.total_number) == (expected["number"], expected["total_number"])
    assert [section.heading for section in issue.sections] == [section["heading"] for section in expected["sections"]]
    for section, wanted in zip(issue.sections, expected["sections"], strict=True):
        for item, told in zip(section.items, wanted["items"], strict=True):
            packed = "".join(item.text.split())
            assert packed[:12] in alternatives(told["first_12_chars"])
            assert packed[-12:] in alternatives(told["last_12_chars"])
            assert (item.topic, item.title, list(item.units), item.byline) == (
                told["topic"],
                told["title"],
                told["units"],
                told["byline"],
            )
