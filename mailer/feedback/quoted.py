"""Where a report ends and the message it returns begins, in a plain text.

Only the report speaks of the failure; the original's addresses and words must not be taken for it.
"""

from __future__ import annotations

import re

from mailer.feedback.rules.report_actions import FAILING, FAILING_CHINESE
from mailer.feedback.rules.report_places import ORIGINAL_LINES, ORIGINAL_MARKS

LINES_LIMIT = 2000
LINE_LIMIT = 1000
"""Characters of a line that are looked at."""

_RULING = "-=_*>#|~+<.: \t※○●■─━"
_HEADER = re.compile(
    r"[>|\s]{0,8}(?:received:\s+(?:from|by|\()|return-path:\s|dkim-signature:\s|x-received:\s)", re.IGNORECASE
)

_REPLY = re.compile(r"\s{0,4}[45]\d\d[ -]")


def lines_of(text: str) -> list[str]:
    """At most LINES_LIMIT lines of at most LINE_LIMIT characters."""
    return [line[:LINE_LIMIT] for line in text.split("\n", LINES_LIMIT)[:LINES_LIMIT]]


def split_original(text: str) -> tuple[str, str]:
    """(the report's own words, the quoted original with the line that announces it).

    A mark before which nothing has been reported yet is the report's own heading, not its end.
    """
    lines = lines_of(text)
    reported = False
    for number, line in enumerate(lines):
        if reported and _begins_original(line) and not _is_reply(lines, number + 1):
            return "\n".join(lines[:number]), "\n".join(lines[number:])
        reported = reported or "@" in line or _says_failure(line)
    return "\n".join(lines), ""


def _begins_original(line: str) -> bool:
    if _HEADER.match(line):
        return True
    words = " ".join(line.lower().strip(_RULING).split())
    return words in ORIGINAL_LINES or words.startswith(ORIGINAL_MARKS)


def _is_reply(lines: list[str], number: int) -> bool:
    """Active!hunter writes the host's answer where others return the message."""
    following = next((line for line in lines[number : number + 3] if line.strip()), "")
    return _REPLY.match(following) is not None


def _says_failure(line: str) -> bool:
    lowered = line.lower()
    return any(phrase in lowered for phrase in FAILING) or FAILING_CHINESE.search(lowered) is not None
