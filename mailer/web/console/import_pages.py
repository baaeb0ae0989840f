"""Importing lists in steps: upload, what was read, what unknown units are, what changes, done; and taking it back."""

from __future__ import annotations

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailer.flow import import_draft, review_import
from mailer.flow.import_draft import Draft, DraftError
from mailer.flow.import_recipients import GUARDED, REMOVALS, undo_import
from mailer.flow.review_import import ChangedSinceError, Review
from mailer.model.rights import Right
from mailer.store import import_drafts
from mailer.web.console.answers import CSV, XLSX, attachment
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, leaf_of, looked_at, number
from mailer.web.console.import_view import (
    SCOPES,
    SHOWN,
    choices_of,
    difference_rows,
    difference_view,
    problem_rows,
    problems_of,
    units_of,
)
from mailer.web.console.readings import Readings
from mailer.web.console.ways import Form, Way
from recipients import directory, template
from recipients.directory.changes import undoable
from recipients.directory.import_book import import_book
from recipients.spreadsheet import write_csv, write_xlsx

_ROWS = 100  # problems on a page


def ways(desk: Desk) -> list[Way]:
    pages, limit = _Imports(desk), import_draft.TOTAL_BYTES + 1_000_000
    draft = "/imports/draft/{token}"
    return [
        Way("/imports", pages.book, Right.VIEW),
        Way("/imports", pages.upload, Right.LISTS, "POST", upload_limit=limit),
        Way("/imports/template.xlsx", pages.template, Right.VIEW),
        Way("/imports/export.{format}", pages.export, Right.VIEW),
        Way("/imports/undo", pages.ask_undo, Right.LISTS),
        Way("/imports/undo", pages.undo, Right.LISTS, "POST"),
        Way(draft, pages.read, Right.LISTS),
        Way(draft, pages.choose_scope, Right.LISTS, "POST"),
        Way(f"{draft}/files", pages.add_files, Right.LISTS, "POST", upload_limit=limit),
        Way(f"{draft}/files/{{id}}/remove", pages.remove_file, Right.LISTS, "POST"),
        Way(f"{draft}/problems.xlsx", pages.problems, Right.LISTS),
        Way(f"{draft}/units", pages.units, Right.LISTS),
        Way(f"{draft}/units", pages.choose_units, Right.LISTS, "POST"),
        Way(f"{draft}/difference", pages.difference, Right.LISTS),
        Way(f"{draft}/difference", pages.make, Right.LISTS, "POST"),
        Way(f"{draft}/difference.xlsx", pages.difference_as_file, Right.LISTS),
        Way(f"{draft}/discard", pages.discard, Right.LISTS, "POST"),
    ]


