"""期刊: the issues taken in, and one issue: what was understood, put right in place, its files, the pre-flight check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.content.attachments import MAX_BYTES as ATTACHMENT_BYTES
from mailer.content.attachments import AttachmentError
from mailer.content.correct import CorrectionError
from mailer.content.issue import NotAnIssueError
from mailer.content.readers import FORMATS, MAX_BYTES
from mailer.content.readers.source import SourceLine, source_lines
from mailer.flow.attach_file import attach_file, remove_file
from mailer.flow.correct_issue import correct_issue
from mailer.flow.ports import NotReadError
from mailer.flow.prepare_issue import is_waiting
from mailer.flow.read_revision import Revision, read_revision
from mailer.flow.take_issue import TakenIssue, take_issue
from mailer.flow.waive_finding import WaiverError, unwaive, waive
from mailer.model.rights import Right
from mailer.store import queries, sign_off
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.issue_fields import Difference, all_fields, changes_of, differences, label_of, posted_fields
from mailer.web.console.issue_page import issue_page
from mailer.web.console.issue_stage import stage_words
from mailer.web.console.ways import Form, Upload, Way

ISSUES_PER_PAGE = 60
_FRAME = 1_000_000  # bytes of a form around its file
_DIGITS = 9  # of an issue's id: more is no number of ours


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that was not saved: what the person wrote, and what stands there now."""

    name: str
    label: str
    mine: str
    now: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Why a correction was not saved, with everything that was written."""

    message: str
    hint: str
    fields: tuple[Pending, ...]
    others: tuple[Difference, ...] = ()  # what another person has changed meanwhile


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file or text was not taken in; ``text`` is given back to be put right, where there is any."""

    message: str
    hint: str
    line: int | None = None
    text: str = field(default="", repr=False)


def ways(desk: Desk) -> list[Way]:
    pages = _IssuePages(desk)
    attachment_limit = ATTACHMENT_BYTES + _FRAME
    return [
        Way("/issues", pages.all_issues, Right.VIEW),
        Way("/issues", pages.take, Right.EDIT, "POST", upload_limit=MAX_BYTES + _FRAME),
        Way("/issues/{id}", pages.one, Right.VIEW),
        Way("/issues/{id}/source", pages.source, Right.VIEW),
        Way("/issues/{id}/correct", pages.correct, Right.EDIT, "POST"),
        Way("/issues/{id}/waive", pages.waive, Right.EDIT, "POST"),
        Way("/issues/{id}/unwaive", pages.unwaive, Right.EDIT, "POST"),
        Way("/issues/{id}/files", pages.attach, Right.EDIT, "POST", upload_limit=attachment_limit),
        Way("/issues/{id}/files/{file}", pages.file, Right.VIEW),
        Way("/issues/{id}/files/{file}/remove", pages.remove, Right.EDIT, "POST"),
    ]


def number_in(request: Request, name: str = "id") -> int:
    """A number of the path. Raises HTTPException 404 for what is none of ours."""
    text = request.path_params[name]
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise HTTPException(404)
    return int(text)


def revision_in(desk: Desk, request: Request, wanted: str = "") -> Revision:
    """The issue of the path in its newest revision, or in the one wanted. Raises HTTPException 404."""
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS else None
    found = read_revision(desk.office, number_in(request), number)
    if found is None:
        raise HTTPException(404)
    return found


