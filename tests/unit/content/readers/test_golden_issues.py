"""Whole issues of invented offices under tests/golden/issues: ``input``, everything it says (``wanted.json``), and why it is there."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from mailer.content.issue import Issue, from_json, to_json
from mailer.content.readers import read_issue
from tests.support import word_bulletins
from tests.unit.content.readers.test_bulletins import slim

FOLDER = Path(__file__).parents[3] / "golden" / "issues"
NAMES = sorted(path.name for path in FOLDER.iterdir())


def source_of(name: str) -> Path:
    (path,) = (FOLDER / name).glob("input.*")
    return path


def read(name: str) -> Issue:
    path = source_of(name)
    return read_issue(path.read_bytes(), path.name)


@pytest.mark.parametrize("name", NAMES)
def test_is_read_as_printed(name: str) -> None:
    wanted = json.loads((FOLDER / name / "wanted.json").read_text(encoding="utf-8"))
    got = slim(to_json(read(name)))
    got["unrecognised"] = [text["text"] for text in got.get("unrecognised", [])]
    assert got == wanted


@pytest.mark.parametrize("name", NAMES)
def test_comes_back_from_its_json_and_says_why_it_is_here(name: str) -> None:
    issue = read(name)
    assert from_json(json.loads(json.dumps(to_json(issue)))) == issue
    assert len((FOLDER / name / "README.md").read_text(encoding="utf-8")) > 60


def test_there_are_enough_and_of_each_kind() -> None:
    assert len(NAMES) >= 40
    assert {name for name in NAMES if source_of(name).suffix == ".docx"} == set(word_bulletins.FILES)
    assert sum(1 for name in word_bulletins.FILES if read(name).word_marks) >= 3


@pytest.mark.parametrize("name", sorted(word_bulletins.FILES))
def test_a_word_file_is_the_one_its_builder_writes(name: str) -> None:
    """No file of unknown origin: part for part it comes from tests/support/word_bulletins.py."""
    built, kept = (
        {name: file.read(name) for name in file.namelist()}
        for file in (
            zipfile.ZipFile(io.BytesIO(word_bulletins.FILES[name]())),
            zipfile.ZipFile(source_of(name)),
        )
    )
    assert built == kept
