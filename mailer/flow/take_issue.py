"""A file becomes an issue of the bulletin: read, checked against what is known, kept with its source as a revision."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from mailer.content.check import KnownIssues, check
from mailer.content.issue import Finding, Issue, NotAnIssueError, Place, from_json, to_json
from mailer.content.length import length_findings
from mailer.content.readers import read_issue
from mailer.flow.known_roster import known_roster
from mailer.flow.office import Office
from mailer.flow.ports import Apart, at_once
from mailer.store import corrections, freeze, queries


@dataclass(frozen=True, slots=True)
class TakenIssue:
    issue_id: int
    revision_id: int
    issue: Issue
    is_new: bool
    findings: tuple[Finding, ...]


def take_issue(office: Office, *, data: bytes, filename: str, actor: str, apart: Apart = at_once) -> TakenIssue:
    """Keeps the file and what was understood. ``apart``: where it is read. Raises NotAnIssueError, NotReadError.

    The same file again is the same revision, with what was corrected by hand since, also another number.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if earlier := _taken_before(office, sha256):
        return earlier
    issue = apart(read_issue, data, filename)
    now = office.clock.now()
    findings = look_over(office, issue, sha256)
    if issue.number is None or issue.date is None:
        what = "期号" if issue.number is None else "印发日期"
        raise NotAnIssueError("incomplete", f"没有读到{what}，不能收录", f"请在报头补上{what}后再交。", Place())
    with office.store.begin() as session:
        bulletin_id = freeze.keep_bulletin(session, title=issue.title, office=issue.issuing_office or "", now=now)
        key = {
            "bulletin_id": bulletin_id,
            "series": issue.series,
            "year": issue.year or 0,
            "number": issue.number,
        }
        issue_id = freeze.keep_issue(session, key=key, title=issue.title, issued_on=issue.date, now=now)
        revision_id, is_new = freeze.keep_revision(
            session,
            issue_id=issue_id,
            source=data,
            sha256=sha256,
            name=filename,
            content_json=json.dumps(to_json(issue), ensure_ascii=False),
            now=now,
            by=actor,
        )
        if is_new:
            corrections.rewrite_issue(session, issue_id, key=key, title=issue.title, issued_on=issue.date)
            office.record(session, actor, "issue.taken", f"issue:{issue_id}", revision=revision_id, sha256=sha256)
    return TakenIssue(issue_id, revision_id, issue, is_new, findings)


def _taken_before(office: Office, sha256: str) -> TakenIssue | None:
    with office.store.read() as session:
        row = corrections.of_file(session, sha256)
    if row is None:
        return None
    issue = from_json(json.loads(row.content))
    return TakenIssue(row.issue_id, row.id, issue, is_new=False, findings=look_over(office, issue, row.source_sha256))


def look_over(office: Office, issue: Issue, sha256: str) -> tuple[Finding, ...]:
    """The pre-flight check against the issues already taken and the directory; the very same file is no repetition."""
    now = office.clock.now()
    with office.store.read() as session:
        taken = queries.known_numbers(session, series=issue.series, year=issue.year or 0, but_not=sha256)
        before = queries.known_numbers(session, series=issue.series, year=(issue.year or 0) - 1, but_not=sha256)
        roster = known_roster(session, issue, now)
    known = KnownIssues(taken, max(before, default=None))
    today = now.astimezone(office.zone).date()
    return check(issue, known=known, today=today, roster=roster, mail=length_findings(office.templates, issue))


def stored_issue(office: Office, revision_id: int) -> Issue | None:
    """The issue of a revision as it was understood when it was taken."""
    with office.store.read() as session:
        row = queries.revision_content(session, revision_id)
    return from_json(json.loads(row.content)) if row is not None else None