class _IssuePages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- the shelf ----------------------------------------------------------------------------------------------

    def all_issues(self, request: Request) -> Response:
        return self._shelf(request)

    def _shelf(self, request: Request, refused: Refused | None = None) -> Response:
        page = request.query_params.get("page", "1")
        leaf = max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 5 else 1
        with self._desk.office.store.read() as session:
            rows = queries.issues(session)
            start = (leaf - 1) * ISSUES_PER_PAGE
            shown = rows[start : start + ISSUES_PER_PAGE]
            last = sign_off.last_mailings(session, [row.id for row in shown])
        return self._desk.show(
            request,
            "console/issues/shelf.html",
            area="issues",
            status=422 if refused else 200,
            issues=[(row, last.get(row.id), stage_words(last.get(row.id))) for row in shown],
            leaf=leaf,
            pages=max(1, -(-len(rows) // ISSUES_PER_PAGE)),
            refused=refused,
            formats=",".join(FORMATS),
            megabytes=MAX_BYTES // 1_048_576,
            may_edit=caller_of(request).may(Right.EDIT),
        )

    def take(self, request: Request, form: Form) -> Response:
        handed, text = form.file("file"), form.exact("text")
        if handed is None and not text.strip():
            return self._shelf(request, Refused("还没有选择文件，也没有粘贴文字。", "选一个文件，或把文字粘贴到框里。"))
        upload = handed or Upload(_name_for(text), text.encode("utf-8", "replace"))
        try:
            taken = take_issue(
                self._desk.office,
                data=upload.data,
                filename=upload.name,
                actor=caller_of(request).actor,
                apart=self._desk.apart,
            )
        except NotAnIssueError as error:
            what = f"“{upload.name}”：{error.message}" if handed else error.message
            return self._shelf(request, Refused(what, error.hint, error.place.line, text or _text_of(upload)))
        except NotReadError as error:
            hint = "请过一会儿再试；还不行，请在 Word 或 WPS 里另存为纯文本（.txt）再交。"
            return self._shelf(request, Refused(f"“{upload.name}”：{error.message}", hint))
        return self._desk.to(request, f"/issues/{taken.issue_id}", said=self._taken_words(taken))

    def _taken_words(self, taken: TakenIssue) -> str:
        """What became of the file, and whose work stands behind it."""
        with self._desk.office.store.read() as session:
            revisions = sign_off.revisions(session, taken.issue_id)
        number, newest = taken.issue.number, revisions[0]
        if not taken.is_new:
            later = f"之后又改过，现在是第 {newest.revision} 稿。" if newest.id != taken.revision_id else ""
            return f"这份文件早已收录，就是这第{number}期。{later}"
        if len(revisions) == 1:
            return f"已收录第{number}期。"
        before = revisions[1]
        who = before.created_by.partition(":")[2]
        return f"第{number}期原有 {before.revision} 稿（最近一稿：{who}），新文件存为第 {newest.revision} 稿，以它为准；旧稿都在，可以对照。"

    # --- one issue ----------------------------------------------------------------------------------------------

    def one(self, request: Request) -> Response:
        return self._one(request, revision_in(self._desk, request, request.query_params.get("revision", "")))

    def _one(
        self,
        request: Request,
        revision: Revision,
        *,
        unsaved: Unsaved | None = None,
        wrong: str = "",
        reason: str = "",
    ) -> Response:
        """``unsaved``: a correction that was not made; ``wrong``: what else was not done (a file, a waiver)."""
        is_word = revision.source.name.lower().endswith(".docx")
        may_edit = caller_of(request).may(Right.EDIT) and revision.is_newest
        return self._desk.show(
            request,
            "console/issues/issue.html",
            area="issues",
            status=409 if unsaved else 422 if wrong else 200,
            revision=revision,
            page=issue_page(
                revision.issue, revision.findings, revision.waivers, self._source_of(revision, is_word=is_word)
            ),
            unsaved=unsaved,
            wrong=wrong,
            reason=reason,
            waiting=next((each for each in revision.mailings if is_waiting(each)), None),
            is_word=is_word,
            may_edit=may_edit,
            step="read",
        )

    def _source_of(self, revision: Revision, *, is_word: bool) -> Sequence[SourceLine]:
        """Text is read here; a Word file where it cannot keep pages waiting."""
        given = revision.source
        try:
            return (
                self._desk.apart(source_lines, given.data, given.name)
                if is_word
                else source_lines(given.data, given.name)
            )
        except NotReadError:
            return ()

    def source(self, request: Request) -> Response:
        """The file as it came."""
        revision = revision_in(self._desk, request, request.query_params.get("revision", ""))
        return _download(revision.source.data, revision.source.name, "application/octet-stream")

    def correct(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request, form.text("revision"))
        changes = changes_of(revision.issue, posted_fields(form.fields))
        try:
            made = correct_issue(
                self._desk.office, revision_id=revision.id, changes=changes, actor=caller_of(request).actor
            )
        except CorrectionError as error:
            return self._not_saved(request, revision, changes, error)
        back = form.text("back")
        anchor = f"#{back}" if back.isascii() and back.replace("-", "").isalnum() else ""
        said = "已改正，另存为新的一稿。" if made.is_new and made.revision_id != revision.id else "没有改动。"
        return self._desk.to(request, f"/issues/{made.issue_id}{anchor}", said=said)

    def _not_saved(
        self, request: Request, base: Revision, changes: Mapping[str, str], error: CorrectionError
    ) -> Response:
        """The newest revision, with what this person wrote kept beside it."""
        newest = revision_in(self._desk, request)
        values = {each.name: each for each in all_fields(newest.issue)}
        pending = tuple(
            Pending(
                name,
                label_of(newest.issue, name),
                mine,
                values[name].value if name in values else "",
                is_long="\n" in mine or len(mine) > 60,
            )
            for name, mine in changes.items()
        )
        others = differences(base.issue, newest.issue) if newest.id != base.id else ()
        return self._one(request, newest, unsaved=Unsaved(error.message, error.hint, pending, others))

    # --- the pre-flight check -----------------------------------------------------------------------------------

    def waive(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request, form.text("revision"))
        try:
            waive(
                self._desk.office,
                revision_id=revision.id,
                code=form.text("code"),
                reason=form.text("reason"),
                actor=caller_of(request).actor,
            )
        except WaiverError as error:
            return self._one(
                request, revision, wrong=f"没有放行：{error.message}{error.hint}", reason=form.text("reason")
            )
        return self._desk.to(request, f"/issues/{revision.row.id}#check", said="已放行，理由会记入核签。")

    def unwaive(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request, form.text("revision"))
        unwaive(self._desk.office, revision_id=revision.id, code=form.text("code"), actor=caller_of(request).actor)
        return self._desk.to(request, f"/issues/{revision.row.id}#check", said="已收回放行。")

    # --- files that travel along --------------------------------------------------------------------------------

    def attach(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request)
        uploads = form.files("file")
        if not uploads:
            return self._one(request, revision, wrong="还没有选择附件。")
        names = []
        for upload in uploads:
            try:
                names.append(
                    attach_file(
                        self._desk.office,
                        revision.row.id,
                        name=upload.name,
                        data=upload.data,
                        actor=caller_of(request).actor,
                    )
                )
            except AttachmentError as error:
                done = f"已附上{'、'.join(names)}；" if names else ""
                return self._one(request, revision_in(self._desk, request), wrong=f"{done}没有附上：{error}")
        return self._desk.to(request, f"/issues/{revision.row.id}#files", said=f"已附上：{'、'.join(names)}。")

    def remove(self, request: Request, form: Form) -> Response:
        del form
        issue_id = number_in(request)
        try:
            name = remove_file(self._desk.office, issue_id, number_in(request, "file"), caller_of(request).actor)
        except AttachmentError as error:
            return self._one(request, revision_in(self._desk, request), wrong=str(error))
        said = f"已移除附件：{name}。" if name else "这个附件已经移除过了。"
        return self._desk.to(request, f"/issues/{issue_id}#files", said=said)

    def file(self, request: Request) -> Response:
        with self._desk.office.store.read() as session:
            row = sign_off.attachment(session, number_in(request), number_in(request, "file"))
        if row is None:
            raise HTTPException(404)
        return _download(bytes(row.data), row.name, row.content_type)


def _name_for(text: str) -> str:
    """Pasted text has no name; its marks tell the format."""
    is_markdown = any(line.startswith("#") for line in text.split("\n"))
    return "粘贴的文字.md" if is_markdown else "粘贴的文字.txt"


def _text_of(upload: Upload) -> str:
    """The text of a file that was refused, so that it can be put right on the spot; '' for what is no text."""
    if upload.name.lower().endswith(".docx"):
        return ""
    return "\n".join(line.text for line in source_lines(upload.data[:_FRAME], upload.name))


def _download(data: bytes, name: str, media: str) -> Response:
    """RFC 6266 4.3. Never shown by the browser, whatever it is."""
    return Response(
        data,
        headers={
            "Content-Type": media,
            "Content-Disposition": f"attachment; filename=\"file\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
