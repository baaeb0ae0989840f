"""Whether an issue makes a mail too long for some mailboxes, told before anything is prepared.

A short issue, as nearly all are, is known to be short without rendering it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final

from jinja2 import Environment

from mailer.content.facts import ListFacts, MailingFacts, Sender
from mailer.content.issue import Finding, Issue
from mailer.content.render import render
from mailer.content.rendered import HTML_LIMIT

# octets of mark-up, each more than the templates really take; a test holds the sum against rendered mails
_FRAME: Final = 30_000
_SECTION: Final = 1_500
_ITEM: Final = 900
_PARAGRAPH: Final = 400
_CELL: Final = 350
_WORD: Final = 150
_ONCE_MORE: Final = 1.2  # first words stand in 本期要目 too


def length_findings(env: Environment, issue: Issue) -> tuple[Finding, ...]:
    """What ``Rendered.findings`` says of the mail of ``issue``, with nothing attached and without a web copy."""
    if largest(issue) <= HTML_LIMIT:
        return ()
    facts = MailingFacts(
        sender=Sender.of(issue),
        list=ListFacts("发", "发", "fa.sandbox.test", is_duty=True),
        date=datetime(2000, 1, 1, tzinfo=UTC),
        boundary="=_length",
        message_domain="sandbox.test",
    )
    return render(env, issue, facts).findings()


def largest(issue: Issue) -> int:
    """Octets which the HTML of the mail does not exceed."""
    words = [issue.title, issue.issuing_office or "", *(text.text for text in issue.unrecognised), *issue.contents]
    words += [issue.editor_note.text] if issue.editor_note else []
    words += [name for label, names in issue.credits.items() for name in (label, *names)]
    words += [phrase for phrases in issue.distribution.by_list().values() for phrase in phrases]
    words += [*issue.contact.email, *issue.contact.phone, *issue.contact.fax]
    for item in issue.items:
        words += [item.text, item.topic or "", item.title or "", *item.units, item.byline or ""]
    words += [section.heading or "" for section in issue.sections]
    text = "\n".join(words)
    return int(
        _FRAME
        + len(escape(text).encode("utf-8", "replace")) * _ONCE_MORE
        + len(issue.sections) * _SECTION
        + len(issue.items) * _ITEM
        + len(words) * _WORD
        + sum(item.text.count("\n") + 1 for item in issue.items) * _PARAGRAPH
        + text.count("|") * _CELL
    )