class _Imports:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office
        self._readings = Readings(desk.office, desk.apart)

    def book(self, request: Request) -> Response:
        return self._book(request)

    def _book(self, request: Request, *, problem: str = "") -> Response:
        with self._office.store.read() as session:
            runs, last = import_book(session), undoable(session)
            drafts = import_drafts.listed(session, self._office.clock.now())
        return self._desk.show(
            request, "console/imports/imports.html", area="lists", status=422 if problem else 200, problem=problem,
            runs=runs, undoable=last.id if last else None, drafts=drafts, may_edit=caller_of(request).may(Right.LISTS),
            most=import_draft.MOST_FILES,
        )  # fmt: skip

    def upload(self, request: Request, form: Form) -> Response:
        files = [(one.name, one.data) for one in form.files("files")]
        try:
            token = import_draft.stage(self._office, files, caller_of(request).actor)
        except DraftError as error:
            return self._book(request, problem=str(error))
        return self._desk.to(request, f"/imports/draft/{token}", said="文件已收下，还没有导入。")

    def template(self, request: Request) -> Response:
        """The blank form for the units. The same for everybody: nothing of ours is in it."""
        del request
        data = write_xlsx([("人员名单", [template.HEADER]), ("填表说明", template.HINTS)])
        return attachment(data, "人员名单填报表.xlsx", "template.xlsx", XLSX)

    def export(self, request: Request) -> Response:
        fmt = request.path_params["format"]
        if fmt not in {"xlsx", "csv"}:
            raise HTTPException(404)
        try:
            at = looked_at(request.query_params.get("at", ""), self._office.clock.now(), self._office.zone)
        except FieldError as error:
            raise HTTPException(400, str(error)) from error
        with self._office.store.begin() as session:
            rows = directory.export_rows(session, at)
            self._office.record(
                session, caller_of(request).actor, "recipients.exported", "directory", format=fmt, at=at.isoformat()
            )
        data = write_csv(rows) if fmt == "csv" else write_xlsx([("人员名单", rows)])
        name = f"人员名单-{at.astimezone(self._office.zone):%Y-%m-%d}.{fmt}"
        return attachment(data, name, f"recipients.{fmt}", CSV if fmt == "csv" else XLSX)

    # --- the draft, step by step

    def read(self, request: Request) -> Response:
        return self._read(request)

    def _read(self, request: Request, *, problem: str = "") -> Response:
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        reading = self._readings.of(draft)
        problems = problems_of(reading)
        self._desk.viewed(request, f"import_draft:{draft.id}", "import.viewed")
        counts = {kind: sum(one.kind == kind for one in problems) for kind in ("stop", "twice", "note")}
        kind = request.query_params.get("kind", "")
        shown = [one for one in problems if not kind or one.kind == kind]
        return self._desk.show(
            request, "console/imports/read.html", area="lists", status=422 if problem else 200, problem=problem,
            draft=draft, people=len(reading.roster.people), unreadable={one.file for one in reading.unreadable},
            addresses=sum(len(one.fresh) for one in reading.roster.people), counts=counts, kind=kind,
            leaf=leaf_of(shown, request.query_params.get("page", ""), _ROWS), scopes=SCOPES,
            sheets=reading.roster.sheets, step=1,
        )  # fmt: skip

    def choose_scope(self, request: Request, form: Form) -> Response:
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        try:
            import_draft.choose(self._office, draft.token, choices_of(form, draft.choices))
        except (FieldError, DraftError) as error:
            return self._read(request, problem=str(error))
        return RedirectResponse(f"/imports/draft/{draft.token}/units", 303)

    def add_files(self, request: Request, form: Form) -> Response:
        files = [(one.name, one.data) for one in form.files("files")]
        token = str(request.path_params["token"])
        try:
            import_draft.add_files(self._office, token, files, caller_of(request).actor)
        except DraftError as error:
            return self._read(request, problem=str(error))
        return self._desk.to(request, f"/imports/draft/{quote(token)}", said=f"又收下 {len(files)} 个文件。")

    def remove_file(self, request: Request, form: Form) -> Response:
        del form
        token = str(request.path_params["token"])
        try:
            file_id = number(request.path_params["id"])
            import_draft.remove_file(self._office, token, file_id, caller_of(request).actor)
        except DraftError as error:
            return self._read(request, problem=str(error))
        return self._desk.to(request, f"/imports/draft/{quote(token)}", said="文件已移除，不导入它。")

    def problems(self, request: Request) -> Response:
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        rows = problem_rows(problems_of(self._readings.of(draft)))
        self._exported(request, draft, "import.problems_exported")
        return attachment(write_xlsx([("问题", rows)]), "名单问题.xlsx", "problems.xlsx", XLSX)

    def units(self, request: Request) -> Response:
        """Only where there is something to say about units; else straight on to the difference."""
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        review = review_import.questions(self._office, draft, self._readings.of(draft))
        if not review.unknown and not draft.choices.merges and "stay" not in request.query_params:
            return RedirectResponse(f"/imports/draft/{draft.token}/difference", 303)
        return self._units(request, draft, review)

    def _units(self, request: Request, draft: Draft, review: Review, *, problem: str = "") -> Response:
        return self._desk.show(
            request, "console/imports/units.html", area="lists", status=422 if problem else 200, problem=problem,
            draft=draft, review=review, step=2,
        )  # fmt: skip

    def choose_units(self, request: Request, form: Form) -> Response:
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        review = review_import.questions(self._office, draft, self._readings.of(draft))
        try:
            choices = units_of(form, draft.choices, review)
            import_draft.choose(self._office, draft.token, choices)
        except (FieldError, DraftError) as error:
            return self._units(request, draft, review, problem=str(error))
        return RedirectResponse(f"/imports/draft/{draft.token}/difference", 303)

    def difference(self, request: Request) -> Response:
        draft = self._draft(request)
        return self._gone(request) if draft is None else self._difference(request, draft)

    def _difference(self, request: Request, draft: Draft, *, problem: str = "") -> Response:
        review = self._review(draft)
        if review.open_questions:
            text = f"还有 {review.open_questions} 个单位要先说明是什么。"
            return self._units(request, draft, review, problem=problem or text)
        self._desk.viewed(request, f"import_draft:{draft.id}", "import.viewed")
        view = difference_view(review) if review.report else None
        return self._desk.show(
            request, "console/imports/difference.html", area="lists", status=422 if problem else 200, problem=problem,
            draft=draft, review=review, view=view, step=3, shown=SHOWN, removals=REMOVALS, guarded=GUARDED,
            unreadable=self._readings.of(draft).unreadable, scope=next(one for one in SCOPES if one[0] == draft.choices.scope),
        )  # fmt: skip

    def difference_as_file(self, request: Request) -> Response:
        draft = self._draft(request)
        review = self._review(draft) if draft else None
        if draft is None or review is None or review.report is None:
            return self._gone(request)
        self._exported(request, draft, "import.difference_exported")
        rows = difference_rows(difference_view(review))
        return attachment(write_xlsx([("变动", rows)]), "名单变动.xlsx", "difference.xlsx", XLSX)

    def make(self, request: Request, form: Form) -> Response:
        draft = self._draft(request)
        if draft is None:
            return self._gone(request)
        confirmed = frozenset(kind for kind in (REMOVALS, GUARDED) if form.text(f"confirm-{kind}") == "yes")
        try:
            report = review_import.make(
                self._office, draft, self._readings.of(draft), seen=form.text("seen"), confirmed=confirmed,
                actor=caller_of(request).actor,
            )  # fmt: skip
        except ChangedSinceError:
            text = "你看过之后名单又有变动，没有导入。下面是现在的变动，请再核对一次。"
            return self._difference(request, draft, problem=text)
        except DraftError as error:
            return self._difference(request, draft, problem=str(error))
        d = report.difference
        said = (
            f"第 {report.import_id} 次导入完成：新增 {len(d.added)} 人，变更 {len(d.changed)} 人，"
            f"离任 {len(d.ended)} 人，不变 {d.unchanged} 人。"
        )
        return self._desk.to(request, "/imports", said=said)

    def discard(self, request: Request, form: Form) -> Response:
        del form
        try:
            import_draft.discard(self._office, request.path_params["token"], caller_of(request).actor)
        except DraftError:
            return self._gone(request)
        return self._desk.to(request, "/imports", said="已丢弃，名单没有改动。")

    def ask_undo(self, request: Request) -> Response:
        with self._office.store.read() as session:
            run = undoable(session)
        return self._desk.show(request, "console/imports/undo.html", area="lists", run=run)

    def undo(self, request: Request, form: Form) -> Response:
        """Only the import that was shown: another one made meanwhile is not taken back by mistake."""
        with self._office.store.read() as session:
            run = undoable(session)
        if run is None or form.text("number") != str(run.id):
            return self._desk.to(request, "/imports/undo", said="最近一次导入已经不是刚才那一次，请再看一眼。")
        try:
            done = undo_import(self._office, caller_of(request).actor)
        except directory.NothingToUndoError:
            return self._desk.to(request, "/imports", said="没有可以撤销的导入。")
        return self._desk.to(request, "/imports", said=f"已撤销第 {done} 次导入，名单回到它之前的样子。")

    def _draft(self, request: Request) -> Draft | None:
        return import_draft.find(self._office, request.path_params["token"])

    def _review(self, draft: Draft) -> Review:
        return review_import.review(self._office, draft, self._readings.of(draft))

    def _gone(self, request: Request) -> Response:
        return self._desk.show(request, "console/imports/gone.html", area="lists", status=404)

    def _exported(self, request: Request, draft: Draft, action: str) -> None:
        with self._office.store.begin() as session:
            self._office.record(session, caller_of(request).actor, action, f"import_draft:{draft.id}")
