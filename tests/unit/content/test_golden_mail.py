"""One mail, word for word and byte for byte, so that no change of the mail happens unseen.

After a wanted change: ``MAILER_UPDATE_GOLDEN=1 pytest tests/unit/content/test_golden_mail.py``, then read the diff.
"""

from __future__ import annotations

import email
import email.policy
import os
from pathlib import Path

import pytest

from mailer import resources
from mailer.content.compose import Copy, prepare
from mailer.content.render import environment, render
from tests.support.issues import sample_facts, sample_issue

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "mail"
COPY = Copy("wang@unit.example", "王小明", "128.k1.mac@chengjiang.example", "K7QF-2M9T-0A")


@pytest.fixture(scope="module")
def raw() -> bytes:
    facts = sample_facts(asks=True, rehearsal=True)
    return b"".join(prepare(render(environment(resources.templates()), sample_issue(), facts), facts).copy(COPY))


def golden(name: str, found: bytes) -> bytes:
    path = GOLDEN / name
    if os.environ.get("MAILER_UPDATE_GOLDEN") == "1":
        path.write_bytes(found)
    return path.read_bytes()


def part(raw: bytes, subtype: str) -> str:
    """The decoded body, line ends as in a text file and without the spaces that pad the base64."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body((subtype,))
    assert body is not None
    lines = body.get_payload(decode=True).decode("utf-8").split("\r\n")
    return "\n".join(line.rstrip(" ") for line in lines)


def test_the_plain_text_is_the_golden_one(raw):
    found = part(raw, "plain")
    assert found == golden("sample.txt", found.encode()).decode()


def test_the_html_is_the_golden_one(raw):
    found = part(raw, "html")
    assert found == golden("sample.html", found.encode()).decode()


def test_the_header_is_the_golden_one(raw):
    found = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n") + b"\n"
    assert found.decode() == golden("sample.header.txt", found).decode()


def test_the_mail_is_the_golden_one_byte_for_byte(raw):
    assert raw == golden("sample.eml", raw)
