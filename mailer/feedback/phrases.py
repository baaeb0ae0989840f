"""Finding rules' phrases in a reply, in time linear in its length whatever it holds.

A phrase begins where a word begins and may end inside one ("frequency limit" meets "frequency limited"). Each phrase
is kept under one whole word of its own, so that a reply asks only for phrases whose word it has.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mailer.feedback.rules.rule import Rule

TEXT_LIMIT = 2000
"""Characters of a reply that are read; the longest real ones (Exchange, Google) end below 1,000."""

GAP_LIMIT = 80
"""Characters that may stand between two parts of a phrase: a sentence, not a page."""

_WORD = re.compile(r"[a-z0-9]+")
# An address shows whose words stand around it, but its own letters say nothing ("userunknown@..."). The look-behind
# lets a match begin only where a run begins, so that a long run is read once.
_ADDRESS = re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@[\w.\-\[\]]*+", re.ASCII)
_NEXT_LINE = re.compile(r"\s*\n\s*(?:[245]\.\d{1,3}\.\d{1,3}(?= ))?")
_CONTINUED = re.compile(r"(?<!\S)[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3} )?")
_CONTINUED_LAST = re.compile(r"(?<=\S )[245]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?")


def prepare(reply: str) -> str:
    """One line, lower case, addresses as ``@``, the codes of continuation lines taken out, at most TEXT_LIMIT long."""
    text = _NEXT_LINE.sub(" ", reply[:TEXT_LIMIT].strip().lower())
    text = " ".join(text.replace("\u2019", "'").split())
    if _CONTINUED.search(text):
        first, rest = text[:4], text[4:]
        text = first.replace("-", " ") + _CONTINUED_LAST.sub("", _CONTINUED.sub("", rest))
    return _ADDRESS.sub("@", text) if "@" in text else text


@dataclass(frozen=True, slots=True)
class _Phrase:
    rank: int
    rule: Rule
    parts: tuple[str, ...]

    def stands_in(self, text: str) -> bool:
        """At any of the first part's places do the others follow within reach?"""
        first, others = self.parts[0], self.parts[1:]
        at = _find(text, first, 0)
        while at >= 0 and others and not _follow(text, others, at + len(first)):
            at = _find(text, first, at + 1)
        return at >= 0


def _follow(text: str, parts: tuple[str, ...], end: int) -> bool:
    for part in parts:
        at = _find(text, part, end)
        if not 0 <= at <= end + GAP_LIMIT:
            return False
        end = at + len(part)
    return True


def _find(text: str, part: str, start: int) -> int:
    """Like str.find, but not inside an ASCII word."""
    at = text.find(part, start)
    if not _is_word(part[0]):
        return at
    while at > 0 and _is_word(text[at - 1]):
        at = text.find(part, at + 1)
    return at


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _whole_words(parts: Iterable[str]) -> list[str]:
    """The words that must stand whole in any text the phrase stands in."""
    return [match[0] for part in parts for match in _WORD.finditer(part) if match.end() < len(part)]


class PhraseBook:
    """Rules in the order they are asked; the first whose phrase stands in the text wins."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        phrases = [
            _Phrase(rank, rule, tuple(phrase.split(" * ")))
            for rank, rule in enumerate(rules)
            for phrase in rule.phrases
        ]
        words = Counter(word for phrase in phrases for word in _whole_words(phrase.parts))
        self._by_word: dict[str, list[_Phrase]] = {}
        self._anywhere: list[_Phrase] = []
        self._foreign: list[_Phrase] = []  # phrases with letters beyond ASCII: not asked of an ASCII text
        for phrase in phrases:
            keys = _whole_words(phrase.parts)
            if not all(part.isascii() for part in phrase.parts):
                self._foreign.append(phrase)
            elif keys:
                self._by_word.setdefault(min(keys, key=lambda key: words[key]), []).append(phrase)
            else:
                self._anywhere.append(phrase)

    def find(self, text: str, domain: str) -> Rule | None:
        """``text`` prepared, ``domain`` lower case."""
        asked = self._anywhere if text.isascii() else self._anywhere + self._foreign
        best: Rule | None = None
        best_rank = sys.maxsize
        for phrases in (asked, *(self._by_word.get(word, ()) for word in set(_WORD.findall(text)))):
            for phrase in phrases:
                # the cheap question first: most phrases are not there at all
                if phrase.rank < best_rank and phrase.parts[0] in text and phrase.stands_in(text):
                    if not _in_scope(domain, phrase.rule.scope):
                        continue
                    best, best_rank = phrase.rule, phrase.rank
        return best


def _in_scope(domain: str, scope: tuple[str, ...]) -> bool:
    return not scope or any(domain == name or domain.endswith(f".{name}") for name in scope)
