"""发送: prepare, try, approve and release one issue. Every act may be asked for twice and is done once."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.content.attachments import AttachmentError, check_fits
from mailer.flow.approve_mailing import ApprovalError, SignOff, approve
from mailer.flow.control_mailing import cancel
from mailer.flow.draw_up_order import NobodyError, UnknownListError
from mailer.flow.foresee_sending import foresee
from mailer.flow.name_sender import SenderError, name_sender
from mailer.flow.order_follow_up import FOLLOW_UP
from mailer.flow.ports import RelayError
from mailer.flow.prepare_issue import NotReadyError, Wish, is_waiting, prepare_issue
from mailer.flow.prepare_mailing import BeingPreparedError
from mailer.flow.read_revision import Revision
from mailer.flow.read_sending import read_sending
from mailer.flow.release_mailing import take_back
from mailer.flow.send_issue import send_issue
from mailer.flow.try_issue import TrialError, try_issue
from mailer.model.approval import RULES
from mailer.model.mailing import IllegalMailingTransitionError, MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode, Right
from mailer.model.sending_time import Budgets, sentence
from mailer.settings import SettingError
from mailer.store import calendar_files, sign_off
from mailer.transport.configured import fingerprint_of
from mailer.transport.probe import size_limit
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.issue_page import issue_page
from mailer.web.console.issue_pages import number_in, revision_in
from mailer.web.console.sending_page import SOON, SendingPage, next_morning, sending_page
from mailer.web.console.ways import Form, Way

_PHOTO_BYTES: Final = 8 * 1024 * 1024
_PHOTO_LIMIT: Final = 9_500_000
_PHOTOS: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_LATEST: Final = timedelta(days=60)
_NONCE: Final = re.compile(r"[0-9a-f]{16}")


class _WrongError(Exception):
    """What was posted cannot be used: a sentence that says what to do."""


def ways(desk: Desk) -> list[Way]:
    pages = _SendingPages(desk)
    return [
        Way("/issues/{id}/sending", pages.show, Right.VIEW),
        Way("/issues/{id}/try", pages.try_out, Right.EDIT, "POST"),
        Way("/issues/{id}/prepare", pages.prepare, Right.EDIT, "POST"),
        Way("/issues/{id}/sign", pages.sign, Right.EDIT, "POST", upload_limit=_PHOTO_LIMIT, reauth=True),
        Way("/issues/{id}/approve", pages.approve, Right.APPROVE, "POST", reauth=True),
        Way("/issues/{id}/release", pages.release, Right.SEND, "POST"),
        Way("/issues/{id}/take-back", pages.take_back, Right.SEND, "POST"),
        Way("/issues/{id}/give-up", pages.give_up, Right.SEND, "POST"),
        Way("/issues/{id}/sheet/{mailing}", pages.sheet, Right.VIEW),
    ]


class _SendingPages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._office, self._settings = desk.office, desk.settings

    def show(self, request: Request) -> Response:
        return self._show(request)

    def _show(self, request: Request, *, wrong: str = "", form: Form | None = None) -> Response:
        """``wrong``: why what was posted was not done; ``form``: what was in it, to be shown again."""
        revision = revision_in(self._desk, request)
        caller, now = caller_of(request), self._office.clock.now()
        days = calendar_files.working_days(self._settings.data_dir)
        page = sending_page(
            read_sending(self._office, revision),
            newest_revision_id=revision.id,
            actor=caller.actor,
            now=now,
            zone=self._settings.timezone,
            days=days,
            rehearsal=self._office.is_sandbox,
        )
        waiting = page.waiting
        counts_down = waiting is not None and waiting.wait_seconds is not None and waiting.wait_seconds <= SOON.seconds
        return self._desk.show(
            request,
            "console/sending/sending.html",
            area="issues",
            status=409 if wrong else 200,
            revision=revision,
            page=page,
            check=issue_page(revision.issue, revision.findings, revision.waivers, ()),
            foreseen=self._foreseen(page, now),
            wrong=wrong,
            form=form or Form(),
            rule=RULES[page.mode],
            modes=ApprovalMode,
            nonce=secrets.token_hex(8),
            hold=round(self._settings.hold.total_seconds()),
            today=now.astimezone(self._settings.timezone).date().isoformat(),
            rehearsal=self._office.is_sandbox,
            refresh=5 if counts_down or (waiting and waiting.status is MailingStatus.DRAFT) else None,
            sender=self._sender(revision),
            next_morning=next_morning(now, self._settings.timezone, days),
            status_words={str(status): status.label for status in MailingStatus},
            kind_words={str(kind): kind.label for kind in MailingKind},
            may_edit=caller.may(Right.EDIT),
            may_approve=caller.may(Right.APPROVE),
            may_send=caller.may(Right.SEND),
            step="sending",
        )

    def _foreseen(self, page: SendingPage, now: datetime) -> str:
        """How long it takes from now, or from the moment it is set for."""
        given, waiting = self._settings, page.waiting
        copies = waiting.sum.copies if waiting else page.today.copies
        begins_at = now + timedelta(seconds=waiting.wait_seconds or 0) if waiting else now
        budgets = Budgets(connections=given.connections)
        if not given.is_sandbox:
            budgets = Budgets(given.per_minute, given.pace_per_hour, given.pace_per_day, given.connections)
        with self._office.store.read() as session:
            told = foresee(session, count=copies, budgets=budgets, scope=fingerprint_of(given), begins_at=begins_at)
        return sentence(told, now, given.timezone)

    def _sender(self, revision: Revision) -> str:
        """As whom it goes out; '' where the settings do not say, which the attempt then tells."""
        try:
            sender = name_sender(self._settings, revision.issue)
        except SenderError:
            return ""
        return f"{sender.office} <{sender.from_address}>"

    # --- 试发 -----------------------------------------------------------------------------------------------------

    def try_out(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request)
        nonce = form.text("nonce")
        if not _NONCE.fullmatch(nonce):
            return self._show(request, wrong="这个页面太旧了，没有试发。请再按一次。", form=form)
        try:
            sender = name_sender(self._settings, revision.issue)
            try_issue(
                self._office,
                revision_id=revision.id,
                sender=sender,
                addresses=form.text("addresses"),
                nonce=nonce,
                actor=caller_of(request).actor,
            )
        except (TrialError, SenderError) as error:
            return self._show(request, wrong=f"没有试发：{error.message}{error.hint}", form=form)
        except BeingPreparedError:
            pass  # the same form twice at once: the other one sends it
        said = "已试发，邮件标着【试发】，稍后请到邮箱里看。"
        if self._office.is_sandbox:
            said = "已演练试发：还没有设置发信服务器，没有真的发出。"
        return self._desk.to(request, f"/issues/{revision.row.id}/sending#try", said=said)

    # --- 准备 -----------------------------------------------------------------------------------------------------

    def prepare(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request)
        kind = MailingKind.CORRECTION if form.text("kind") == MailingKind.CORRECTION else MailingKind.FIRST
        codes = tuple(form.all("list"))
        if not codes:
            return self._show(request, wrong="还没有选名单，没有准备。请至少选一个。", form=form)
        if form.text("revision") != str(revision.id):
            wrong = "您打开页面之后又有了新的一稿，没有准备。请看过新稿，再准备发送。"
            return self._show(request, wrong=wrong, form=form)
        try:
            self._ask_relay(revision)
            prepare_issue(
                self._office,
                Wish(
                    revision.id,
                    name_sender(self._settings, revision.issue),
                    codes,
                    kind,
                    form.text("note"),
                    has_seen_warnings=form.text("seen") == "yes",
                ),
                caller_of(request).actor,
            )
        except (NotReadyError, SenderError) as error:
            return self._show(request, wrong=f"没有准备：{error.message}{error.hint}", form=form)
        except NobodyError as error:
            names = "、".join(error.codes)
            return self._show(request, wrong=f"名单（{names}）上一个可发的邮箱也没有。请先补名单。", form=form)
        except UnknownListError as error:
            return self._show(request, wrong=f"没有“{error.code}”这个名单，请重新选。", form=form)
        except AttachmentError as error:
            return self._show(request, wrong=str(error), form=form)
        except BeingPreparedError:
            return self._back(request, "另一个人正在准备这一批，马上就好。")
        return self._back(request, "已备好：内容和名单已经定住，等核签。")

    def _ask_relay(self, revision: Revision) -> None:
        """Raises AttachmentError when what travels along is more than the relay takes. One that cannot be asked now is not
        waited for: nothing is sent before the release, and the sending tells of it.
        """
        with self._office.store.read() as session:
            sizes = [each.size for each in sign_off.attachments(session, int(revision.row.id))]
        if not sizes:
            return
        try:
            limit = size_limit(self._settings)
        except (RelayError, SettingError):
            return
        check_fits(sizes, limit)

    # --- 核签 -----------------------------------------------------------------------------------------------------

    def sign(self, request: Request, form: Form) -> Response:
        """By whoever prepared it: what was signed on paper, or, in a house of one, by themselves."""
        mode = self._mode()
        if mode is ApprovalMode.SYSTEM:
            return self._show(request, wrong="这里要由另一个帐户核签，不能自己登记。", form=form)
        try:
            sheet = self._paper(form) if mode is ApprovalMode.OFFLINE else SignOff(note=form.text("note")[:1_000])
        except _WrongError as error:
            return self._show(request, wrong=str(error), form=form)
        return self._approve(request, form, sheet)

    def approve(self, request: Request, form: Form) -> Response:
        if self._mode() is not ApprovalMode.SYSTEM:
            return self._show(request, wrong="这里用的不是系统核签，请由编辑登记。", form=form)
        return self._approve(request, form, SignOff(note=form.text("note")[:1_000]))

    def _approve(self, request: Request, form: Form, sheet: SignOff) -> Response:
        revision, mailing_id = self._asked(request, form)
        if form.text("seen") != "yes":
            return self._show(request, wrong="没有核签：请先看过内容和收件人，再勾选。", form=form)
        with self._office.store.read() as session:
            waived = {
                code: row.reason
                for code, row in sign_off.waivers(session, self._revision_of(mailing_id, revision)).items()
            }
        try:
            done = approve(
                self._office,
                mailing_id,
                caller_of(request).actor,
                waived=waived,
                sign_off_sheet=sheet,
                seen=form.text("binding"),
            )
        except ApprovalError as error:
            return self._show(request, wrong=f"没有核签：{error.message}{error.hint}", form=form)
        return self._back(request, "已核签，可以发送了。" if done else "这一批已经不在等核签，下面是现在的情况。")

    def _paper(self, form: Form) -> SignOff:
        signer = form.text("signer")
        if not signer or len(signer) > 60:
            raise _WrongError("没有登记：请写明是谁核签的（60 字以内）。")
        try:
            signed_on = date.fromisoformat(form.text("signed_on"))
        except ValueError:
            raise _WrongError("没有登记：请写明哪一天核签的，例如 2026-11-23。") from None
        if signed_on > self._office.clock.now().astimezone(self._settings.timezone).date():
            raise _WrongError("没有登记：核签日期在今天之后，请核对。")
        photo = form.file("photo")
        data = photo.data if photo else b""
        media = next((media for start, media in _PHOTOS.items() if data.startswith(start)), "")
        if data and not media:
            raise _WrongError("没有登记：核签单的照片请用 JPG 或 PNG。")
        if len(data) > _PHOTO_BYTES:
            raise _WrongError(f"没有登记：照片超过 {_PHOTO_BYTES // 1_048_576} MB，请拍小一些。")
        return SignOff(signer, signed_on, form.text("note")[:1_000], data, media)

    def sheet(self, request: Request) -> Response:
        """The picture of what was signed."""
        revision = revision_in(self._desk, request)
        mailing_id = number_in(request, "mailing")
        if not any(each.id == mailing_id for each in revision.mailings):
            raise HTTPException(404)
        with self._office.store.read() as session:
            row = sign_off.approval_of(session, mailing_id)
        if row is None or row.photo is None:
            raise HTTPException(404)
        self._desk.viewed(request, f"mailing:{mailing_id}", "approval_sheet.viewed")
        return Response(bytes(row.photo), media_type=row.photo_type)

    # --- 发送 -----------------------------------------------------------------------------------------------------

    def release(self, request: Request, form: Form) -> Response:
        _, mailing_id = self._asked(request, form)
        try:
            at = self._moment(form.text("at")) if form.text("when") == "later" else None
            done = send_issue(self._office, mailing_id, caller_of(request).actor, at=at, hold=self._settings.hold)
        except ApprovalError as error:
            return self._show(request, wrong=f"{error.message}{error.hint}", form=form)
        except IllegalMailingTransitionError:
            done = False
        except _WrongError as error:
            return self._show(request, wrong=str(error), form=form)
        if not done:
            return self._back(request, "这一批已经放行过了，只发一次。")
        return self._back(request, "已放行。" if at is None else "已定时。")

    def take_back(self, request: Request, form: Form) -> Response:
        _, mailing_id = self._asked(request, form)
        done = take_back(self._office, mailing_id, caller_of(request).actor)
        return self._back(
            request, "已撤销，一封也没有发出。" if done else "来不及撤销，已经开始发送；要停下请到台账里暂停。"
        )

    def give_up(self, request: Request, form: Form) -> Response:
        revision, mailing_id = self._asked(request, form)
        if not any(each.id == mailing_id and is_waiting(each) for each in revision.mailings):
            return self._back(request, "这一批已经不在等待了，没有取消。")
        cancel(self._office, mailing_id, caller_of(request).actor)
        return self._back(request, "已取消这一批，一封也没有发出。改好后可以重新准备。")

    # --- of all acts ----------------------------------------------------------------------------------------------

    def _asked(self, request: Request, form: Form) -> tuple[Revision, int]:
        """The issue and the mailing the form is about, one of this issue's. Raises HTTPException 404."""
        revision = revision_in(self._desk, request)
        for each in revision.mailings:
            is_own_page = each.key.startswith(FOLLOW_UP)  # a correction is answered for as a whole, on its page
            if form.text("mailing") == str(each.id) and each.kind != MailingKind.TEST and not is_own_page:
                return revision, int(each.id)
        raise HTTPException(404)

    def _revision_of(self, mailing_id: int, revision: Revision) -> int:
        return next(int(each.revision_id) for each in revision.mailings if each.id == mailing_id)

    def _mode(self) -> ApprovalMode:
        with self._office.store.read() as session:
            return sign_off.approval_mode(session)

    def _back(self, request: Request, said: str) -> Response:
        return self._desk.to(request, f"/issues/{number_in(request)}/sending", said=said)

    def _moment(self, text: str) -> datetime:
        """What <input type=datetime-local> posts, in the office's zone."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _WrongError("没有放行：定时的时刻看不懂，写成 2026-11-24 08:00 这样。") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self._settings.timezone)
        now = self._office.clock.now()
        if moment <= now:
            raise _WrongError("没有放行：定时的时刻已经过去，请换一个，或选“现在”。")
        if moment - now > _LATEST:
            raise _WrongError(f"没有放行：最多提前 {_LATEST.days} 天定时。")
        return moment.astimezone(UTC)
