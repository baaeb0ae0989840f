"""The fault matrix: what may go wrong, and what must come of it. The tests beside this file are marked with its rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    fault: str
    outcome: str


_ROWS = """
F01 | kill -9 after the claim, before a message | nothing in doubt, no copy twice, attempts given back
F02 | kill -9 between MAIL and the body | nothing in doubt, no copy twice
F03 | kill -9 in mid-body | in doubt, one per connection at most; never sent again by itself
F04 | kill -9 behind the dot, its answer unread | in doubt, one per connection at most; the same Message-ID
F05 | kill -9 behind the answer, before the commit | the journal settles what was answered
F06 | kill -9 at any moment, 50 times | nothing lost, nothing twice, the sum is right
F07 | kill -9 while the audience is frozen | all rows or none count; the next call finishes it
F08 | Redis restarted three times | nothing lost, nothing twice, ends by itself
F09 | Redis FLUSHALL | nothing lost, nothing twice, ends by itself
F10 | Redis closes every connection, five times | workers go on or find the work themselves
F11 | Redis out of memory, read-only, silent | the office's command is not held up; the queue drains
F12 | a task longer than the visibility timeout | run again by another worker: nothing twice
F13 | SIGTERM, ten times | what is on the wire ends, the rest goes back; nothing twice, nothing in doubt
F14 | PostgreSQL restarted, fast and immediate | nothing lost, nothing twice
F15 | PostgreSQL away for a minute | at most the windows granted go out; then everything ends
F16 | disk full | nothing new begins, nothing is called sent that is not; goes on with room
F17 | every database connection taken | waiting, no deadlock
F18 | no answer at connect, EHLO, MAIL, RCPT, DATA | deferred after the limit of the phase; the others go
F19 | no answer behind the dot | in doubt (hold), or once more under the same Message-ID (resend)
F20 | cut behind the dot, the relay has it | in doubt (hold), or one more copy at most (resend)
F21 | cut behind the dot, the relay has it not | never called sent; resend brings it
F22 | reset at every phase | deferred, or in doubt behind the dot; nothing lost, nothing twice
F23 | 421 at every phase | deferred, another session; nothing in doubt
F24 | 421 after seven messages | another session, nobody skipped
F25 | 4yz for some recipients | only those wait
F26 | 452 too many recipients, partial acceptance | one recipient a message, an outcome each
F27 | greylisting, by count and by time | sent at a later try, not before its time
F28 | 550 552 553 554, at RCPT and at the dot | code and words stored as they came
F29 | relay down: refuses, resets | no attempt is charged, connections grow rare; drains afterwards
F30 | rate limit by 450, 451, 421 | few refusals, then it slows or stops and asks; nothing lost
F31 | replies a byte at a time | a limit for the whole answer
F32 | giant and endless replies | deferred, no memory lost
F33 | malformed replies | never called sent without a clean 250
F34 | STARTTLS stripped, refused, noise, injected | nothing goes out in the clear; the office is told
F35 | certificate of nobody, of another host, expired | nothing goes out; the reason in plain words
F36 | login refused, put off, cut | held at the first refusal, no second try; put off: tried again
F37 | the relay closes idle sessions | another session, nothing lost
F38 | SIZE, 8BITMIME, SMTPUTF8 missing; EHLO refused | mail of plain form, or refused before the body
F39 | the clock jumps a day ahead or back | leases of live workers stay; no release early or twice
F40 | the relay's name is unknown | waits and says so; drains afterwards
F41 | fifty identical triggers at once | one mailing, one record of each act
F42 | the hour strikes on two beats | released once
F43 | pause and resume, a hundred times in mid-send | at most a window more a worker; the sum is right
F44 | list and issue changed in mid-send | the frozen audience gets the frozen content
F45 | a hundred addresses suppressed in mid-send | what was not begun does not go out
F46 | people removed in mid-send | their rows keep their outcome
F47 | workers 1 to 8 to 1 | nothing twice, ends by itself
F48 | rows that poison | parked or refused with a reason; all others go
F49 | a return before the answer it overtook | waits, and is applied once that is settled
F50 | returns twice and thrice, in any order | one truth, recorded once
F51 | a thousand forged returns | nothing moves; all are kept in sight
F52 | returns by the thousand beside a mailing | none lost; the sending keeps half its rate
F53 | bombs: 25 MB, nested, 40,000 parameters | bounded in time, put aside; the next goes on
F54 | our own mail comes back to us | nothing moves, nobody is answered
F55 | intake killed at random | each mail counts once
F57 | the machine lost in mid-mailing, an older backup | nothing goes out by itself; the gap is said; the sum is right
F60 | one slow domain with most of the rows | the others do not wait for it
"""

MATRIX: dict[str, Row] = {
    (row := Row(*(part.strip() for part in line.split("|")))).name: row for line in _ROWS.strip().splitlines()
}
