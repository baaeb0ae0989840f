"""From a checked issue to a mailing that waits for its approval: what the office's console asks for.

Around ``prepare_mailing``: the issue is the newest revision, its stops are settled, nothing of it waits already, and what
went out is not sent as a first mailing once more. However many people ask at once, there is one mailing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from mailer.content.attachments import Attachment
from mailer.content.facts import Sender
from mailer.content.issue import Finding, Severity, from_json
from mailer.flow.draw_up_order import draw_up_order
from mailer.flow.office import Office
from mailer.flow.order_follow_up import FOLLOW_UP
from mailer.flow.prepare_mailing import content_key, prepare_mailing
from mailer.flow.take_issue import look_over, stored_issue
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import corrections, queries, sign_off


class NotReadyError(Exception):
    """It cannot be prepared as it is: ``outdated``, ``stops``, ``warnings``, ``waiting``, ``already_sent``, ``no_note``."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be prepared. ``codes``: of the lists, none for every list with members; ``note``: what a correction
    corrects; ``has_seen_warnings``: a person has read what the check warns of.
    """

    revision_id: int
    sender: Sender
    codes: tuple[str, ...] = ()
    kind: MailingKind = MailingKind.FIRST
    note: str = ""
    has_seen_warnings: bool = False


def prepare_issue(office: Office, wish: Wish, actor: str) -> int:
    """The mailing's id. Raises NotReadyError; NobodyError, UnknownListError; BeingPreparedError; AttachmentError."""
    issue = stored_issue(office, wish.revision_id)
    if issue is None:
        raise NotReadyError("outdated", "没有这一稿。", "请刷新页面，从最新一稿开始。")
    with office.store.read() as session:
        issue_id = int(corrections.issue_behind(session, wish.revision_id).id)
        if sign_off.newest_revision_id(session, issue_id) != wish.revision_id:
            raise NotReadyError("outdated", "刚刚有了新的一稿，这里准备的是旧稿。", "请看过新稿，再准备发送。")
        mailings = sign_off.issue_mailings(session, issue_id)
        files = tuple(Attachment(*row) for row in sign_off.attachment_files(session, issue_id))
    demand_settled(office, wish.revision_id, has_seen_warnings=wish.has_seen_warnings)
    order = draw_up_order(
        office,
        revision_id=wish.revision_id,
        issue=issue,
        sender=wish.sender,
        codes=wish.codes,
        rehearsal=office.is_sandbox,
    )
    _not_sent_before(mailings, wish, [each.code for each in order.lists], rehearsal=office.is_sandbox)
    order = replace(order, kind=wish.kind, note=wish.note, attachments=files)
    wanted = content_key(order)
    _nothing_else_waits(mailings, wanted)
    with office.store.read() as session:
        order = replace(order, key=_key(session, wanted))
    mailing_id, _ = prepare_mailing(office, order, actor)
    return mailing_id


def demand_settled(office: Office, revision_id: int, *, has_seen_warnings: bool) -> None:
    """That the check's stops are passed and its warnings read. Raises NotReadyError ``outdated``, ``stops``, ``warnings``."""
    with office.store.read() as session:
        row = queries.revision_content(session, revision_id)
        waived = sign_off.waivers(session, revision_id)
    if row is None:
        raise NotReadyError("outdated", "没有这一稿。", "请刷新页面，从最新一稿开始。")
    found = look_over(office, from_json(json.loads(row.content)), row.source_sha256)
    _settled(found, waived, accepted=has_seen_warnings)


def _settled(found: Sequence[Finding], waived: dict[str, Any], *, accepted: bool) -> None:
    stops = [each for each in found if each.severity is Severity.STOP and each.code not in waived]
    if stops:
        raise NotReadyError(
            "stops",
            f"还有 {len(stops)} 处必须处理：{'；'.join(each.message for each in stops[:3])}",
            "请改正；确实要照发的，在预检里写明理由放行。",
        )
    warnings = [each for each in found if each.severity is Severity.WARNING]
    if warnings and not accepted:
        raise NotReadyError(
            "warnings", f"预检有 {len(warnings)} 处请核对。", "看过之后，勾选“预检的提醒已经看过”，再准备。"
        )


def lists_served(mailings: Sequence[Any], *, rehearsal: bool, but_not: int | None = None) -> dict[str, int]:
    """Lists that a first mailing of the issue went to or is about to go to, with its id; rehearsals by themselves.

    ``but_not``: that mailing does not count.
    """
    return {
        code: int(each.id)
        for each in mailings
        if each.kind == MailingKind.FIRST and each.rehearsal == rehearsal and each.id != but_not
        if each.released_at is not None or each.status == MailingStatus.SCHEDULED
        for code in each.lists.split(",")
    }


def _not_sent_before(mailings: Sequence[Any], wish: Wish, codes: Sequence[str], *, rehearsal: bool) -> None:
    served = lists_served(mailings, rehearsal=rehearsal)
    again = [code for code in codes if code in served]
    if wish.kind is MailingKind.FIRST and again and not rehearsal:
        raise NotReadyError(
            "already_sent",
            f"这一期已经发给过“{'、'.join(again)}”（批次 {served[again[0]]}），再发一次，同一个人会收到两封。",
            "改正内容请选“更正”；补给没收到的人，请在那一批的台账里补发。",
        )
    if wish.kind is MailingKind.CORRECTION and not wish.note.strip():
        raise NotReadyError("no_note", "更正要写明改了什么。", "请填写“更正说明”，它会印在邮件开头。")


def _nothing_else_waits(mailings: Sequence[Any], wanted: str) -> None:
    for each in mailings:
        if is_waiting(each) and each.content_key != wanted:
            raise NotReadyError(
                "waiting",
                f"这一期已有一批备好、还没有发出（批次 {each.id}）。",
                "先发出它，或取消它，再准备新的一批。",
            )


def is_waiting(mailing: Any) -> bool:
    """Made for the lists, nothing of it has left, and nobody has given it up: prepared to scheduled, or held before it began.
    What a correction or recall has made is its own page's business.
    """
    if mailing.kind == MailingKind.TEST or mailing.key.startswith(FOLLOW_UP):
        return False
    return mailing.status in sign_off.WAITING or (mailing.status == MailingStatus.HELD and mailing.released_at is None)


def _key(session: Session, wanted: str) -> str:
    """The key of the mailing of this content that is not given up, or of the next one."""
    rounds = sign_off.rounds_of(session, wanted)
    for each in rounds:
        if each.status != MailingStatus.CANCELLED and not (each.rehearsal and each.status == MailingStatus.CLOSED):
            return str(each.key)
    return f"{wanted}:{len(rounds)}" if rounds else wanted
