"""Who gets the issue on paper: told once a mailing, with everybody in one task, when it is released."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mailer.flow.consequences import duty_line
from mailer.model.mailing import MailingKind
from mailer.store import address_history, queries, writes

_REASONS = {"paper": "只收纸质", "no_address": "没有邮箱"}
_LINES = 300  # of a task; who stands beyond is in the ledger
_NO_PAPER = frozenset({MailingKind.TEST})


def ask_for_paper(session: Session, mailing_id: int, now: datetime) -> bool:
    """Opens the task 送纸质件 where somebody of the audience has no mailbox; a rehearsal asks for nothing."""
    mailing = queries.mailing_with_issue(session, mailing_id)
    duties = address_history.withheld_duties(session, mailing_id, list(_REASONS))
    if mailing.rehearsal or mailing.kind in _NO_PAPER or not duties:
        return False
    lines = [f"{duty_line(duty)}（{_REASONS[duty.reason]}）" for duty in duties[:_LINES]]
    if len(duties) > _LINES:
        lines.append(f"……另有 {len(duties) - _LINES} 个岗位，见台账里的“不发”。")
    return writes.open_task(
        session,
        kind="paper",
        title=f"送纸质件：第{mailing.number}期有 {len(duties)} 个岗位不收邮件",
        detail="\n".join(lines),
        dedupe_key=f"paper:{mailing_id}",
        mailing_id=mailing_id,
        now=now,
    )
