"""What one look found: fine, worth knowing, or wrong; in Chinese, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    FINE = "fine"
    NOTE = "note"  # it works; somebody should know
    BAD = "bad"

    @property
    def label(self) -> str:
        return {State.FINE: "正常", State.NOTE: "注意", State.BAD: "有问题"}[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """``name``: what was looked at. ``hint``: what to do, '' where there is nothing to do."""

    name: str
    state: State
    message: str
    hint: str = ""


def fine(name: str, message: str, hint: str = "") -> Finding:
    return Finding(name, State.FINE, message, hint)


def note(name: str, message: str, hint: str) -> Finding:
    return Finding(name, State.NOTE, message, hint)


def bad(name: str, message: str, hint: str) -> Finding:
    return Finding(name, State.BAD, message, hint)
