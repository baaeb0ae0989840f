"""How the word tables of the readers are written down: as running text, one blank between two words."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())
