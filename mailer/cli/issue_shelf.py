"""``mailer issues import|list|show``: the issues an installation has taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mailer.cli import issues, opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.correct import CorrectionError
from mailer.content.issue import Issue, NotAnIssueError, Severity, to_json
from mailer.content.readers import MAX_BYTES
from mailer.flow.correct_issue import correct_issue
from mailer.flow.office import Office
from mailer.flow.take_issue import TakenIssue, stored_issue, take_issue
from mailer.store import queries


def take_file(office: Office, path: Path) -> TakenIssue:
    """Reads and keeps a file. Raises CommandError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(
            "file_missing", f"读不到文件 {path}：{error.strerror}", "请检查文件名和所在文件夹。", Exit.USAGE
        ) from error
    try:
        return take_issue(office, data=data, filename=path.name, actor=opening.actor())
    except NotAnIssueError as error:
        raise CommandError(error.code, f"{path.name}：{error.message}", error.hint) from error


def find(office: Office, wanted: str) -> tuple[int, Issue, str]:
    """By number (the newest of that number) or id:N: revision id, issue, sha256 of its file. Raises CommandError."""
    row = _find(office, wanted)
    issue = stored_issue(office, row.revision_id)
    if issue is None:
        raise _none_such(wanted)
    return row.revision_id, issue, row.source_sha256


def find_id(office: Office, wanted: str) -> int:
    """The issue's own id, named in the same ways. Raises CommandError."""
    return int(_find(office, wanted).id)


def _find(office: Office, wanted: str) -> Any:
    by_id = wanted.startswith("id:")
    with office.store.read() as session:
        for row in queries.issues(session):
            if str(row.id if by_id else row.number) == wanted.removeprefix("id:"):
                return row
    raise _none_such(wanted)


def _none_such(wanted: str) -> CommandError:
    return CommandError(
        "no_issue", f"没有收录过 {wanted}。", "看看有哪些：mailer issues list；或直接给出文件。", Exit.USAGE
    )


def _office() -> Office:
    settings = opening.settings()
    return opening.office(settings, opening.store(settings))


def take(path: Path, out: Output) -> Exit:
    taken = take_file(_office(), path)
    return _tell(taken, "已收录" if taken.is_new else "早已收录", out)


def correct(wanted: str, settings: Sequence[str], out: Output) -> Exit:
    """``settings``: field=value, each once. Raises CommandError."""
    changes: dict[str, str] = {}
    for text in settings:
        field, sign, value = text.partition("=")
        if not sign or field.strip() in changes:
            raise CommandError("usage", f"--set {text} 看不懂。", "写成 --set 项=值，每一项只写一次。", Exit.USAGE)
        changes[field.strip()] = value
    office = _office()
    revision_id, _, _ = find(office, wanted)
    try:
        taken = correct_issue(office, revision_id=revision_id, changes=changes, actor=opening.actor())
    except CorrectionError as error:
        raise CommandError(error.code, error.message, error.hint) from error
    return _tell(taken, "已改正，另存一稿" if taken.is_new else "早已这样改过", out)


def _tell(taken: TakenIssue, done: str, out: Output) -> Exit:
    out.line(f"{done}：{taken.issue.title} 第{taken.issue.number}期（id:{taken.issue_id}）")
    for finding in taken.findings:
        mark = "必须处理" if finding.severity is Severity.STOP else "请核对"
        out.line(f"  {mark} [{finding.code}] {finding.message} → {finding.remedy}")
    out.object(
        {
            "event": "result",
            "issue": taken.issue_id,
            "revision": taken.revision_id,
            "number": taken.issue.number,
            "created": taken.is_new,
            "findings": [
                {"code": each.code, "severity": str(each.severity), "message": each.message} for each in taken.findings
            ],
        }
    )
    return Exit.DONE


def show_all(out: Output) -> Exit:
    with _office().store.read() as session:
        rows = queries.issues(session)
    if not rows:
        out.line("还没有收录过。收录一期：mailer issues import 文件；或直接 mailer send 文件")
    for row in rows:
        out.line(
            f"id:{row.id:<4} 第{row.number}期  {row.issued_on}  {row.title}（{row.source_name}，第 {row.revision} 稿）"
        )
        out.object(
            {
                "issue": row.id,
                "number": row.number,
                "date": row.issued_on,
                "title": row.title,
                "revision": row.revision,
                "file": row.source_name,
            }
        )
    return Exit.DONE


def stored(wanted: str) -> Issue:
    """The issue in its newest revision. Raises CommandError."""
    return find(_office(), wanted)[1]


def show(wanted: str, out: Output) -> Exit:
    issue = stored(wanted)
    out.object(to_json(issue))
    for line in issues.summary(issue):
        out.line(line)
    return Exit.DONE
