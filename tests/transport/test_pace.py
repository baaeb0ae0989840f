"""The messages of a minute leave evenly."""

from __future__ import annotations

import pytest

from mailer.transport.pace import Spacing


class Watch:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_without_a_limit_nobody_waits():
    spacing = Spacing(0, Watch())
    assert [spacing.turn("unit.example") for _ in range(100)] == [0.0] * 100


def test_thirty_a_minute_are_two_seconds_apart():
    spacing = Spacing(30, Watch())
    assert [spacing.turn("unit.example") for _ in range(4)] == pytest.approx([0, 2, 4, 6])


def test_a_pause_saves_up_no_burst():
    watch = Watch()
    spacing = Spacing(60, watch)
    assert spacing.turn("unit.example") == 0
    watch.seconds += 600
    assert [spacing.turn("unit.example") for _ in range(3)] == pytest.approx([0, 1, 2])


def test_who_comes_late_waits_less():
    watch = Watch()
    spacing = Spacing(60, watch)
    spacing.turn("unit.example")
    watch.seconds += 0.4
    assert spacing.turn("other.example") == pytest.approx(0.6)
