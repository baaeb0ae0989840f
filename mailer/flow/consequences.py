"""What a return sets in motion beyond its row: whom to call, which address rests, what a complaint asks for.

On duty lists a machine drops nobody: the office gets a task. On other lists an address rests when its death is
confirmed (DESIGN 8). Only faults of the recipient count, and every step may be asked for twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.feedback.wording import explain
from mailer.model.delivery import DeliveryStatus
from mailer.model.verdict import Owner
from mailer.store import address_history, queries, writes
from recipients import directory
from recipients.requests import ChangeRequest, RequestKind
from recipients.suppression import Suppression, SuppressionReason

VERIFY = "verify_by_phone"
RESTS_FOR = timedelta(days=90)
MACHINE = "system:returns"
_COMPLAINED = "收件人在自己的邮箱里把本刊举报为垃圾邮件"
_CONFIRMING_ISSUES = 2
_SOFT_OF, _SOFT_ISSUES = 5, 3
_WORDS = 500
_REACHED = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED})
_NOT_REACHED = frozenset({DeliveryStatus.BOUNCED, DeliveryStatus.EXPIRED})


def of_bounce(session: Session, delivery_id: int, now: datetime, *, is_proof: bool = False) -> None:
    """A row has bounced, in the session or by return. ``is_proof``: the receiving host itself named a dead address."""
    row = queries.delivery_row(session, delivery_id)
    if row is None or row.status != DeliveryStatus.BOUNCED or row.fault != Owner.RECIPIENT:
        return
    is_rehearsal = queries.mailing(session, row.mailing_id).rehearsal
    if not row.hard:
        if not is_rehearsal:
            _ask_about_repeated(session, row, now)
    elif _is_duty_list(session, row.list_code):
        _ask_to_verify(session, row, now)
    elif not is_rehearsal and (is_proof or _confirmed(session, row.address_key)):
        _let_rest(session, row, now)


def of_complaint(session: Session, row: Any, now: datetime) -> None:
    """Reported as spam (RFC 5965): a wish to be taken off. Off a list people may leave at once, else the office decides."""
    if queries.mailing(session, row.mailing_id).rehearsal:
        return
    about: dict[str, Any] = {"mailing_id": row.mailing_id, "delivery_id": row.id, "now": now}
    if _is_duty_list(session, row.list_code):
        wish = ChangeRequest(RequestKind.LEAVE, row.address_key, row.list_code, reason=_COMPLAINED)
        number = directory.enter_request(session, wish, now, MACHINE)
        title, detail = f"变更请求 {number}：{wish.told}", f"{_COMPLAINED}。请先打电话问明，可能是误点。"
        kind, dedupe_key = "change_request", f"request:{number}"
    else:
        reason = SuppressionReason.COMPLAINT
        wanted = Suppression(row.address_key, reason, row.list_code, evidence=f"delivery:{row.id}")
        directory.suppress(session, wanted, now, MACHINE, by_person=False)
        title, detail = (
            f"投诉：{_who(session, row)} 把本刊举报为垃圾邮件",
            f"已停发“{row.list_code}”；误点的，可解除停发。",
        )
        kind, dedupe_key = "complaint", f"complaint:{row.id}"
    detail = f"{people(session, row)}\n{detail}"
    writes.open_task(session, kind=kind, title=title, detail=detail, dedupe_key=dedupe_key, **about)


def people(session: Session, row: Any) -> str:
    """Whom a delivery is for and how to reach them, a line each; then the address."""
    lines = [duty_line(duty) for duty in address_history.duties_of(session, row.id)]
    return "\n".join([*lines, f"邮箱：{row.address}"])


def duty_line(duty: Any) -> str:
    """Unit, post, name and telephone of one duty in a line."""
    who = "　".join(part for part in (duty.unit, duty.post, duty.holder) if part)
    return f"{who or '（名单上没有写单位和姓名）'}　电话：{duty.phone or '名单上没有'}"


def _who(session: Session, row: Any) -> str:
    duties = address_history.duties_of(session, row.id)
    names = "、".join(dict.fromkeys(duty.holder for duty in duties if duty.holder))
    unit = next((duty.unit for duty in duties if duty.unit), "")
    return f"{unit}{names or row.name}" or str(row.address)


def _is_duty_list(session: Session, code: str) -> bool:
    """A list nobody knows any more counts as one: the machine keeps its hands off."""
    return next((each.is_duty for each in directory.lists(session) if each.code == code), True)


def _ask_to_verify(session: Session, row: Any, now: datetime) -> None:
    if address_history.has_open_task(session, VERIFY, row.address_key):
        return
    cause, remedy = explain(row.reason, Owner(row.fault))
    said = f"\n对方原话：{row.reply_text[:_WORDS]}" if row.reply_text else ""
    writes.open_task(
        session,
        kind=VERIFY,
        title=f"电话核实：{_who(session, row)} 的邮箱被退回",
        detail=f"{people(session, row)}\n{cause}。{remedy}。{said}",
        dedupe_key=f"verify:{row.id}",
        mailing_id=row.mailing_id,
        delivery_id=row.id,
        now=now,
    )


def _by_issue(session: Session, address_key: str) -> Sequence[Sequence[Any]]:
    """The address's deliveries, newest issue first: one issue may have gone out several times."""
    issues: dict[int, list[Any]] = {}
    for row in address_history.history(session, address_key):
        issues.setdefault(row.issue_id, []).append(row)
    return list(issues.values())


def _confirmed(session: Session, address_key: str) -> bool:
    """Dead in two distinct issues with no success in between."""
    dead = 0
    for deliveries in _by_issue(session, address_key):
        if any(row.status in _REACHED for row in deliveries):
            return False
        dead += any(row.status == DeliveryStatus.BOUNCED and row.hard for row in deliveries)
        if dead >= _CONFIRMING_ISSUES:
            return True
    return False


def _let_rest(session: Session, row: Any, now: datetime) -> None:
    wanted = Suppression(
        row.address_key,
        SuppressionReason.HARD_BOUNCE,
        row.list_code,
        until=now + RESTS_FOR,
        evidence=f"delivery:{row.id} {(row.reply_text or '')[:_WORDS]}",
    )
    if not any(
        each.address_key == row.address_key and each.covers(row.list_code)
        for each in directory.active_suppressions(session, now)
    ):
        directory.suppress(session, wanted, now, MACHINE, by_person=False)


def _ask_about_repeated(session: Session, row: Any, now: datetime) -> None:
    """Refused for a passing reason, again and again: a mailbox nobody empties, an account nobody reopens."""
    refused = 0
    for deliveries in _by_issue(session, row.address_key)[:_SOFT_OF]:
        if any(each.status == DeliveryStatus.DELIVERED for each in deliveries):
            break
        refused += any(each.status in _NOT_REACHED and each.fault == Owner.RECIPIENT for each in deliveries)
    if refused < _SOFT_ISSUES or address_history.has_open_task(session, "repeated_bounce", row.address_key):
        return
    cause, remedy = explain(row.reason, Owner(row.fault))
    writes.open_task(
        session,
        kind="repeated_bounce",
        title=f"最近 {_SOFT_OF} 期里有 {refused} 期没送到：{_who(session, row)}",
        detail=f"{people(session, row)}\n最近一次：{cause}。{remedy}。",
        dedupe_key=f"repeated:{row.id}",
        mailing_id=row.mailing_id,
        delivery_id=row.id,
        now=now,
    )
