"""What can be taken away of an issue: its archive, its paper form."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.content.print import print_html
from mailer.flow.archive_issue import archive_issue
from mailer.flow.ports import NotReadError
from mailer.flow.print_issue import CannotPrintError, print_pdf
from mailer.model.rights import Right
from mailer.web.console.answers import attachment
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import number
from mailer.web.console.issue_pages import revision_in
from mailer.web.console.ways import Way


def ways(desk: Desk) -> list[Way]:
    def download(request: Request) -> Response:
        issue_id = number(request.path_params["id"])
        packed = archive_issue(desk.office, issue_id, caller_of(request).actor)
        if packed is None:
            raise HTTPException(404)
        return attachment(packed.data, f"归档-期刊{issue_id}.zip", f"issue-{issue_id}.zip", "application/zip")

    def on_paper(request: Request) -> Response:
        """The newest revision. Where it cannot be printed, or not every character, a page says so first."""
        revision = revision_in(desk, request)
        html = print_html(desk.office.templates, revision.issue)

        def say(status: int, title: str, text: str, hint: str, *, anyway: bool = False) -> Response:
            return desk.show(
                request, "console/issues/no_paper.html", area="issues", status=status, masthead=revision.issue.title,
                id=revision.row.id, title=title, text=text, hint=hint, anyway=anyway,
            )  # fmt: skip

        try:
            printed = desk.apart(print_pdf, html)
        except CannotPrintError as error:
            return say(501, "现在导不出纸质版", error.message, error.hint)
        except NotReadError as error:
            return say(503, "纸质版没有排完", error.message, error.hint)
        if printed.warning and request.query_params.get("anyway") != "yes":
            return say(200, "有的字印不出来", printed.warning, "", anyway=True)
        name = f"第{revision.row.number}期-第{revision.number}稿.pdf"
        return attachment(printed.data, name, f"issue-{revision.row.id}.pdf", "application/pdf")

    return [
        Way("/issues/{id}/archive.zip", download, Right.VIEW),
        Way("/issues/{id}/print.pdf", on_paper, Right.VIEW),
    ]
