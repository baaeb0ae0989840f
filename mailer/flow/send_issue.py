"""发送: what was approved goes out, now or at a time; for a while it can be taken back. However often it is asked: once."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailer.flow.approve_mailing import ApprovalError
from mailer.flow.compare_audience import changes_since
from mailer.flow.office import Office
from mailer.flow.prepare_issue import lists_served
from mailer.flow.release_mailing import schedule
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import corrections, queries, sign_off


def send_issue(office: Office, mailing_id: int, actor: str, *, at: datetime | None, hold: timedelta) -> bool:
    """False when it was released or scheduled before: nothing is done twice, and the first moment stands.

    ``at`` None is now, which is ``hold`` from now; until then ``take_back`` undoes it. The sweep, which comes by every few
    seconds, then resolves the lists once more and lets it go. Raises ApprovalError: ``not_approved``, ``newer_revision``, ``already_sent``, ``list_changed``, ``not_what_was_approved``.
    """
    now = office.clock.now()
    with office.store.read() as session:
        mailing = queries.mailing(session, mailing_id)
        changes = changes_since(session, mailing, now)
        issue_id = corrections.issue_behind(session, mailing.revision_id).id
        newest = sign_off.newest_revision_id(session, issue_id)
        others = lists_served(
            sign_off.issue_mailings(session, issue_id), rehearsal=mailing.rehearsal, but_not=mailing_id
        )
    if mailing.status in {MailingStatus.DRAFT, MailingStatus.PREPARED}:
        raise ApprovalError("not_approved", "这一批还没有核签。", "请先核签，再发送。")
    if mailing.status != MailingStatus.APPROVED:
        return False
    if newest != mailing.revision_id:
        raise ApprovalError("newer_revision", "核签之后又改了稿，没有发出。", "请取消这一批，按新稿重新准备、核签。")
    if mailing.kind == MailingKind.FIRST and (twice := [code for code in mailing.lists.split(",") if code in others]):
        raise ApprovalError(
            "already_sent",
            f"这一期已经发给“{'、'.join(twice)}”（批次 {others[twice[0]]}），没有再发。",
            "请取消这一批；内容有改正的，请发“更正”。",
        )
    if not changes.only_subtract:
        raise ApprovalError(
            "list_changed", f"核签之后名单变了：{changes.chinese}。没有发出。", "请取消这一批，重新准备、核签。"
        )
    return schedule(office, mailing_id, at or now + hold, actor, anew=False)
