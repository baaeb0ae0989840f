"""放行: a person passes a stop of the pre-flight check, with a reason that goes into the approval and the audit."""

from __future__ import annotations

from mailer.content.issue import Severity
from mailer.flow.office import Office
from mailer.flow.take_issue import look_over, stored_issue
from mailer.store import corrections, queries, sign_off

LONGEST_REASON = 500  # characters


class WaiverError(Exception):
    """What was asked cannot be passed: sentence and remedy."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def waive(office: Office, *, revision_id: int, code: str, reason: str, actor: str) -> None:
    """Raises WaiverError: no reason, or the check finds no such stop (any more)."""
    reason = reason.strip()
    if not reason:
        raise WaiverError("放行要写理由。", "写一句为什么可以照发，例如“领导已同意”。")
    if len(reason) > LONGEST_REASON:
        raise WaiverError(f"理由最多 {LONGEST_REASON} 字。", "请写短一些。")
    issue = stored_issue(office, revision_id)
    with office.store.read() as session:
        row = queries.revision_content(session, revision_id)
    found = look_over(office, issue, row.source_sha256) if issue is not None and row is not None else ()
    if not any(each.code == code and each.severity is Severity.STOP for each in found):
        raise WaiverError("这一处已经不用放行了。", "预检里已没有它，请看最新的结果。")
    with office.store.begin() as session:
        issue_id = corrections.issue_of(session, revision_id).id
        sign_off.keep_waiver(
            session, revision_id=revision_id, code=code, reason=reason, now=office.clock.now(), by=actor
        )
        office.record(
            session, actor, "finding.waived", f"issue:{issue_id}", revision=revision_id, code=code, reason=reason
        )


def unwaive(office: Office, *, revision_id: int, code: str, actor: str) -> None:
    """The stop stands again."""
    with office.store.begin() as session:
        issue_id = corrections.issue_of(session, revision_id).id
        if sign_off.drop_waiver(session, revision_id, code):
            office.record(
                session, actor, "finding.waiver_withdrawn", f"issue:{issue_id}", revision=revision_id, code=code
            )
