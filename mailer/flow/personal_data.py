"""What is kept about the person behind an address: handed out on request, and forgotten on request (个人信息保护法 45, 47).

Forgetting takes the person out of every row and leaves the row: the ledger's sums before and after are compared in the same
transaction. The audit chain is not touched: edited, it would prove nothing any more.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from mailer.flow.office import Office
from mailer.store import personal, queries
from recipients.directory import personal as directory

_DOMAIN = "erased.invalid"  # RFC 2606 2: nobody's


class NotForgottenError(Exception):
    """Why nothing was forgotten, in Chinese; ``hint``: what to do first."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Forgotten:
    """``rows``: how many rows speak of the person; ``stand_in``: what stands for the address from now on."""

    rows: int
    mailings: tuple[int, ...]
    stand_in: str


def hand_out(office: Office, address_key: str, actor: str) -> dict[str, list[dict[str, Any]]]:
    """Every row about the address, by table; {} when there is none. Leaves one audit record, under the stand-in."""
    with office.store.begin() as session:
        found = directory.known(session, address_key, office.clock.now()).rows | personal.rows_about(
            session, address_key
        )
        found = {table: rows for table, rows in found.items() if rows}
        rows = sum(len(each) for each in found.values())
        office.record(session, actor, "person.exported", _subject(office, address_key), rows=rows)
    return found


def forget(office: Office, address_key: str, actor: str, *, only_look: bool = False) -> Forgotten:
    """Raises NotForgottenError while the address is in use, waited for or unknown. ``only_look`` changes nothing."""
    stand_in = _stand_in(office, address_key)
    with office.store.begin() as session:
        known = directory.known(session, address_key, office.clock.now())
        about = known.rows | personal.rows_about(session, address_key)
        rows = sum(map(len, about.values()))
        if not rows:
            raise NotForgottenError("这里没有关于这个邮箱的任何记录", "核对邮箱是否写对。")
        if known.holders_now:
            raise NotForgottenError(
                f"名单上还有 {known.holders_now} 个岗位在用这个邮箱", "先在人员页面办理离任或换邮箱，再删除。"
            )
        if waiting := personal.open_deliveries(session, address_key):
            raise NotForgottenError(
                f"还有 {waiting} 封给它的邮件没有结束", "等批次结束，或先停发：mailer suppressions add"
            )
        if known.open_requests or personal.open_tasks(session, address_key):
            raise NotForgottenError("还有关于它的待办或要求没有办", "先办完：mailer tasks list")
        mailings = personal.mailings_of(session, address_key)
        done = Forgotten(rows, tuple(mailings), stand_in)
        if only_look:
            return done
        before = [queries.counted(session, mailing) for mailing in mailings]
        personal.forget(session, address_key, stand_in)
        directory.forget(session, address_key, stand_in)
        if before != [queries.counted(session, mailing) for mailing in mailings]:
            raise RuntimeError("a sum of the ledger moved while a person was forgotten")
        office.record(
            session, actor, "person.erased", _subject(office, address_key), rows=rows, mailings=list(mailings)
        )
    return done


def _stand_in(office: Office, address_key: str) -> str:
    """The same for the same address, and nobody gets back from it without the installation's secret."""
    mark = hmac.digest(office.audit_key, b"erased\0" + address_key.encode(), "sha256").hex()[:16]
    return f"erased-{mark}@{_DOMAIN}"


def _subject(office: Office, address_key: str) -> str:
    return f"person:{_stand_in(office, address_key).partition('@')[0]}"
