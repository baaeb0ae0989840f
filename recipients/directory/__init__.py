"""The directory: the only queries and writes on the recipients' tables. Every function is given a Session; none commits.

people.py the holders of a day and the export; changes.py an import's difference and its writing; lists.py lists, rules,
members and the audience; suppressions.py who is not written to.
"""

from recipients.directory.changes import apply, difference
from recipients.directory.lists import lists, members, on_no_list, resolve, seed_lists
from recipients.directory.people import export_rows
from recipients.directory.suppressions import (
    DutyListError,
    active_suppressions,
    lift,
    suppress,
    suppressed_clause,
)

__all__ = [
    "DutyListError",
    "active_suppressions",
    "apply",
    "difference",
    "export_rows",
    "lift",
    "lists",
    "members",
    "on_no_list",
    "resolve",
    "seed_lists",
    "suppress",
    "suppressed_clause",
]
