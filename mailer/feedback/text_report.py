"""Reports written for people only: whom they name, what became of each, and which words speak of him.

Reads what is left of a mail when its quoted original is cut off. Which mails are reports at all is ``origin``'s
question, what the words mean ``classify``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.feedback.dsn import RECIPIENTS_LIMIT
from mailer.feedback.mentions import Mention, Sureness, mentions
from mailer.feedback.quoted import lines_of
from mailer.feedback.rules.report_actions import (
    DELAYED,
    DELIVERED,
    FAILING,
    FAILING_CHINESE,
    GIVEN_UP,
    HEADINGS,
    WARNINGS,
)

WORDS_LIMIT = 1500
"""Characters that are read about one recipient."""

_SURE_FORMS = frozenset({Sureness.ANGLE_LED, Sureness.TRANSCRIPT})


@dataclass(frozen=True, slots=True)
class Told:
    """``action``: one of RFC 3464's words. ``words``: what is said of this recipient, as written."""

    address: str
    action: str
    words: str


def recipients_told(
    words: str,
    subject: str,
    *,
    named: Sequence[str],
    senders: frozenset[str],
    original_to: Sequence[str],
    is_daemons: bool,
) -> tuple[Told, ...]:
    """``named``: addresses in X-Failed-Recipients. ``senders``: who wrote or gets the report, never its recipient if
    anybody else is named (lower case). ``original_to``: whom the returned original was written to, for reports that
    name nobody. ``is_daemons``: only a daemon's mail is believed to mean an address that it merely mentions.
    """
    found = [one for one in mentions(words) if is_daemons or one.sureness is not Sureness.STRAY]
    wanted = _chosen(found, senders) if not named else list(dict.fromkeys(named))
    if not wanted and len(original_to) == 1:
        wanted = list(original_to)
    action = overall_action(subject, words)
    lines = lines_of(words)
    starts = _starts(wanted, found)
    return tuple(
        Told(address, _action_over(lines, starts.get(address.lower()), action), _section(lines, starts, address))
        for address in wanted[:RECIPIENTS_LIMIT]
    )


def _chosen(found: list[Mention], senders: frozenset[str]) -> list[str]:
    """The addresses named most surely; role addresses only where nobody else is named, and the sender's own only in
    the forms that programs use: systems write to him of himself, too ("your mailbox is nearly full").
    """
    for candidates in (
        [mention for mention in found if mention.address.lower() not in senders and not mention.is_role],
        [mention for mention in found if mention.address.lower() not in senders],
        [mention for mention in found if not mention.is_role and mention.sureness in _SURE_FORMS],
    ):
        if candidates:
            best = min(mention.sureness for mention in candidates)
            chosen = {mention.address.lower(): mention.address for mention in candidates if mention.sureness is best}
            if best is not Sureness.STRAY or len(chosen) == 1:
                return list(chosen.values())
    return []


def _starts(wanted: list[str], found: list[Mention]) -> dict[str, int]:
    """Address -> the line where its section begins: where it is first named in the surest way."""
    names = {address.lower() for address in wanted}
    starts: dict[str, tuple[int, int]] = {}
    for mention in found:
        name = mention.address.lower()
        if name in names:
            at = (int(mention.sureness), mention.line)
            starts[name] = min(starts.get(name, at), at)
    if len(starts) == 1 and all(sureness >= Sureness.TRANSCRIPT for sureness, _ in starts.values()):
        return dict.fromkeys(starts, 0)  # what was answered stands before the line that names him
    return {name: line for name, (_, line) in starts.items()}


def _section(lines: list[str], starts: dict[str, int], address: str) -> str:
    start = starts.get(address.lower())
    if start is None:
        return "\n".join(lines)[:WORDS_LIMIT] if len(starts) <= 1 else ""
    end = min((line for line in starts.values() if line > start), default=len(lines))
    return "\n".join(lines[start:end])[:WORDS_LIMIT]


def _action_over(lines: list[str], start: int | None, action: str) -> str:
    """A heading over a list speaks for those under it, until the next."""
    for line in reversed(lines[: start or 0]):
        lowered = line.lower()
        for phrase, meant in HEADINGS:
            if phrase in lowered:
                # "failed" over a list in a mere warning is still a warning
                return action if meant == "failed" and action == "delayed" else meant
    return action


def overall_action(subject: str, words: str) -> str:
    """What a whole report says, by its subject and words (both lower-cased here)."""
    text = f"{subject.lower()}\n{' '.join(words.lower().split())}"

    def says(phrases: tuple[str, ...]) -> bool:
        return any(phrase in text for phrase in phrases)

    if says(DELAYED):
        return "failed" if says(GIVEN_UP) and not says(WARNINGS) else "delayed"
    fails = says(FAILING) or FAILING_CHINESE.search(text) is not None
    return "delivered" if says(DELIVERED) and not fails else "failed"
