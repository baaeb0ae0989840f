"""Finding meanings: what is spoken of and what is said of it, in one sentence, whatever the wording between them.

Asked where no known phrase stands in a reply. A word is met where a word begins; short ones only whole ("ip", "mx").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailer.feedback.rules.rule import Rule

NEAR = 60
"""Characters that may stand between what is spoken of and what is said of it."""

_WHOLE = 3
"""ASCII words up to this length must stand whole."""

_SENTENCE = re.compile(r"[.;!?](?=\s|$)|[。；！？;]|\s-+\s|->|\n")
_DECOMPOSED = {chr(code): unicodedata.normalize("NFD", chr(code))[0] for code in range(0xC0, 0x250)}
_WITHOUT_MARKS = str.maketrans(_DECOMPOSED | {"ł": "l", "ß": "ss", "ı": "i", "ø": "o"})


def without_marks(text: str) -> str:
    """Full-width letters narrowed, Latin letters without their marks: hosts write "boite" and "boîte"."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_WITHOUT_MARKS)


@dataclass(frozen=True, slots=True)
class _Meaning:
    rule: Rule
    about: frozenset[str]
    said: frozenset[str]


class MeaningBook:
    """Rules in the order they are asked; the first met in any sentence wins."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._meanings = [
            _Meaning(rule, frozenset(map(without_marks, rule.phrases)), frozenset(map(without_marks, rule.said)))
            for rule in rules
        ]
        words = frozenset[str]().union(*(each.about | each.said for each in self._meanings))
        self._ascii = tuple(word for word in words if word.isascii())
        self._foreign = tuple(word for word in words if not word.isascii())

    def find(self, text: str) -> Rule | None:
        """``text`` prepared."""
        text = without_marks(text)
        words = self._ascii if text.isascii() else self._ascii + self._foreign
        present = frozenset(word for word in words if word in text)
        met = [each for each in self._meanings if each.about & present and (not each.said or each.said & present)]
        sentences = _SENTENCE.split(text) if met else []
        for each in met:
            about, said = each.about & present, each.said & present
            if any(_speaks(sentence, about, said) for sentence in sentences):
                return each.rule
        return None


def _speaks(sentence: str, about: frozenset[str], said: frozenset[str]) -> bool:
    """Stands one of ``about`` in it, and near it one of ``said`` where there are any?"""
    places = [place for word in about for place in _places(sentence, word)]
    if not said:
        return bool(places)
    told = [place for word in said for place in _places(sentence, word)] if places else []
    return any(start - NEAR <= at <= end + NEAR for start, end in places for at, _ in told)


def _places(sentence: str, word: str) -> Iterator[tuple[int, int]]:
    at = sentence.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_letter(word[0]) and at and _is_letter(sentence[at - 1])) and not (
            len(word) <= _WHOLE and word.isascii() and end < len(sentence) and _is_letter(sentence[end])
        ):
            yield at, end
        at = sentence.find(word, end)


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()
