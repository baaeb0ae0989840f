"""更正、撤回: one act. What still waits of the issue is stopped and the intent is written down in the same transaction;
``carry_follow_up`` does the rest as soon as nothing is on the wire, in whichever process comes by.

The mails are rendered before anything is stopped, so that a template that fails stops nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session

from mailer.content.attachments import Attachment
from mailer.content.facts import Sender
from mailer.content.issue import from_json
from mailer.flow.approve_mailing import SignOff
from mailer.flow.draw_up_order import facts_of
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order, lay_down
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.model.mailing import IllegalMailingTransitionError, MailingEventKind, MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode
from mailer.store import corrections, follow_up_book, queries, sign_off, upkeep, writes
from recipients import directory
from recipients.audience import Audience

FOLLOW_UP = "follow:"  # begins the keys of the mailings made here
_MOVING = frozenset({MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.HELD})


class FollowUpError(Exception):
    """It cannot be done as asked: code, sentence and remedy."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass(frozen=True, slots=True)
class Wish:
    """``mailing_id``: any mailing of the issue that went out; ``revision_id``: what replaces it (a correction only);
    ``note``: what was wrong, printed in the mail; ``sheet`` and ``waived``: as for an approval.
    """

    kind: FollowUpKind
    mailing_id: int
    note: str
    revision_id: int | None = None
    sheet: SignOff = field(default_factory=SignOff)
    waived: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ordered:
    """``stopped``: copies that were taken off the queue by this call; ``created`` False: it was ordered before."""

    number: int
    created: bool
    stopped: int = 0


@dataclass(frozen=True, slots=True)
class _Plan:
    base: Any
    issue_id: int
    revision_id: int
    revision: int
    order: Order
    mode: ApprovalMode
    round: int


def order_follow_up(office: Office, wish: Wish, actor: str) -> Ordered:
    """Asked for twice, it is done once. Raises FollowUpError, NoResultFound, IllegalMailingTransitionError before release."""
    with office.store.read() as session:
        plan = _plan(session, office, wish)
        if isinstance(plan, Ordered):
            return plan
    digest = hashlib.sha256(f"{plan.revision_id}|{wish.note}".encode()).hexdigest()[:12]
    prefix = f"{FOLLOW_UP}{wish.kind}:{plan.issue_id}:{plan.base.rehearsal}:"
    key = f"{prefix}{plan.round}:{digest}"
    told = MailingKind.CORRECTION if wish.kind is FollowUpKind.CORRECTION else MailingKind.RECALL
    holders = lay_down(office, replace(plan.order, kind=told, note=wish.note, key=f"{key}:holders"), actor)
    rest = None
    if wish.kind is FollowUpKind.CORRECTION:
        rest = lay_down(office, replace(plan.order, key=f"{key}:rest"), actor)
    with office.store.begin() as session:
        corrections.lock_issue(session, plan.issue_id)
        return _commit(session, office, wish, plan, (holders, rest), prefix, actor)


def _commit(
    session: Session,
    office: Office,
    wish: Wish,
    plan: _Plan,
    drafts: tuple[int, int | None],
    prefix: str,
    actor: str,
) -> Ordered:
    now = office.clock.now()
    own = [each for each in drafts if each is not None]
    is_given = plan.mode is not ApprovalMode.SYSTEM
    found = _plan(session, office, wish)
    if isinstance(found, Ordered):
        return found  # ordered, and perhaps carried out, since the first look
    number = follow_up_book.keep(
        session,
        issue_id=plan.issue_id,
        rehearsal=plan.base.rehearsal,
        kind=str(wish.kind),
        state=str(FollowUpState.STOPPING),
        revision_id=plan.revision_id,
        base_mailing_id=plan.base.id,
        holders_mailing_id=drafts[0],
        rest_mailing_id=drafts[1],
        note=wish.note,
        mode=str(plan.mode),
        signer=wish.sheet.signer,
        signed_on=wish.sheet.signed_on,
        waived=json.dumps(dict(wish.waived), ensure_ascii=False),
        ordered_at=now,
        ordered_by=actor,
        approved_at=now if is_given else None,
        approved_by=actor if is_given else None,
    )
    if number is None:  # another call was quicker: the same wish is done, another one is told so
        found = _plan(session, office, wish)
        if isinstance(found, Ordered):
            return found
        raise _under_way()
    for left_over in follow_up_book.left_over_drafts(session, prefix, own):
        follow_up_book.drop_draft(session, left_over)
    stopped = _stop(session, plan, wish, number, own, now, actor)
    office.record(
        session,
        actor,
        f"issue.{'correction' if wish.kind is FollowUpKind.CORRECTION else 'recall'}_ordered",
        f"issue:{plan.issue_id}",
        mailing=plan.base.id,
        revision=plan.revision_id,
        rows=stopped,
        mode=str(plan.mode),
        signer=wish.sheet.signer,
        waived=dict(wish.waived),
        words=wish.note,
    )
    return Ordered(number, created=True, stopped=stopped)


