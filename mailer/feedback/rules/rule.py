"""The form of one rule. Rules are data: what hosts write, what it means, and where that is known from."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.model.verdict import Hint, Owner

NO_HINT = Hint()


@dataclass(frozen=True, slots=True)
class Rule:
    """If one of ``phrases`` stands in a reply, the reason is ``reason``.

    A phrase is lower-case text, words parted by one blank; `` * `` in it stands for any words between two parts, in
    that order. It is met in a text prepared by ``classify.prepare`` (lower case, addresses shortened to ``@``).
    ``scope``: domains whose hosts alone mean it so; empty: any host. ``owner`` and ``hard`` replace those of the
    reason where a host means something narrower. ``example``: a reply that shows the rule, with invented addresses.
    ``source``: the page, program or RFC it is known from.

    ``said``: of a meaning rule, what is said of the things that ``phrases`` name, in the same sentence (``meanings``).
    """

    reason: str
    phrases: tuple[str, ...]
    example: str
    source: str
    scope: tuple[str, ...] = ()
    owner: Owner | None = None
    hard: bool | None = None
    hint: Hint = NO_HINT
    said: tuple[str, ...] = ()


def words(text: str) -> tuple[str, ...]:
    """A long list written in short: parted by ``|``."""
    return tuple(text.split("|"))
