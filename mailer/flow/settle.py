"""Outcome -> verdict -> table: what one ended attempt does to its delivery, and when a whole mailing has to stop.

The verdict moves the row, never the code's first digit. Only here does a fault find its owner's consequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.flow import consequences
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus, transition
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.model.reply import Outcome
from mailer.model.retry import RetryPolicy
from mailer.model.verdict import Action, Owner, Verdict
from mailer.store import queries, queue, upkeep, writes
from mailer.store.journal import TEXT_LIMIT
from mailer.store.queue import Change

#: Faults of ours: they say nothing about a recipient and everything about this mailing or this sender.
OUR_FAULTS = frozenset({Owner.CONTENT, Owner.SENDER, Owner.SETUP, Owner.RATE})
_DOMAIN_LIMIT = 3  # such faults in a row in one domain park the domain
_RATE_REST = timedelta(minutes=15)  # what the slowest of the published rate replies ask for
_HOLD_DOMAINS = 2
_HOLD_FAULTS = 5
_HOLD_SHARE = 0.05
_MOST_DOUBTS = 3  # under the resend policy: a relay that always cuts would be tried for ever


@dataclass(frozen=True, slots=True)
class Attempted:
    """The attempt an outcome belongs to."""

    delivery_id: int
    attempt: int
    list_code: str
    domain: str
    doubts: int
    queued_at: datetime


_EVENTS = {
    Action.ACCEPT: DeliveryEventKind.ACCEPTED,
    Action.RETRY: DeliveryEventKind.DEFERRED,
    Action.PARK: DeliveryEventKind.PARKED,
    Action.BOUNCE: DeliveryEventKind.BOUNCED,
    Action.DOUBT: DeliveryEventKind.DOUBTED,
}


def change_for(
    attempted: Attempted, outcome: Outcome, verdict: Verdict, *, retry: RetryPolicy, jitter: float, resend_doubts: bool
) -> Change:
    """The row's change after one attempt. ``resend_doubts``: the office accepts copies twice over copies missing."""
    event = _EVENTS[verdict.action]
    doubts = attempted.doubts + (verdict.action is Action.DOUBT)
    if verdict.action is Action.DOUBT and resend_doubts and doubts <= _MOST_DOUBTS:
        event = DeliveryEventKind.DEFERRED
    status = transition(DeliveryStatus.ATTEMPTING, event)
    due_at = None
    if event is DeliveryEventKind.DEFERRED:
        # past the limit the row waits for its end, not for another try: the claim expires it at that moment
        due_at = min(
            retry.due_at(attempted.attempt, outcome.at, jitter, verdict.hint), retry.gives_up_at(attempted.queued_at)
        )
    reply = outcome.reply
    values: dict[str, Any] = {
        "due_at": due_at,
        "doubts": doubts,
        "phase": str(outcome.phase),
        "reply_code": reply.code if reply else None,
        "enhanced_status": str(reply.enhanced) if reply and reply.enhanced else None,
        "reply_text": reply.text[:TEXT_LIMIT] if reply else (outcome.note[:TEXT_LIMIT] or None),
        "host": outcome.host,
        "reason": verdict.reason,
        "fault": str(verdict.owner),
        "hard": verdict.hard,
        "bounced_by": "session" if status is DeliveryStatus.BOUNCED else None,
        "accepted_at": outcome.at if status is DeliveryStatus.ACCEPTED else None,
        "finished_at": outcome.at if status.is_final else None,
    }
    return Change(attempted.delivery_id, attempted.attempt, attempted.list_code, event, status, values, outcome.at)


def settle(
    session: Session, *, lease_id: int, mailing_id: int, changes: Sequence[Change], now: datetime, braked: bool
) -> None:
    """Writes the changes of a lease. Those the lease no longer holds still resolve what was put in doubt meanwhile.

    ``braked``: our own faults may stop a domain or the mailing; a rehearsal shows them and goes on.
    """
    if not changes:
        return
    moved = queue.settle(session, lease_id=lease_id, mailing_id=mailing_id, changes=changes)
    if moved < len(changes):
        upkeep.resolve_doubts(session, mailing_id=mailing_id, changes=changes)
    for change in changes:
        if change.event is DeliveryEventKind.PARKED:
            _ask_about(session, mailing_id, change, now)
        elif change.event is DeliveryEventKind.BOUNCED:
            consequences.of_bounce(session, change.delivery_id, now)
    if braked and any(change.values["fault"] in OUR_FAULTS for change in changes):
        brake(session, mailing_id, now)


def _ask_about(session: Session, mailing_id: int, change: Change, now: datetime) -> None:
    writes.open_task(
        session,
        kind="parked",
        title="有邮件因我方原因被拒，等人处理",
        detail=change.values["reply_text"] or "",
        dedupe_key=f"parked:{mailing_id}:{change.values['reason']}",
        mailing_id=mailing_id,
        delivery_id=change.delivery_id,
        now=now,
    )


def brake(session: Session, mailing_id: int, now: datetime) -> None:
    """The breaker: sender, content, rate and set-up faults park a domain, and hold the mailing when they spread."""
    since = queries.resumed_at(session, mailing_id)
    faults = queries.faults_by_domain(session, mailing_id, [str(owner) for owner in OUR_FAULTS], since)
    for domain in faults:
        last = queries.last_faults(session, mailing_id, domain, _DOMAIN_LIMIT, since)
        if len(last) < _DOMAIN_LIMIT or any(attempt.fault not in OUR_FAULTS for attempt in last):
            continue
        # too fast is over after a while; our content or our set-up is not, until somebody has mended it
        until = now + _RATE_REST if all(attempt.fault == Owner.RATE for attempt in last) else None
        reason = last[0].reason
        if writes.hold_domain(session, mailing_id, domain, reason=reason, now=now, until=until) and until is None:
            upkeep.park_domain(session, mailing_id, domain)
            writes.open_task(
                session,
                kind="domain_parked",
                title=f"{domain} 连续拒收，已停发这个域名",
                detail=reason,
                dedupe_key=f"domain:{mailing_id}:{domain}",
                mailing_id=mailing_id,
                now=now,
            )
    total = sum(faults.values())
    if len(faults) < _HOLD_DOMAINS or total < _HOLD_FAULTS:
        return
    if total < _HOLD_SHARE * max(queries.attempted_count(session, mailing_id), 1):
        return
    hold(session, mailing_id, "多个域名因我方原因（内容、发信身份、设置或频率）拒收，已自动停下", now)


def hold(session: Session, mailing_id: int, reason: str, now: datetime) -> None:
    """Stops a sending mailing and asks a person."""
    if queries.mailing_for_update(session, mailing_id).status != MailingStatus.SENDING:
        return  # also when a person paused it at this very moment
    writes.move_mailing(session, mailing_id, MailingEventKind.HELD, reason=reason)
    writes.open_task(
        session,
        kind="held",
        title="发送已自动停下，请人处理",
        detail=reason,
        dedupe_key=f"held:{mailing_id}:{now:%Y%m%d%H%M}",
        mailing_id=mailing_id,
        now=now,
    )
