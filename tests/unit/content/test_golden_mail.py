"""Mails word for word, one byte for byte, so that no change of any mail happens unseen: each shape of issue, each kind.

After a wanted change: ``MAILER_UPDATE_GOLDEN=1 pytest tests/unit/content/test_golden_mail.py``, then read the diff.
"""

from __future__ import annotations

import email
import email.policy
import os
from pathlib import Path

import pytest

from tests.support.mails import mail_names, message

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "mail"
WHOLE = "typical-rehearsal"  # also kept with its head and its styles, and byte for byte


def golden(name: str, found: bytes) -> bytes:
    path = GOLDEN / name
    if os.environ.get("MAILER_UPDATE_GOLDEN") == "1":
        path.write_bytes(found)
    return path.read_bytes()


def part(raw: bytes, subtype: str) -> str:
    """The decoded body, line ends as in a text file and without the spaces that pad the base64."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body((subtype,))
    assert body is not None
    lines = body.get_payload(decode=True).decode("utf-8").split("\r\n")
    return "\n".join(line.rstrip(" ") for line in lines)


def structure(raw: bytes) -> str:
    """The header as it is on the wire, then the types of all parts."""
    header = raw.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    types = [part.get_content_type() for part in email.message_from_bytes(raw).walk()]
    return f"{header}\n\n" + "\n".join(types) + "\n"


@pytest.mark.parametrize("name", mail_names())
def test_the_plain_text_is_the_golden_one(name):
    found = part(message(name), "plain")
    assert found == golden(f"{name}.txt", found.encode()).decode()


@pytest.mark.parametrize("name", mail_names())
def test_the_html_is_the_golden_one(name):
    found = part(message(name), "html")
    if name != WHOLE:
        found = "<body" + found.partition("<body")[2]
    assert found == golden(f"{name}.html", found.encode()).decode()


@pytest.mark.parametrize("name", mail_names())
def test_header_and_structure_are_the_golden_ones(name):
    found = structure(message(name))
    assert found == golden(f"{name}.header.txt", found.encode()).decode()


def test_one_mail_is_the_golden_one_byte_for_byte():
    raw = message(WHOLE)
    assert raw == golden(f"{WHOLE}.eml", raw)


def test_no_golden_mail_is_left_of_a_kind_that_is_gone():
    assert {path.name.split(".")[0] for path in GOLDEN.iterdir() if not path.name.startswith(".")} == set(mail_names())
