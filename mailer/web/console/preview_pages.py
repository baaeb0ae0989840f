"""预览: the mail as phone, desk, dark scheme, bare webmail and plain text show it; and exactly who gets it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mailer.content.attachments import AttachmentError
from mailer.content.issue import Finding
from mailer.content.seen_mail import SeenMail, View, as_seen, take_apart
from mailer.flow.name_sender import SenderError, name_sender
from mailer.flow.preview_mail import frozen_mail, preview_mail
from mailer.flow.read_revision import Revision
from mailer.model.rights import Right
from mailer.store import sign_off
from mailer.web.console.audience_page import audience_page, of_audience, of_frozen
from mailer.web.console.desk import Desk
from mailer.web.console.issue_pages import revision_in
from mailer.web.console.ways import Way
from recipients import directory

#: A foreign text in our own house: no script, no form, no way out, nothing fetched; only we may frame it.
FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """``wrong``: why there is no mail to look at."""

    mail: SeenMail | None
    findings: tuple[Finding, ...] = ()
    wrong: str = ""
    hint: str = ""


def ways(desk: Desk) -> list[Way]:
    pages = _PreviewPages(desk)
    return [
        Way("/issues/{id}/preview", pages.preview, Right.VIEW),
        Way("/issues/{id}/preview/frame", pages.frame, Right.VIEW),
        Way("/issues/{id}/recipients", pages.recipients, Right.VIEW),
    ]


def mailing_in(request: Request, revision: Revision) -> int | None:
    """The mailing asked about, one of this issue's; None for the issue as it is now. Raises HTTPException 404."""
    text = request.query_params.get("mailing", "")
    if not text:
        return None
    if not any(text == str(each.id) for each in revision.mailings):
        raise HTTPException(404)
    return int(text)


class _PreviewPages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def preview(self, request: Request) -> Response:
        revision = revision_in(self._desk, request)
        mailing_id = mailing_in(request, revision)
        codes = self._codes(revision, mailing_id)
        wanted = request.query_params.get("list", "")
        code = wanted if wanted in codes else codes[-1]
        view = _view_in(request)
        shown = self._mail(revision, mailing_id, code)
        return self._desk.show(
            request,
            "console/issues/preview.html",
            area="issues",
            revision=revision,
            mailing_id=mailing_id,
            codes=codes,
            code=code,
            views=tuple(View),
            view=view,
            shown=shown,
            step="preview",
        )

    def frame(self, request: Request) -> Response:
        revision = revision_in(self._desk, request)
        mailing_id = mailing_in(request, revision)
        code = request.query_params.get("list", "")
        if code not in self._codes(revision, mailing_id):
            raise HTTPException(404)
        shown = self._mail(revision, mailing_id, code)
        html = as_seen(shown.mail.html, _view_in(request)) if shown.mail else ""
        return HTMLResponse(html, headers={"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"})

    def recipients(self, request: Request) -> Response:
        revision = revision_in(self._desk, request)
        mailing_id = mailing_in(request, revision)
        with self._desk.office.store.read() as session:
            codes = [each.code for each in directory.lists(session)]
            now = self._desk.office.clock.now()
            today = directory.resolve(session, codes, now)
            on_no_list = len(directory.on_no_list(session, now))
            duties = sign_off.frozen_duties(session, mailing_id) if mailing_id is not None else ()
        lines = of_frozen(duties, today) if mailing_id is not None else of_audience(today)
        subject = f"mailing:{mailing_id}" if mailing_id is not None else f"issue:{revision.row.id}"
        self._desk.viewed(request, subject, "recipients.viewed")
        return self._desk.show(
            request,
            "console/issues/recipients.html",
            area="issues",
            revision=revision,
            mailing_id=mailing_id,
            page=audience_page(lines, request.query_params),
            on_no_list=on_no_list,
            step="recipients",
        )

    def _codes(self, revision: Revision, mailing_id: int | None) -> tuple[str, ...]:
        """The lists there is a mail for: a mailing's own, or those of the house."""
        for each in revision.mailings:
            if each.id == mailing_id:
                return tuple(each.lists.split(","))
        with self._desk.office.store.read() as session:
            return tuple(each.code for each in directory.lists(session)) or ("发",)

    def _mail(self, revision: Revision, mailing_id: int | None, code: str) -> _Shown:
        try:
            if mailing_id is not None:
                prepared = frozen_mail(self._desk.office, mailing_id, code)
                if prepared is None:
                    return _Shown(None, wrong="这一批还在准备。", hint="稍等片刻再刷新。")
                return _Shown(take_apart(prepared))
            sender = name_sender(self._desk.settings, revision.issue)
            prepared, findings = preview_mail(self._desk.office, revision.issue, sender, code, issue_id=revision.row.id)
        except SenderError as error:
            return _Shown(None, wrong=error.message, hint=error.hint)
        except AttachmentError as error:
            return _Shown(None, wrong=str(error))
        return _Shown(take_apart(prepared), findings)


def _view_in(request: Request) -> View:
    wanted = request.query_params.get("as", "")
    return View(wanted) if wanted in set(View) else View.PHONE
