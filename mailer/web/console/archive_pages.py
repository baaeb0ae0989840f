"""An issue's archive as a download."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.archive_issue import archive_issue
from mailer.model.rights import Right
from mailer.web.console.answers import attachment
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import number
from mailer.web.console.ways import Way


def ways(desk: Desk) -> list[Way]:
    def download(request: Request) -> Response:
        issue_id = number(request.path_params["id"])
        packed = archive_issue(desk.office, issue_id, caller_of(request).actor)
        if packed is None:
            raise HTTPException(404)
        return attachment(packed.data, f"归档-期刊{issue_id}.zip", f"issue-{issue_id}.zip", "application/zip")

    return [Way("/issues/{id}/archive.zip", download, Right.VIEW)]
