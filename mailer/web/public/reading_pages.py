"""The web copy of an issue: the page that was rendered with the mails, and what became of the issue since.

A corrected issue is shown as corrected, an issue that was taken back is not shown any more; both say so first.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response

from mailer.content.render import WEB_BANNER
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.model.links import Purpose
from mailer.store import follow_up_book, queries, web_copies
from mailer.web.public.hall import Hall
from mailer.web.public.ways import Visit, Way

#: The page brings its styles in attributes, as the mail does; still no script, no frame, no form, nothing from elsewhere.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def ways(hall: Hall) -> list[Way]:
    return [Way("/read/{token}", lambda visit: _read(hall, visit), Purpose.READ)]


def _read(hall: Hall, visit: Visit) -> Response:
    letter = visit.letter
    with hall.office.store.read() as session:
        news: Any = follow_up_book.standing(session, letter.issue_id, rehearsal=letter.is_rehearsal)
        html = web_copies.of_mailing(session, letter.mailing_id)
        if news is not None and news.kind == FollowUpKind.RECALL:
            return hall.show("recalled.html", letter=letter, news=news)
        is_newer = (
            news is not None
            and news.state == FollowUpState.RELEASED
            and news.revision_id != queries.mailing(session, letter.mailing_id).revision_id
        )
        corrected = (
            web_copies.of_revision(session, news.revision_id, rehearsal=letter.is_rehearsal) if is_newer else None
        )
    if html is None:
        return hall.message(404, "这一期没有网页版", "请看邮件里的全文。")
    banner = hall.pages.render("public/news.html", news=news, is_corrected=corrected is not None) if is_newer else ""
    page = HTMLResponse((corrected or html).replace(WEB_BANNER, banner))
    page.headers["Content-Security-Policy"] = _POLICY
    return page
