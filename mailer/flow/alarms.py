"""What somebody has to be told at once: the conditions that ring, since when, and whom they were told to.

A condition rings as long as it holds; it is told once after its patience, and once more when it is over. What was told
stands in the database, so that a restart or a second process repeats nothing. Knows no mail server.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.content.notice import Alert
from mailer.flow import intake_trouble, relay_trouble
from mailer.store import alarm_reads, writes

_FACT = "alarms"  # JSON: key -> {"since", "what", "told"}
_WORKER_GONE = timedelta(minutes=2)  # a worker shows itself every few seconds
_HANGS_AFTER = timedelta(minutes=5)  # beyond the end of its lease, as recovery does
_SHORT = timedelta(minutes=2)  # a relay's restart is nobody's business


@dataclass(frozen=True, slots=True)
class Alarm:
    """``key`` tells one condition from another; ``patience``: how long it must have held before somebody is told."""

    key: str
    what: str
    steps: tuple[str, ...]
    mailing: str = ""
    details: tuple[tuple[str, str], ...] = ()
    patience: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell, and what has to be remembered once it was told."""

    key: str
    alert: Alert


def ringing(session: Session, now: datetime, *, queue_age: timedelta, intake_silent: timedelta) -> tuple[Alarm, ...]:
    """Every condition that holds now. ``queue_age``: how long due mail may wait while nobody sends."""
    return (
        *_held(session),
        *_relay(session),
        *_hanging(session, now),
        *_standing_still(session, now, queue_age),
        *_in_doubt(session),
        *_intake(session, intake_silent),
    )


def news(session: Session, rings: Iterable[Alarm], now: datetime) -> list[News]:
    """What is to be told now; notes since when each condition holds. What ended untold is told to nobody."""
    known = _known(session)
    current = {alarm.key: alarm for alarm in rings}
    found: list[News] = []
    for alarm in current.values():
        entry = known.setdefault(alarm.key, {"since": now.isoformat(), "what": alarm.what, "told": ""})
        since = datetime.fromisoformat(entry["since"])
        if not entry["told"] and now - since >= alarm.patience:
            found.append(News(alarm.key, Alert(alarm.what, since, alarm.mailing, alarm.details, alarm.steps)))
    for key in [key for key in known if key not in current]:
        if known[key]["told"]:
            found.append(News(key, Alert(known[key]["what"], now, is_over=True)))
        else:
            del known[key]
    _remember(session, known)
    return found


def anything_known(session: Session) -> bool:
    """Something rang before: it may be over now."""
    return writes.fact(session, _FACT) is not None


def told(session: Session, those: Iterable[News], now: datetime) -> None:
    """They were handed over: not again."""
    known = _known(session)
    for each in those:
        if each.alert.is_over:
            known.pop(each.key, None)
        elif each.key in known:
            known[each.key]["told"] = now.isoformat()
    _remember(session, known)


def _known(session: Session) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(writes.fact(session, _FACT) or "{}")
    return found


def _remember(session: Session, known: dict[str, dict[str, str]]) -> None:
    writes.set_fact(session, _FACT, json.dumps(known, ensure_ascii=False) if known else None)


# --- the conditions ---------------------------------------------------------------------------------------------------


def _held(session: Session) -> Iterator[Alarm]:
    for row in alarm_reads.held(session):
        yield Alarm(
            f"held:{row.id}",
            "发送已停下，等人处理",
            ("按原因处理好之后，在台账里点“继续”，或运行 mailer mailings resume " + str(row.id),),
            _name(row),
            (("原因", row.reason or "未记原因"),),
        )


def _relay(session: Session) -> Iterator[Alarm]:
    if trouble := writes.fact(session, relay_trouble.FACT):
        yield Alarm(
            "relay",
            "发信服务器用不了",
            ("检查网络和发信服务器：mailer doctor --relay", "恢复之后邮件会自动接着发，不用重发"),
            details=(("情况", trouble),),
            patience=_SHORT,
        )


def _hanging(session: Session, now: datetime) -> Iterator[Alarm]:
    for row in alarm_reads.hanging(session, now - _HANGS_AFTER):
        yield Alarm(
            f"hangs:{row.id}",
            "一个发送进程还在，却很久没有动静",
            ("重启这个进程：它手里的邮件不会被别的进程接走，重启后自动接着发",),
            details=(("主机", row.host), ("进程号", str(row.pid))),
        )


def _standing_still(session: Session, now: datetime, queue_age: timedelta) -> Iterator[Alarm]:
    if alarm_reads.is_anybody_sending(session, now - _WORKER_GONE):
        return  # what waits then waits for its turn or its budget
    for row in alarm_reads.standing_still(session, now - queue_age):
        yield Alarm(
            f"still:{row.id}",
            "有邮件到了时间却没有发送程序在运行",
            ("启动发送程序：mailer serve（单机）或 mailer worker（多机）",),
            _name(row),
            (("等着的", f"{row.n} 封"),),
        )


def _in_doubt(session: Session) -> Iterator[Alarm]:
    for row in alarm_reads.in_doubt(session):
        yield Alarm(
            f"doubt:{row.id}",
            f"有 {row.n} 封结果不明",
            (
                "先等几分钟：有的结果会自己补上",
                f"打电话问收件人，再在台账里逐封定“再发”或“视为已发”（mailer mailings resolve {row.id}）",
            ),
            _name(row),
            patience=_SHORT,
        )


def _intake(session: Session, silent: timedelta) -> Iterator[Alarm]:
    if writes.fact(session, intake_trouble.FACT):
        yield Alarm(
            "intake",
            "收退信的邮箱读不了，退信暂时看不到",
            ("检查收信邮箱的地址、密码（授权码）：mailer bounces poll",),
            patience=silent,
        )


def _name(row: object) -> str:
    return f"{row.title} 第{row.number}期（批次 {row.id}）"  # type: ignore[attr-defined]  # a row of alarm_reads
