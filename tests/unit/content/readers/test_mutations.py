"""A mutation fuzzer over the whole bulletins: lines lost, doubled, exchanged, cut, spoiled. Only NotAnIssueError comes out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.check import check
from mailer.content.issue import Issue, NotAnIssueError
from mailer.content.readers import read_issue
from mailer.content.readers.decoding import decode
from tests.unit.content.test_check import TODAY

ROOT = Path(__file__).parents[3]
TEXTS = sorted(
    path
    for path in [*(Path(__file__).parent / "bulletins").iterdir(), *(ROOT / "golden" / "issues").glob("*/input.*")]
    if path.suffix in {".md", ".txt"} and path.name != "README.md"
)
SPOILERS = [
    *"\n\t\f\\*#|>【】（）：:、。★<!-_&;[]()",
    "**",
    "\u3000",
    "\u200b",
    "第期",
    "— 3 —",
    "报：",
    "<!--",
    "-->",
    "\ud7ff",
    "𠮷",
]


def mutated(text: str, rng: random.Random, times: int) -> str:
    for _ in range(times):
        lines = text.split("\n")
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(other, lines[at])
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            cut = rng.randrange(len(lines[at]) + 1)
            lines[at : at + 1] = [lines[at][:cut], "", lines[at][cut:]]
        elif kind == 4:
            cut = rng.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + rng.choice(SPOILERS) + lines[at][cut:]
        else:
            lines[at] = lines[at][rng.randrange(len(lines[at]) + 1) :]
        text = "\n".join(lines or [""])
    return text


def read_or_refuse(text: str, name: str) -> Issue | None:
    try:
        return read_issue(text.encode(), name)
    except NotAnIssueError as refused:
        assert refused.code  # noqa: PT017 - a refusal is as good an answer as an issue
        return None


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@settings(max_examples=10, deadline=None)
@given(rng=st.randoms(use_true_random=False), times=st.integers(1, 20))
def test_a_mutated_bulletin_is_read_checked_or_refused(path: Path, rng: random.Random, times: int) -> None:
    issue = read_or_refuse(mutated(decode(path.read_bytes()), rng, times), path.name)
    if issue is not None:
        assert all(finding.message and finding.remedy for finding in check(issue, known=None, today=TODAY))
