"""Once a day the audit chain is walked, and its head goes to where whoever changes the database cannot reach it: the
auditor's mailbox, and the machine's log. With a head kept there, a chain rewritten together with its count is found too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from mailer.content.notice import Alert, Deposit
from mailer.flow.audit_words import broken_words
from mailer.flow.ports import Clock
from mailer.flow.send_kit import Note
from mailer.flow.tell_colleagues import Desk, mail_notice
from mailer.store import audit, writes
from mailer.store.audit import Broken, Head
from mailer.store.engine import Store

_LOGGED, _MAILED = "audit_logged", "audit_mailed"  # «2026-11-23 1234:8f3c...»
_LEASE = "audit witness"
_TURN = timedelta(minutes=15)  # longer than walking and sending takes
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Witness:
    """``write``: puts a line into the machine's log; ``desk``: from whom and to which auditors, None where nobody is named."""

    store: Store
    key: bytes
    clock: Clock
    zone: tzinfo
    write: Callable[[str], None]
    desk: Desk | None
    note: Note


def witness_audit(witness: Witness, holder: str) -> bool:
    """Does today's part when it is due; whether it did. ``holder`` names this process."""
    now = witness.clock.now()
    today = now.astimezone(witness.zone).date().isoformat()
    with witness.store.read() as session:
        logged, mailed = _kept(writes.fact(session, _LOGGED)), _kept(writes.fact(session, _MAILED))
    wants_mail = witness.desk is not None and mailed.day != today
    if logged.day == today and not wants_mail:
        return False
    with witness.store.begin() as session:
        if not writes.take_house_lease(session, _LEASE, holder, now, _TURN):
            return False
    with witness.store.read() as session:
        broken = audit.verify(session, witness.key, logged.head)
        head = audit.head(session)
    if logged.day != today:
        state = "ok" if not broken else "BROKEN at " + ",".join(f"{each.record_id} ({each.why})" for each in broken)
        witness.write(f"audit chain {state}, head {head.record_id}:{head.mac}")
        _keep(witness.store, _LOGGED, today, head)
    if wants_mail and witness.desk is not None and _mail(witness.desk, head, broken, now):
        _keep(witness.store, _MAILED, today, head)
    return True


@dataclass(frozen=True, slots=True)
class _Kept:
    day: str
    head: Head | None


def _kept(text: str | None) -> _Kept:
    day, _, head = (text or "").partition(" ")
    number, _, mac = head.partition(":")
    return _Kept(day, Head(int(number), mac) if number else None)


def _keep(store: Store, fact: str, day: str, head: Head) -> None:
    with store.begin() as session:
        writes.set_fact(session, fact, f"{day} {head.record_id}:{head.mac}" if head.record_id else day)


def _mail(desk: Desk, head: Head, broken: list[Broken], now: datetime) -> int:
    """Every day, also when nothing happened: that no mail came is a sign as well."""
    details = (("记录", f"共 {head.record_id} 条"), ("链头", f"{head.record_id}:{head.mac}"))
    notice: Alert | Deposit
    if broken:
        found = tuple(("发现", broken_words(each)) for each in broken[:_SHOWN])
        notice = Alert(
            what=f"审计记录被动过，{len(broken)} 处",
            happened_at=now,
            details=(*found, *details),
            steps=(
                "保留数据库现状，不要再导入备份。",
                "在服务器上运行 mailer audit verify，看是哪几条。",
                "与备份、与以前的存证邮件对照，查明是谁、何时动的。",
            ),
        )
    else:
        notice = Deposit(
            what="每日存证：审计记录完好",
            deposited_at=now,
            details=details,
            steps=(
                "请留着这封邮件。",
                "以后要核对，在网页“审计”里填上面的链头再检查；或在服务器上运行 mailer audit verify --head 链头。",
            ),
        )
    return mail_notice(desk, notice, bulletin=desk.sender.office, at=now, kind="audit")
