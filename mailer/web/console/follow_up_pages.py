"""更正、撤回 of an issue that is out: one form each, then one page that says how far it is and counts every recipient once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.approve_mailing import ApprovalError, SignOff
from mailer.flow.carry_follow_up import approve_follow_up, binding, carry_on, give_up, on_the_wire
from mailer.flow.order_follow_up import FollowUpError, Wish, order_follow_up
from mailer.flow.prepare_issue import NotReadyError, demand_settled
from mailer.flow.read_common_ledger import CommonLedger, read_common_ledger
from mailer.flow.read_revision import Revision
from mailer.model.approval import RULES
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.model.mailing import IllegalMailingTransitionError, MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode, Right
from mailer.store import follow_up_book, sign_off
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.issue_page import issue_page
from mailer.web.console.issue_pages import number_in, revision_in
from mailer.web.console.ways import Form, Way

_NOTE = 1_000  # characters
_SIGNER = 60


def ways(desk: Desk) -> list[Way]:
    pages = _FollowUpPages(desk)
    return [
        Way("/issues/{id}/follow-up", pages.show, Right.VIEW),
        Way("/issues/{id}/follow-up/sign", pages.order, Right.SEND, "POST", reauth=True),
        Way("/issues/{id}/follow-up/approve", pages.approve, Right.APPROVE, "POST", reauth=True),
        Way("/issues/{id}/follow-up/give-up", pages.give_up, Right.SEND, "POST"),
    ]


@dataclass(frozen=True, slots=True)
class _Stand:
    """``can_correct``: the newest revision is not what went out; ``wire``: old copies that workers still hold."""

    out: Any
    ledger: CommonLedger | None
    row: Any | None
    binding: str
    wire: int
    mode: ApprovalMode
    sent_revision: int
    can_correct: bool
    can_recall: bool


class _FollowUpPages:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def show(self, request: Request) -> Response:
        return self._show(request)

    def _show(self, request: Request, *, wrong: str = "", form: Form | None = None) -> Response:
        revision = revision_in(self._desk, request)
        stand = self._stand(revision)
        caller = caller_of(request)
        if stand.ledger is not None:
            self._desk.viewed(request, f"issue:{revision.row.id}", "ledger.viewed")
        return self._desk.show(
            request,
            "console/issues/follow_up.html",
            area="issues",
            status=409 if wrong else 200,
            revision=revision,
            stand=stand,
            check=issue_page(revision.issue, revision.findings, revision.waivers, ()),
            wrong=wrong,
            form=form or Form(),
            rule=RULES[stand.mode],
            modes=ApprovalMode,
            today=self._office.clock.now().astimezone(self._desk.settings.timezone).date().isoformat(),
            refresh=5 if stand.row is not None and stand.row.state == FollowUpState.STOPPING else None,
            may_send=caller.may(Right.SEND),
            may_approve=caller.may(Right.APPROVE) and (stand.row is None or stand.row.ordered_by != caller.actor),
            kind_words={str(kind): kind.label for kind in MailingKind},
            status_words={str(status): status.label for status in MailingStatus},
            step="follow-up",
        )

    def _stand(self, revision: Revision) -> _Stand:
        issue_id, rehearsal = revision.row.id, self._office.is_sandbox
        with self._office.store.read() as session:
            out = follow_up_book.mailings_out(session, issue_id, rehearsal=rehearsal)
            row = follow_up_book.standing(session, issue_id, rehearsal=rehearsal)
            is_prepared = row is not None and row.state == FollowUpState.PREPARED
            is_open = row is not None and FollowUpState(row.state).is_open
            is_recalled = row is not None and row.kind == FollowUpKind.RECALL
            newest = max((each.revision_id for each in out), default=0)
            return _Stand(
                out=out,
                ledger=read_common_ledger(session, issue_id, rehearsal=rehearsal),
                row=row,
                binding=binding(session, row) if is_prepared else "",
                wire=on_the_wire(session, row) if row is not None else 0,
                mode=sign_off.approval_mode(session),
                sent_revision=max((each.revision for each in out), default=0),
                can_correct=bool(out) and not is_open and not is_recalled and newest < revision.id,
                can_recall=bool(out) and not is_open and not is_recalled,
            )

    def order(self, request: Request, form: Form) -> Response:
        """Stops what still waits, and goes on with the rest as far as it can be at once; the sweep does what is left."""
        revision = revision_in(self._desk, request)
        kind = FollowUpKind.RECALL if form.text("kind") == FollowUpKind.RECALL else FollowUpKind.CORRECTION
        stand = self._stand(revision)
        if not stand.out:
            return self._show(request, wrong="这一期还没有发出过，没有可更正、撤回的。", form=form)
        if form.text("revision") != str(revision.id):
            return self._show(request, wrong="您打开页面之后又有了新的一稿。请看过新稿，再办。", form=form)
        try:
            if kind is FollowUpKind.CORRECTION:
                demand_settled(self._office, revision.id, has_seen_warnings=form.text("seen") == "yes")
            waived = {code: row.reason for code, row in revision.waivers.items()}
            wish = Wish(
                kind, stand.out[-1].id, form.text("note")[:_NOTE], revision.id, self._sheet(form, stand.mode), waived
            )
            ordered = order_follow_up(self._office, wish, caller_of(request).actor)
        except (FollowUpError, NotReadyError, ApprovalError) as error:
            return self._show(request, wrong=f"没有{kind.label}：{error.message}{error.hint}", form=form)
        except IllegalMailingTransitionError:
            return self._show(request, wrong=f"没有{kind.label}：这一期的批次刚刚变了，请再看一遍。", form=form)
        carry_on(self._office, uuid4().hex)
        said = (
            f"已叫停，排队的 {ordered.stopped} 份不再发，发送程序手里没开始的也不再发。"
            if ordered.created
            else "先前已经办过，没有再办。"
        )
        return self._back(request, said)

    def _sheet(self, form: Form, mode: ApprovalMode) -> SignOff:
        """Who signed on paper, where the house asks for that. Raises ApprovalError."""
        if mode is not ApprovalMode.OFFLINE:
            return SignOff()
        signer = form.text("signer")
        if not signer or len(signer) > _SIGNER:
            raise ApprovalError("no_signer", "请写明是谁核签的（60 字以内）。", "")
        try:
            return SignOff(signer, date.fromisoformat(form.text("signed_on")))
        except ValueError:
            raise ApprovalError("no_day", "请写明哪一天核签的，例如 2026-11-23。", "") from None

    def approve(self, request: Request, form: Form) -> Response:
        revision = revision_in(self._desk, request)
        row = self._stand(revision).row
        if form.text("seen") != "yes":
            return self._show(request, wrong="没有核签：请先看过内容和收件人，再勾选。", form=form)
        try:
            done = row is not None and approve_follow_up(
                self._office, row.id, caller_of(request).actor, seen=form.text("binding")
            )
        except ApprovalError as error:
            return self._show(request, wrong=f"没有核签：{error.message}{error.hint}", form=form)
        carry_on(self._office, uuid4().hex)
        return self._back(request, "已核签并放行。" if done else "已经不在等核签，下面是现在的情况。")

    def give_up(self, request: Request, form: Form) -> Response:
        del form
        row = self._stand(revision_in(self._desk, request)).row
        done = row is not None and give_up(self._office, row.id, caller_of(request).actor)
        return self._back(request, "已放弃，谁也没有告知；停下的没有恢复。" if done else "已经放行或放弃过，没有改动。")

    def _back(self, request: Request, said: str) -> Response:
        return self._desk.to(request, f"/issues/{number_in(request)}/follow-up", said=said)
