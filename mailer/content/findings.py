"""How the rules of the check write a finding down: a stop or a warning, and short samples of the text."""

from __future__ import annotations

from typing import Final

from mailer.content.issue import Finding, Item, Place, Severity

_LONGEST_SAMPLE: Final = 20


def stop(code: str, message: str, remedy: str, place: Place | None = None) -> Finding:
    return Finding(code, Severity.STOP, message, remedy, place or Place())


def warn(code: str, message: str, remedy: str, place: Place | None = None) -> Finding:
    return Finding(code, Severity.WARNING, message, remedy, place or Place())


def sample(text: str, longest: int = _LONGEST_SAMPLE) -> str:
    """The beginning of a text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[:longest] + "……"


def tail(text: str) -> str:
    """The end of a text."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_SAMPLE else "……" + flat[-_LONGEST_SAMPLE:]


def name_of(item: Item) -> str:
    """What a person calls an item."""
    name = item.title or "、".join(item.units) or item.topic or sample(item.text, 12)
    return f"“{sample(name, 30)}”" if name else "有一条"


def where(place: Place) -> str:
    """第 12 行, 第 5 段 … for the middle of a sentence; empty where nothing is known."""
    return f"第 {place.line} 行" if place.line else place.note
