"""The directory: the only queries and writes on the recipients' tables. Every function is given a Session; none commits.

people.py the holders of a day and the export; holders.py beginning and ending of holdings; units.py acts on units;
changes.py an import, its writing and its undoing; lists.py lists, rules, members and the audience; search.py finding by
name, pinyin, telephone or address; suppressions.py who is not written to; requests.py what recipients wished.
"""

from recipients.directory.changes import (
    LaterImportError,
    NothingToUndoError,
    apply,
    begin_import,
    difference,
    finish_import,
    undo_last,
    unknown_units,
)
from recipients.directory.joining import join_list
from recipients.directory.lists import (
    duties_of,
    each_entry,
    lists,
    lists_of,
    members,
    on_no_list,
    posts_held,
    resolve,
    seed_lists,
    set_policy,
)
from recipients.directory.near_units import absent_units, near_units
from recipients.directory.people import export_rows
from recipients.directory.requests import (
    decide,
    enter_request,
    open_requests,
    replace_address,
    request,
    requests_of,
)
from recipients.directory.search import find
from recipients.directory.suppressions import (
    DutyListError,
    active_suppressions,
    lift,
    listed_suppressions,
    suppress,
    suppressed_clause,
)
from recipients.directory.units import Notes, UnitError, add_alias, arrange, close, known_names, merge, rename

__all__ = [
    "DutyListError",
    "LaterImportError",
    "Notes",
    "NothingToUndoError",
    "UnitError",
    "absent_units",
    "active_suppressions",
    "add_alias",
    "apply",
    "arrange",
    "begin_import",
    "close",
    "decide",
    "difference",
    "duties_of",
    "each_entry",
    "enter_request",
    "export_rows",
    "find",
    "finish_import",
    "join_list",
    "known_names",
    "lift",
    "listed_suppressions",
    "lists",
    "lists_of",
    "members",
    "merge",
    "near_units",
    "on_no_list",
    "open_requests",
    "posts_held",
    "rename",
    "replace_address",
    "request",
    "requests_of",
    "resolve",
    "seed_lists",
    "set_policy",
    "suppress",
    "suppressed_clause",
    "undo_last",
    "unknown_units",
]
