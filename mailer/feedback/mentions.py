"""Addresses in a report's own words, and how surely each is the recipient's, by the way its line names it.

The forms are those of many programs: a line led by the address (qmail, Postfix, Exim, Gmail, Exchange, Domino), a
label before it (IMail, James, SmarterMail), a transcript (Sendmail, InterScan), a sentence (DragonFly, QQ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from mailer.feedback.dsn import ADDRESS_LIMIT
from mailer.feedback.quoted import lines_of
from mailer.feedback.rules.report_places import HELP_WORDS, NO_RECIPIENT_LABELS, PROSE, RECIPIENT_LABELS, SENDER_WORDS

MENTIONS_LIMIT = 500

# In angle brackets an address may hold any letters; bare it ends where other than its own letters begin, so that
# "无法发送到li@post.example失败" reads right.
_ADDRESS = re.compile(
    r"<(\"[^\"<>]{1,64}\"@[^\s<>@]{1,255}|[^\s<>@\"]{1,64}@[^\s<>@]{1,255})>"
    r"|(?<![A-Za-z0-9!#$%&*+/=?^_`{|}~.-])([A-Za-z0-9!#$%&*+/=?^_`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}"
    r"@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){1,10})"
)
_WORD = re.compile(r"[^\s:,;.<>\[\]{}\"']+")
_CODE = re.compile(r"[<>\s*-]{0,12}[245]\d\d(?:[ -]+[245]\.\d{1,3}\.\d{1,3})?[ -]*(?:[<>\s]{0,4})?$")
_RCPT = re.compile(r"rcpt\s{1,3}to\s{0,3}:?\s{0,3}(?:rfc822;)?$")
_LIST_MARK = re.compile(r"[\s>*•·◆●\-\d.)(（\[\"'“‘「【]{0,24}(?:smtp:|rfc822;|mailto:)?$", re.IGNORECASE)
_TYPE = re.compile(r"(?:smtp|mailto|rfc-?822)[:;=]", re.IGNORECASE)
_SEPARATOR = re.compile(r"[\s,;、，；>]{0,6}(?:and|和|及)?[\s<]{0,4}$", re.IGNORECASE)
_LEAD_INDENT = 3
_SENTENCE_ENDS = (".", "!", "。", "！")
_BEFORE = "<\"'(（ [“‘「【《：:=;"
# one English word counts only as a whole word
_PROSE = tuple(phrase if not phrase.isascii() or " " in phrase else f" {phrase}" for phrase in PROSE)


class Sureness(IntEnum):
    """Smaller is surer."""

    ANGLE_LED = 0
    LED = 1
    LABELLED = 2
    TRANSCRIPT = 3
    SENTENCE = 4
    STRAY = 5  # nothing says whose it is
    OTHER = 6  # said to be somebody else's


@dataclass(frozen=True, slots=True)
class Mention:
    address: str
    sureness: Sureness
    line: int  # number in the text, from 0
    is_role: bool = False  # postmaster, support: seldom the one written to


_ROLES = frozenset(
    {
        "postmaster",
        "mailer-daemon",
        "abuse",
        "support",
        "helpdesk",
        "help",
        "noc",
        "hostmaster",
        "webmaster",
        "no-reply",
        "noreply",
        "admin",
        "administrator",
        "root",
    }
)


def mentions(text: str) -> list[Mention]:
    """Every address of the report's own words that may be the recipient's, in order."""
    found: list[Mention] = []
    before = ""
    for number, line in enumerate(lines_of(text)):
        if "@" in line:
            found.extend(_in_line(line, number, before))
            if len(found) >= MENTIONS_LIMIT:
                break
        if line.strip():
            before = line
        elif before.rstrip().endswith(_SENTENCE_ENDS):
            before = ""  # else the paragraph leads over to the next: "A message sent by"
    return found[:MENTIONS_LIMIT]


def _in_line(line: str, number: int, before: str) -> Iterator[Mention]:
    end = 0
    sureness = Sureness.STRAY
    for match in _ADDRESS.finditer(line):
        address = _TYPE.sub("", match[1] or match[2], count=1).strip(".")
        between = line[end : match.start()]
        if not (end and _SEPARATOR.match(between)):  # a list goes on as it began
            sureness = _sureness(line[: match.start()], before, is_angle=match[1] is not None)
        end = match.end()
        if sureness is not Sureness.OTHER and len(address) <= ADDRESS_LIMIT and not line.startswith("@", end):
            yield Mention(address, sureness, number, address.partition("@")[0].lower() in _ROLES)


def _sureness(head: str, before: str, *, is_angle: bool) -> Sureness:
    lowered = " ".join(head.lower().split())
    if _RCPT.search(lowered) or _CODE.match(lowered):
        return Sureness.TRANSCRIPT
    if _LIST_MARK.match(head):
        if _is_others(before.lower()):
            return Sureness.OTHER
        indent = len(head) - len(head.lstrip(" \t"))
        return Sureness.ANGLE_LED if is_angle and indent <= _LEAD_INDENT else Sureness.LED
    label, colon, rest = lowered.rpartition(":")
    if not colon:
        label, colon, rest = lowered.rpartition("：")
    if colon and _LIST_MARK.match(rest):
        return _labelled(label)
    sentence = f"{before[-80:].lower()} {lowered}".rstrip(_BEFORE)
    if _is_others(sentence):
        return Sureness.OTHER
    return Sureness.SENTENCE if sentence.endswith(_PROSE) else Sureness.STRAY


def _labelled(label: str) -> Sureness:
    words = _WORD.findall(label[-80:].strip("([ "))
    if words[-2:] == ["expanded", "from"]:
        return Sureness.LABELLED
    if any(word in NO_RECIPIENT_LABELS for word in words):
        return Sureness.OTHER
    if any(word in RECIPIENT_LABELS for word in words) or label.endswith(_PROSE):
        return Sureness.LABELLED
    return Sureness.STRAY


def _is_others(words: str) -> bool:
    """Do the words right before an address name whom to ask, or the sender?"""
    near = words[-40:]
    return any(phrase in near for phrase in HELP_WORDS) or words.rstrip(_BEFORE).endswith(SENDER_WORDS)
