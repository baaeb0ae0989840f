"""An issue is corrected by hand: what a person changed becomes a revision of its own, the file stays as it came.

The source of such a revision is the correction itself, as JSON: which revision it was made on (with the sha256 of its
source) and what was changed. So its sha256 is that of its own source like any other's, and the chain back to
the handed-in file can be followed. A correction that changes nothing makes no revision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from mailer.content.correct import CorrectionError, correct
from mailer.content.issue import Issue, from_json, to_json
from mailer.flow.office import Office
from mailer.flow.take_issue import TakenIssue, look_over
from mailer.store import corrections, freeze, queries


def correct_issue(office: Office, *, revision_id: int, changes: Mapping[str, str], actor: str) -> TakenIssue:
    """Makes the revision and says what the check finds now.

    Raises CorrectionError: ``unknown_revision``, ``unknown_field``, ``bad_value``, ``incomplete``; ``outdated`` when
    somebody made another revision since (nothing is written, so neither change is lost); and, for number, year and
    series, ``already_mailed`` (what went out keeps its number) or ``number_taken``.
    """
    now = office.clock.now()
    with office.store.begin() as session:
        base = queries.revision_content(session, revision_id)
        if base is None:
            raise CorrectionError("unknown_revision", "没有这一稿。", "看看有哪些：mailer issues list")
        before = from_json(json.loads(base.content))
        issue = correct(before, changes)
        source = json.dumps(
            {"base": base.source_sha256, "base_revision": revision_id, "changes": dict(changes)},
            ensure_ascii=False,
            sort_keys=True,
        ).encode()
        sha256 = hashlib.sha256(source).hexdigest()
        row = corrections.issue_of(session, revision_id)
        issue_id = int(row.id)
        newest = corrections.newest_revision(session, issue_id)
        if newest.id != revision_id and issue != before:
            raise CorrectionError(
                "outdated",
                f"您打开之后，{newest.created_by.partition(':')[2]} 已存了第 {newest.revision} 稿，您的改动还没有保存。",
                "请对照新的一稿，再保存一次。",
            )
        if issue == before:
            made, is_new, sha256 = revision_id, False, base.source_sha256
        else:
            _rewrite(session, row, issue)
            made, is_new = freeze.keep_revision(
                session,
                issue_id=issue_id,
                source=source,
                sha256=sha256,
                name=f"{base.source_name.removesuffix(corrections.MARK)}{corrections.MARK}",
                content_json=json.dumps(to_json(issue), ensure_ascii=False),
                now=now,
                by=actor,
            )
            office.record(
                session,
                actor,
                "issue.corrected",
                f"issue:{issue_id}",
                revision=made,
                base=revision_id,
                fields=sorted(changes),
            )
    return TakenIssue(issue_id, made, issue, is_new, look_over(office, issue, sha256))


def _rewrite(session: Session, row: Any, issue: Issue) -> None:
    """The issue's own row follows; another number only while nothing went out under the old one."""
    if issue.number is None or issue.date is None:
        raise CorrectionError("incomplete", "改过之后没有期号或日期。", "期号和日期都不能空着。")
    key = {"bulletin_id": row.bulletin_id, "series": issue.series, "year": issue.year or 0, "number": issue.number}
    if any(getattr(row, name) != value for name, value in key.items()):
        if corrections.has_mailing(session, row.id):
            raise CorrectionError(
                "already_mailed",
                f"第{row.number}期已经发送过，期号不能再改。",
                "请改好原稿，作为新的一期收录，并发更正。",
            )
        if corrections.holder_of(session, key) is not None:
            raise CorrectionError(
                "number_taken", f"第{issue.number}期已经收录过别的文件。", "请核对期号：mailer issues list"
            )
    corrections.rewrite_issue(session, row.id, key=key, title=issue.title, issued_on=issue.date)
