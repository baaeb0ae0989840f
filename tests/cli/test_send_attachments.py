"""`send --attach`: files travel with every copy; what cannot travel is told before anything is made."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from tests.support.installation import Installation

PEOPLE = "单位,姓名,人员类别,邮箱,名单\n松溪街道,罗琳,信息员,luolin@qinglan.example,发\n"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.init()
    roster = tmp_path / "roster.csv"
    roster.write_text(PEOPLE, encoding="utf-8")
    made.run("recipients", "import", str(roster), "--yes")
    yield made
    made.close()


def test_a_file_arrives_as_it_was(installation: Installation, tmp_path: Path):
    data = bytes(range(256)) * 400
    attached = tmp_path / "签发稿.pdf"
    attached.write_bytes(data)
    issue = installation.write_issue()
    done = installation.run("send", str(issue), "--yes", "--wait", "--attach", str(attached), "--json")
    assert done.code == 0, done.err
    message = email.message_from_bytes((tmp_path / "data" / "sandbox" / "last.eml").read_bytes())
    part = next(part for part in message.walk() if part.get_content_disposition() == "attachment")
    assert part.get_payload(decode=True) == data
    assert str(make_header(decode_header(part.get_filename() or ""))) == "签发稿.pdf"


@pytest.mark.parametrize("name", ["没有这个文件.pdf", "空.pdf"])
def test_what_cannot_travel_stops_the_sending(installation: Installation, tmp_path: Path, name: str):
    (tmp_path / "空.pdf").write_bytes(b"")
    issue = installation.write_issue()
    done = installation.run("send", str(issue), "--yes", "--attach", str(tmp_path / name), "--json")
    assert done.code == 2
    assert done.objects[-1]["event"] == "error"
    assert installation.mailings() == []


def test_the_same_key_with_another_file_is_a_conflict(installation: Installation, tmp_path: Path):
    attached = tmp_path / "a.pdf"
    attached.write_bytes(b"one")
    issue = installation.write_issue()
    words = ("send", str(issue), "--yes", "--key", "k", "--attach", str(attached), "--json")
    assert installation.run(*words).code == 0
    attached.write_bytes(b"another")
    done = installation.run(*words)
    assert done.code == 1
    assert done.objects[-1]["code"] == "key_conflict"
