"""The pre-flight check: what a careful proof-reader would say before an issue goes out.

Looks at form only: numbers, dates, marks, credits, printed lists, places where text may be lost. It is **no** secrecy
review and says so to nobody: a mark at the head is seen, the content is not judged. Pure: the date of today, the numbers
already taken, the roster and the findings about the rendered mail come as arguments; what is not given is not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from mailer.content.check_head import KnownIssues, check_head
from mailer.content.check_links import check_links
from mailer.content.check_lists import KnownRoster, check_lists, check_units
from mailer.content.check_text import check_text
from mailer.content.check_word import check_word
from mailer.content.issue import Finding, Issue, Severity

__all__ = ["KnownIssues", "KnownRoster", "check"]

MOST_OF_A_KIND: Final = 40


def check(
    issue: Issue,
    *,
    known: KnownIssues | None,
    today: date,
    roster: KnownRoster | None = None,
    mail: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """Every finding, stops first, each group in the order of the paper. ``mail``: what is to be said of the rendered mail.

    A code that is found several times gets a number from the second on (word_revision, word_revision.2), so that each
    can be waived with its own reason.
    """
    found = [
        *check_head(issue, known, today),
        *check_word(issue),
        *check_text(issue),
        *check_links(issue),
        *check_lists(issue, roster),
        *(check_units(issue, roster) if roster is not None else ()),
        *mail,
    ]
    found.sort(key=lambda finding: finding.severity is not Severity.STOP)
    return tuple(_numbered_stops(_bounded(found)))


def _bounded(found: list[Finding]) -> Iterable[Finding]:
    """At most so many warnings of a kind; the rest is counted in the last of them. Stops are all told."""
    left: Counter[str] = Counter(finding.code for finding in found)
    told: Counter[str] = Counter()
    for finding in found:
        told[finding.code] += 1
        more = left[finding.code] - MOST_OF_A_KIND
        if finding.severity is Severity.STOP or told[finding.code] < MOST_OF_A_KIND or more <= 0:
            yield finding
        elif told[finding.code] == MOST_OF_A_KIND:
            yield replace(finding, message=f"{finding.message}（另有 {more} 处同样的情况没有逐一列出。）")


def _numbered_stops(found: Iterable[Finding]) -> Iterable[Finding]:
    told: Counter[str] = Counter()
    for finding in found:
        told[finding.code] += 1
        again = finding.severity is Severity.STOP and told[finding.code] > 1
        yield replace(finding, code=f"{finding.code}.{told[finding.code]}") if again else finding
