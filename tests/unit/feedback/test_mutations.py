"""Damage of every kind: whatever is cut, doubled or changed, a mail is read or kept, never lost in an exception."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.feedback.mentions import MENTIONS_LIMIT, mentions
from mailer.feedback.quoted import split_original
from mailer.feedback.recipient_report import Kind
from mailer.feedback.report import TEXT_LIMIT, ReturnedMail, read_report
from tests.unit.feedback import samples
from tests.unit.feedback.text_samples import UNIX
from tests.unit.feedback.text_samples_chinese import CHINESE
from tests.unit.feedback.text_samples_offices import OFFICES
from tests.unit.feedback.text_samples_plain import PLAIN_CHINESE

MAILS = (samples.POSTFIX, samples.COREMAIL, *(sample.mail for sample in (*UNIX, *OFFICES, *CHINESE, *PLAIN_CHINESE)))


def _cut(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(len(raw))]


def _flip(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(dice.randrange(1, 9)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _drop_line(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.split(b"\n")
    del lines[dice.randrange(len(lines))]
    return b"\n".join(lines)


def _double(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + raw[max(at - 200, 0) :]


def _cross(raw: bytes, dice: random.Random) -> bytes:
    other = dice.choice(MAILS)
    return raw[: dice.randrange(len(raw))] + other[dice.randrange(len(other)) :]


def _join_lines(raw: bytes, dice: random.Random) -> bytes:
    return raw.replace(b"\n", dice.choice([b"\r", b"", b"\n\n", b"\n ", b"\r\r\n"]))


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _flip, _drop_line, _double, _cross, _join_lines)


def _check(mail: ReturnedMail) -> None:
    kinds = {report.kind for report in mail.reports}
    assert not mail.reports or mail.kind in kinds
    assert len(mail.text) <= TEXT_LIMIT
    for report in mail.reports:
        assert len(report.recipient) <= 320
        assert "\n" not in report.recipient
        assert not (report.hard and report.kind is not Kind.BOUNCE)
        json.dumps([report.recipient, report.diagnostic_reply, report.reason]).encode()


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_mutated_samples(seed: int) -> None:
    dice = random.Random(seed)
    raw = dice.choice(MAILS)
    for _ in range(dice.randrange(1, 5)):
        raw = dice.choice(MUTATIONS)(raw, dice) or b"x"
    _check(read_report(raw))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>@.: \n()[]'\"-ab收件人to;,=5", max_size=400))
def test_any_text_after_a_daemons_head(body: str) -> None:
    _check(read_report(f"From: MAILER-DAEMON@x.test\nSubject: failure notice\n\n{body}".encode()))


HOSTILE = {
    "addresses": "<a@b.test>:\n" * 20_000,
    "one line of addresses": "a@b.test " * 25_000,
    "at signs": "@" * 250_000,
    "dots": "a@" + "b." * 100_000,
    "atoms": ("a" * 64 + "\n") * 3_500,
    "quotes": '"' * 250_000,
    "angles": "<" * 250_000,
    "labels": "recipient:" * 25_000 + "a@b.test",
    "colons": ":" * 250_000 + "a@b.test",
    "separators": "a@b.test" + ", " * 100_000 + "c@d.test",
    "phrases": "could not be delivered to " * 9_000,
    "gaps": "user " * 400 + "does not exist",
    "headings": "permanent fatal errors\n<a@b.test>\n" * 2_000 + "<c@d.test>\n" * 2_000,
    "ids": "Message-ID: " + " " * 200_000 + "x",
    "until": "back on " * 30_000,
    "json": 'notificationType {"a":' * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_take_little_time(name: str) -> None:
    raw = f"From: MAILER-DAEMON@x.test\nAuto-Submitted: auto-replied\nDate: Mon, 2 Mar 2026 18:00:00 +0800\n\n{HOSTILE[name]}"
    started = time.process_time()
    _check(read_report(raw.encode()))
    assert time.process_time() - started < 2


def test_mentions_are_bounded() -> None:
    assert len(mentions("a@b.test\n" * 5_000)) <= MENTIONS_LIMIT


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_a_text_is_split_and_nothing_is_lost(text: str) -> None:
    words, quoted = split_original(text)
    assert f"{words}\n{quoted}".strip("\n") == text.strip("\n")