def _stop(session: Session, plan: _Plan, wish: Wish, number: int, own: list[int], now: Any, actor: str) -> int:
    """Everything of older revisions: what is on its way is cancelled, what waits for its release is given up."""
    what = f"更正为第 {plan.revision} 稿" if wish.kind is FollowUpKind.CORRECTION else "撤回本期"
    reason = f"{what}，其余不再发（见{wish.kind.label} {number}）"
    out = follow_up_book.mailings_out(session, plan.issue_id, rehearsal=plan.base.rehearsal)
    older = [each for each in out if wish.kind is FollowUpKind.RECALL or each.revision_id != plan.revision_id]
    waiting = follow_up_book.mailings_waiting(
        session, plan.issue_id, rehearsal=plan.base.rehearsal, but_not=[*own, *(each.id for each in out)]
    )
    stopped, superseded = 0, {each.id for each in older}
    for each in sorted((*older, *waiting), key=lambda row: int(row.id)):
        row = queries.mailing_for_update(session, each.id)
        if row.released_at is not None:  # of those that waited: released at this very moment
            superseded.add(row.id)
        if row.released_at is None or row.status in _MOVING:
            writes.move_mailing(session, each.id, MailingEventKind.CANCELLED, reason=reason)
            stopped += upkeep.cancel_waiting(session, each.id, now, actor)
    follow_up_book.supersede(session, sorted(superseded), number)
    return stopped


def _plan(session: Session, office: Office, wish: Wish) -> _Plan | Ordered:
    """What shall be made; Ordered where this very wish is under way already."""
    base = queries.mailing(session, wish.mailing_id)
    status = MailingStatus(base.status)
    if base.released_at is None or base.kind == MailingKind.TEST:
        raise IllegalMailingTransitionError(status, MailingEventKind.REOPENED)
    if bool(base.rehearsal) != office.is_sandbox:
        raise FollowUpError(
            "other_world",
            "演练的批次只能在演练服务器上更正、撤回，正式的只能经真的发信服务器。",
            "请检查 MAILER_RELAY_URL。",
        )
    if not wish.note.strip():
        raise FollowUpError("no_note", f"{wish.kind.label}要写明原因。", "它会印在邮件开头。")
    issue_id = int(corrections.issue_behind(session, base.revision_id).id)
    before = follow_up_book.of_issue(session, issue_id, rehearsal=base.rehearsal)
    out = follow_up_book.mailings_out(session, issue_id, rehearsal=base.rehearsal)
    revision_id = wish.revision_id if wish.kind is FollowUpKind.CORRECTION else max(each.revision_id for each in out)
    for each in before:
        if FollowUpState(each.state).is_open:
            if (each.kind, each.revision_id) == (wish.kind, revision_id):
                return Ordered(each.id, created=False)
            raise _under_way()
        if each.kind == FollowUpKind.RECALL and each.state == FollowUpState.RELEASED:
            if wish.kind is FollowUpKind.RECALL:
                return Ordered(each.id, created=False)
            raise FollowUpError("recalled", "这一期已经撤回，不能再更正。", "要重新印发，请收录新的一期。")
        if (each.kind, each.revision_id, each.state) == (wish.kind, revision_id, FollowUpState.RELEASED):
            return Ordered(each.id, created=False)
    row = _revision(session, wish, issue_id, revision_id, out)
    lists = {each.code: each for each in directory.lists(session)}
    codes = sorted({code for each in out for code in each.lists.split(",")} & set(lists), key=lambda c: lists[c].lane)
    order = Order(
        revision_id=row.id,
        issue=from_json(json.loads(row.content)),
        lists=tuple(facts_of(lists[code], base.message_domain) for code in codes),
        audience=Audience(()),
        sender=Sender(base.from_name, base.from_address, base.reply_to),
        message_domain=base.message_domain,
        rehearsal=bool(base.rehearsal),
        attachments=()
        if wish.kind is FollowUpKind.RECALL
        else tuple(Attachment(*file) for file in sign_off.attachment_files(session, issue_id)),
    )
    return _Plan(base, issue_id, row.id, row.revision, order, sign_off.approval_mode(session), len(before))


def _revision(session: Session, wish: Wish, issue_id: int, revision_id: int | None, out: Any) -> Any:
    row = queries.revision_content(session, revision_id) if revision_id is not None else None
    if row is None or row.issue_id != issue_id:
        raise FollowUpError("other_issue", "这一稿不是这一期的。", "请把改好的稿子收录进这一期（期号、年份相同）。")
    if wish.kind is FollowUpKind.RECALL:
        return row
    if sign_off.newest_revision_id(session, issue_id) != row.id:
        raise FollowUpError("outdated", "刚刚又有了新的一稿，没有更正。", "请看过新稿，再按新稿更正。")
    if all(each.revision_id >= row.id for each in out):
        raise FollowUpError("same", "发出去的就是这一稿，没有可更正的。", "请先改稿，再更正。")
    return row


def _under_way() -> FollowUpError:
    return FollowUpError("under_way", "这一期正在更正或撤回，还没有办完。", "请等它办完，或先放弃它。")
