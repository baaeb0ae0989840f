"""What the directory knows that the pre-flight check compares an issue with: units, lists, and where mailboxes are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from sqlmodel import Session

from mailer.content.check import KnownRoster
from mailer.content.issue import Issue
from recipients import directory
from recipients.directory.domains import domains
from recipients.directory.units import former_names, groups
from recipients.printed import compare

# who stands on a list is worked out anew at each look; an office that mails more people prints no names of units
_MOST_COMPARED: Final = 5_000


def known_roster(session: Session, issue: Issue, at: datetime) -> KnownRoster | None:
    """None where the directory is empty: then nothing is compared. Lists are compared up to 5,000 addresses."""
    names = directory.known_names(session)
    if not names:
        return None
    mailboxes = domains(session, at)
    renamed = former_names(session)
    good = {key: name for key, name in names.items() if key not in renamed}
    # every name a unit goes by is a good one, abbreviations too
    units = tuple(dict.fromkeys([*good.values(), *good]))
    if sum(mailboxes.values()) > _MOST_COMPARED:
        return KnownRoster(units, renamed, domains=mailboxes)
    lists = directory.lists(session)
    audience = directory.resolve(session, [each.code for each in lists], at)
    members = Counter(entry.list_code for entry in audience.entries)
    found = compare(issue.distribution.by_list(), audience, groups(session), lists)
    return KnownRoster(
        units,
        renamed,
        members={each.code: members[each.code] for each in lists},
        unanswered={
            code: tuple(one.phrase for one in found if one.list_code == code and one.phrase) for code in members
        },
        unprinted={
            code: tuple(unit for one in found if one.list_code == code for unit in one.units) for code in members
        },
        domains=mailboxes,
    )
