"""The installation's SQLite database moves to PostgreSQL while nothing runs: all of it or nothing, and one life only.

The copy is compared row by row, the ledger's sums and the audit chain are checked where they arrived, all in the one
transaction that makes it real. The new database gets an epoch of its own; the old file is set aside, so that it cannot be
started by mistake and send what the new one sends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session, SQLModel

from mailer.flow.after_restore import EPOCH
from mailer.flow.office import Office
from mailer.store import audit, queries, transplant, upkeep, writes
from mailer.store.engine import Store

_ALL = 1_000_000


class NotMovedError(Exception):
    """Why nothing was moved, in Chinese; ``hint``: what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def move_database(office: Office, target: Store, actor: str, told: Callable[[str, int], None]) -> dict[str, int]:
    """The number of rows by table. The caller has made sure that nothing runs, and the target has our tables."""
    metadata = SQLModel.metadata
    with office.store.engine.begin() as source:  # BEGIN IMMEDIATE: nobody writes while we read
        with Session(bind=source) as session:
            if upkeep.open_leases(session):
                raise NotMovedError("还有邮件在发送途中没有结清", "先启动一次 mailer serve，等它理清后停掉，再来。")
        try:
            with target.engine.begin() as there:
                if not transplant.is_empty(there, metadata):
                    raise NotMovedError("目标数据库里已经有数据", "换一个空的数据库。")
                copied = transplant.copy(source, there, metadata, told)
                if different := transplant.differences(source, there, metadata):
                    raise NotMovedError(f"搬过去的内容与原来的不同：{'、'.join(different)}", "这是程序的错，请报告。")
                with Session(bind=there) as session:
                    _check(office, session)
                    writes.set_fact(session, EPOCH, secrets.token_hex(8))
                    rows = sum(copied.values())
                    replace(office, store=target).record(session, actor, "database.moved", "database", rows=rows)
                    session.flush()
        except transplant.TransplantError as error:
            raise NotMovedError(str(error), "原来的数据库没有变动；改正后再试，或报告给维护者。") from error
    return copied


def _check(office: Office, session: Session) -> None:
    if broken := audit.verify(session, office.audit_key):
        raise NotMovedError(f"审计链在第 {broken[0].record_id} 条断了", "先运行 mailer audit verify，查明原因。")
    for mailing in queries.mailings(session, limit=_ALL):
        ledger = queries.ledger_sum(session, mailing.id)
        if mailing.recipients is not None and not (
            ledger.adds_up and queries.counted(session, mailing.id) == ledger.counts
        ):
            raise NotMovedError(f"批次 {mailing.id} 的台账对不上", "先查明原因（mailer mailings show）。")
