"""One revision of an issue with all that stands around it: the file it goes back to, what the check says, what was passed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from mailer.content.issue import Finding, Issue, from_json
from mailer.flow.office import Office
from mailer.flow.take_issue import look_over
from mailer.store import corrections, queries, sign_off


@dataclass(frozen=True, slots=True)
class Source:
    """A handed-in file as it came."""

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Revision:
    """``row``: the issue's own row; ``revisions``, ``mailings``, ``attachments``: rows, the newest first (attachments: the
    oldest first); ``waivers``: rows by code; ``corrected``: how many corrections by hand lie between file and revision.
    """

    row: Any
    id: int
    number: int
    issue: Issue
    source: Source
    corrected: int
    findings: tuple[Finding, ...]
    waivers: dict[str, Any]
    revisions: Sequence[Any]
    mailings: Sequence[Any]
    attachments: Sequence[Any]

    @property
    def is_newest(self) -> bool:
        return bool(self.revisions[0].id == self.id)


def read_revision(office: Office, issue_id: int, revision_number: int | None = None) -> Revision | None:
    """The newest revision, or that one; None where there is none such."""
    with office.store.read() as session:
        revisions = sign_off.revisions(session, issue_id)
        wanted = [each for each in revisions if revision_number is None or each.revision == revision_number]
        if not wanted:
            return None
        kept = queries.revision_content(session, wanted[0].id)
        assert kept is not None, "it was listed in this very snapshot"
        row = corrections.issue_behind(session, kept.id)
        source, corrected = _source_of(session, kept)
        waivers = sign_off.waivers(session, kept.id)
        mailings = sign_off.issue_mailings(session, issue_id)
        attachments = sign_off.attachments(session, issue_id)
    issue = from_json(json.loads(kept.content))
    return Revision(
        row=row,
        id=kept.id,
        number=kept.revision,
        issue=issue,
        source=source,
        corrected=corrected,
        findings=look_over(office, issue, kept.source_sha256),
        waivers=waivers,
        revisions=revisions,
        mailings=mailings,
        attachments=attachments,
    )


def _source_of(session: Session, kept: Any) -> tuple[Source, int]:
    """Follows corrections back to the file they began with."""
    corrected = 0
    while (base_id := corrections.base_of(kept)) is not None:
        base = queries.revision_content(session, base_id)
        if base is None:
            break
        kept, corrected = base, corrected + 1
    return Source(kept.source_name, bytes(kept.source), kept.source_sha256), corrected
