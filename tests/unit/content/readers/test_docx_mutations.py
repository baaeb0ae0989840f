"""The mutation fuzzer for Word: elements lost, doubled, moved, renamed, their words spoiled; octets of the file turned."""

from __future__ import annotations

import copy
import io
import random
import zipfile
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mailer.content.check import check
from mailer.content.issue import NotAnIssueError
from mailer.content.readers import read_issue
from tests.support import word_bulletins
from tests.unit.content.readers.test_mutations import SPOILERS
from tests.unit.content.test_check import TODAY

PART = "word/document.xml"
VALID = [spoiler for spoiler in SPOILERS if spoiler.isprintable() or spoiler in "\n\t"]


@cache
def built(name: str) -> bytes:
    return word_bulletins.FILES[name]()


def with_part(data: bytes, part: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, part if info.filename == PART else old.read(info))
    return out.getvalue()


def mutated(data: bytes, rng: random.Random, times: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        root = etree.fromstring(file.read(PART))
    for _ in range(times):
        elements = [one for one in root.iter() if one.getparent() is not None]
        if not elements:
            break
        one, other = rng.choice(elements), rng.choice(elements)
        kind = rng.randrange(5)
        if kind == 0:
            one.getparent().remove(one)
        elif kind == 1:
            one.addnext(copy.deepcopy(one))
        elif kind == 2 and other not in list(one.iter()):
            one.append(copy.deepcopy(other) if one in list(other.iter()) else other)
        elif kind == 3:
            one.tag = other.tag
        else:
            words = one.text or ""
            cut = rng.randrange(len(words) + 1)
            one.text = words[:cut] + rng.choice(VALID) + words[cut:]
    return with_part(data, etree.tostring(root))


def read_or_refuse(data: bytes) -> None:
    try:
        issue = read_issue(data, "期.docx")
    except NotAnIssueError as refused:
        assert refused.code  # noqa: PT017 - a refusal is as good an answer as an issue
        return
    assert all(finding.message and finding.remedy for finding in check(issue, known=None, today=TODAY))


@pytest.mark.parametrize("name", sorted(word_bulletins.FILES))
@settings(max_examples=12, deadline=None)
@given(rng=st.randoms(use_true_random=False), times=st.integers(1, 12))
def test_a_mutated_word_file_is_read_checked_or_refused(name: str, rng: random.Random, times: int) -> None:
    read_or_refuse(mutated(built(name), rng, times))


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(word_bulletins.FILES)), rng=st.randoms(use_true_random=False), times=st.integers(1, 8)
)
def test_a_word_file_with_spoiled_octets_is_read_or_refused(name: str, rng: random.Random, times: int) -> None:
    data = bytearray(built(name))
    for _ in range(times):
        data[rng.randrange(len(data))] = rng.randrange(256)
    read_or_refuse(bytes(data))
