"""Issues: listed, read, taken in."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from mailer.content.issue import NotAnIssueError
from mailer.content.readers import MAX_BYTES
from mailer.flow.ports import NotReadError
from mailer.flow.read_revision import read_revision
from mailer.flow.take_issue import take_issue
from mailer.model.api_scope import Scope
from mailer.store import queries
from mailer.web.api.operation import PAGE, Call, Done, Operation, page_of
from mailer.web.api.problems import ProblemError
from mailer.web.api.schema import BOOL, DATE, INT, MOMENT, STR, Schema, array, leaf, maybe, one_of, record, words

_ISSUE = record(
    {"id": INT, "series": STR, "year": INT, "number": INT, "title": STR, "date": DATE, "revision": INT, "file": STR}
)
_FINDING = record(
    {"code": STR, "severity": one_of("stop", "warning"), "message": STR, "remedy": STR, "line": maybe(INT)}
)
_REVISION = record({"revision": INT, "file": STR, "created_at": MOMENT, "created_by": STR})
_WHOLE = record(
    {
        **_ISSUE["properties"],
        "content": {"type": "object", "description": "As `mailer issues parse --json` prints it."},
        "findings": array(_FINDING),
        "revisions": array(_REVISION),
        "mailings": array(INT),
    }
)
_TAKEN = record({"id": INT, "revision": INT, "number": INT, "title": STR, "created": BOOL, "findings": array(_FINDING)})
_FILE: Schema = {
    **record(
        {
            "filename": {**words(200, 1), "description": "Its ending says how it is read: .docx, .md, .txt"},
            "text": {**words(MAX_BYTES, 1), "description": "The file as text (.md, .txt); or:"},
            "base64": {
                **words(MAX_BYTES * 4 // 3 + 4), "contentEncoding": "base64", "description": "the octets of the file"
            },
        },
        optional=("text", "base64"),
    ),
    "oneOf": [{"required": ["text"]}, {"required": ["base64"]}],  # checked by the operation itself
}  # fmt: skip


def operations() -> list[Operation]:
    return [
        Operation(
            "GET", "/issues", "listIssues", "Issues with their newest revision, the newest first", Scope.ISSUES_READ,
            _list, {200: leaf(_ISSUE)}, query=PAGE,
        ),
        Operation(
            "GET", "/issues/{id}", "getIssue", "One issue as it was understood", Scope.ISSUES_READ, _one, {200: _WHOLE}
        ),
        Operation(
            "POST", "/issues", "takeIssue",
            "Take a file in. The same file again is the same issue (200, created false); nothing is sent by this",
            Scope.ISSUES_WRITE, _take, {200: _TAKEN, 201: _TAKEN}, body=_FILE, body_limit=MAX_BYTES * 3 // 2,
        ),
    ]  # fmt: skip


def _list(call: Call) -> Done:
    limit, after = call.query["limit"], call.query["after"]
    with call.office.store.read() as session:
        rows = queries.issues(session)[after : after + limit + 1]
    return Done(page_of([_issue(row, row.revision, row.source_name) for row in rows], limit, after))


def _issue(row: Any, revision: int, file: str) -> dict[str, Any]:
    return {
        "id": row.id, "series": row.series, "year": row.year, "number": row.number, "title": row.title,
        "date": row.issued_on, "revision": revision, "file": file,
    }  # fmt: skip


def _one(call: Call) -> Done:
    found = read_revision(call.office, call.path["id"])
    if found is None:
        raise ProblemError(404, "no_issue", f"没有收录过编号 {call.path['id']} 的期刊。", "列表：GET /api/v1/issues")
    with call.office.store.read() as session:
        kept = queries.revision_content(session, found.id)
    return Done(
        {
            **_issue(found.row, found.number, found.source.name),
            "content": json.loads(kept.content) if kept else {},
            "findings": [_finding(each) for each in found.findings],
            "revisions": [
                {
                    "revision": each.revision, "file": each.source_name, "created_at": each.created_at,
                    "created_by": each.created_by,
                }
                for each in found.revisions
            ],
            "mailings": [each.id for each in found.mailings],
        }
    )  # fmt: skip


def _take(call: Call) -> Done:
    body = call.body
    if ("text" in body) == ("base64" in body):
        raise ProblemError(
            422, "invalid", "text 和 base64 要给一个，只给一个。", errors=[("/text", "与 base64 二选一")]
        )
    try:
        data = body["text"].encode("utf-8") if "text" in body else base64.b64decode(body["base64"], validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        at = "/text" if "text" in body else "/base64"
        raise ProblemError(422, "invalid", "文件内容读不出来。", errors=[(at, "不是合格的编码")]) from error
    try:
        taken = take_issue(call.office, data=data, filename=body["filename"], actor=call.key.actor, apart=call.apart)
    except NotAnIssueError as error:
        raise ProblemError(422, error.code, error.message, error.hint) from error
    except NotReadError as error:
        raise ProblemError(503, error.code, error.message, error.hint) from error
    answer = {
        "id": taken.issue_id,
        "revision": taken.revision_id,
        "number": taken.issue.number,
        "title": taken.issue.title,
        "created": taken.is_new,
        "findings": [_finding(each) for each in taken.findings],
    }
    return Done(answer, 201 if taken.is_new else 200)


def _finding(each: Any) -> dict[str, Any]:
    return {
        "code": each.code, "severity": str(each.severity), "message": each.message, "remedy": each.remedy,
        "line": each.place.line,
    }  # fmt: skip
