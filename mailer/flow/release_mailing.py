"""Release: from here on the database alone is the truth about what goes out. At once, at a time, or taken back before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.flow.approve_mailing import ApprovalError, still_bound
from mailer.flow.compare_audience import changes_since
from mailer.flow.office import Office
from mailer.flow.paper_copies import ask_for_paper
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import follow_up_book, freeze, queries, sign_off, writes

#: A scheduled mailing found later than this is not sent behind the office's back: the moment has passed.
LATE = timedelta(minutes=30)
_OFF_LIST = "off_list"


def release(office: Office, mailing_id: int, actor: str) -> int:
    """Approved -> sending; how many rows joined the queue. A mailing already released is left as it is.

    Raises ApprovalError ``not_what_was_approved``, ``overtaken``.
    """
    with office.store.begin() as session:
        mailing = queries.mailing_for_update(session, mailing_id)
        if mailing.status not in {MailingStatus.APPROVED, MailingStatus.SCHEDULED}:
            return 0
        _demand_approved(session, mailing)
        released = release_now(session, mailing_id, office.clock.now())
        office.record(session, actor, "mailing.released", f"mailing:{mailing_id}", rows=released)
    office.wake.nudge(mailing_id)
    return released


def schedule(office: Office, mailing_id: int, at: datetime, actor: str, *, anew: bool = True) -> bool:
    """Shall go out at that moment, by the sweep. ``anew`` False: a mailing scheduled already keeps its moment, and the
    answer is False; so two people who press the button at once make one release.

    Raises ApprovalError, IllegalMailingTransitionError.
    """
    with office.store.begin() as session:
        mailing = queries.mailing_for_update(session, mailing_id)
        if mailing.status == MailingStatus.SCHEDULED and not anew:
            return False
        writes.move_mailing(session, mailing_id, MailingEventKind.SCHEDULED, scheduled_at=at)
        _demand_approved(session, mailing)
        office.record(session, actor, "mailing.scheduled", f"mailing:{mailing_id}", at=at)
    return True


def take_back(office: Office, mailing_id: int, actor: str) -> bool:
    """撤销发送: scheduled -> approved, as if nobody had released it; False when there is nothing to take back any more."""
    with office.store.begin() as session:
        if queries.mailing_for_update(session, mailing_id).status != MailingStatus.SCHEDULED:
            return False
        writes.move_mailing(session, mailing_id, MailingEventKind.TAKEN_BACK, scheduled_at=None)
        office.record(session, actor, "mailing.taken_back", f"mailing:{mailing_id}")
    return True


def release_scheduled(session: Session, now: datetime) -> None:
    """The sweep's part: what is due is resolved again and goes out; what was missed by far, or is no longer what was
    approved, is held and asks.
    """
    for mailing in queries.mailings_with_status(session, MailingStatus.SCHEDULED):
        if mailing.scheduled_at > now:
            continue
        if queries.mailing_for_update(session, mailing.id).status != MailingStatus.SCHEDULED:
            continue  # a person cancelled it at this very moment
        changes = changes_since(session, mailing, now)
        if now - mailing.scheduled_at > LATE:
            reason = "定时的时刻已过去 30 分钟以上（当时系统没有运行），没有自动发出，请确认"
            _hold(session, mailing.id, "missed", "定时发送错过了时刻", reason, now)
        elif follow_up_book.is_overtaken(session, mailing):
            reason = "这一期已经更正或撤回，这一批是旧稿，没有发出，请取消"
            _hold(session, mailing.id, "overtaken", "要发的是已更正或撤回的旧稿", reason, now)
        elif not still_bound(session, mailing):
            reason = "内容或收件人与核签的不一致，没有发出，请重新准备、核签"
            _hold(session, mailing.id, "not_approved", "要发的和核签的不一致", reason, now)
        elif not changes.only_subtract:
            reason = f"核签之后名单变了：{changes.chinese}。没有自动发出，请重新准备、核签"
            _hold(session, mailing.id, "list_changed", "核签之后名单变了，没有发出", reason, now)
        else:
            sign_off.withhold_planned(session, mailing.id, changes.gone, _OFF_LIST, now)
            release_now(session, mailing.id, now)


def release_held(session: Session, mailing: Any, now: datetime) -> None:
    """A person lets a mailing go out after all that was held before its release. Raises ApprovalError."""
    _demand_approved(session, mailing)
    changes = changes_since(session, mailing, now)
    if not changes.only_subtract:
        raise ApprovalError(
            "list_changed", f"核签之后名单变了：{changes.chinese}。没有发出。", "请取消这一批，重新准备、核签。"
        )
    sign_off.withhold_planned(session, mailing.id, changes.gone, _OFF_LIST, now)
    writes.lock(session, "addresses")
    writes.move_mailing(session, mailing.id, MailingEventKind.RESUMED, released_at=now)
    ask_for_paper(session, mailing.id, now)
    freeze.release_rows(session, mailing.id, now)


def _hold(session: Session, mailing_id: int, kind: str, title: str, reason: str, now: datetime) -> None:
    writes.move_mailing(session, mailing_id, MailingEventKind.HELD, reason=reason)
    writes.open_task(
        session,
        kind=kind,
        title=title,
        detail=reason,
        dedupe_key=f"{kind}:{mailing_id}",
        mailing_id=mailing_id,
        now=now,
    )


def _demand_approved(session: Session, mailing: Any) -> None:
    if follow_up_book.is_overtaken(session, mailing):
        raise ApprovalError(
            "overtaken", "这一期已经更正或撤回，这一批是旧稿，没有发出。", "请取消这一批；需要时按新稿重新准备。"
        )
    if not still_bound(session, mailing):
        raise ApprovalError(
            "not_what_was_approved", "现在要发的和核签的不一致，没有发出。", "请重新准备这一批，再核签。"
        )


def release_now(session: Session, mailing_id: int, now: datetime) -> int:
    """The step itself, for whoever has made sure of the approval; how many rows joined the queue."""
    writes.lock(session, "addresses")
    writes.move_mailing(session, mailing_id, MailingEventKind.RELEASED, released_at=now)
    ask_for_paper(session, mailing_id, now)
    return freeze.release_rows(session, mailing_id, now)
