"""A database that came back from a backup knows nothing of what happened since: nothing is sent by itself from it.

It gets a new epoch, so that journals written for its earlier life prove nothing here, and every mailing under way or
scheduled asks a person, with what they have to know in its reason.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from mailer.flow.office import Office
from mailer.model.mailing import MailingEventKind, MailingStatus
from mailer.store import queries, upkeep, writes

EPOCH = "epoch"
RESTORED = "restored"  # when the backup was taken from which this database came


def begin_anew(office: Office, actor: str, *, taken_at: datetime) -> int:
    """How many mailings were stopped."""
    now = office.clock.now()
    zone_time = f"{taken_at.astimezone(office.zone):%Y-%m-%d %H:%M}"
    with office.store.begin() as session:
        writes.set_fact(session, EPOCH, secrets.token_hex(8))
        writes.set_fact(session, RESTORED, taken_at.isoformat())
        stopped = queries.mailings_with_status(
            session, MailingStatus.SENDING, MailingStatus.SCHEDULED, MailingStatus.HELD, MailingStatus.PAUSED
        )
        for mailing in stopped:
            reason = (
                f"数据库从 {zone_time} 的备份恢复，那以后发出的这里不知道。"
                "请先对照发信服务器的记录：确实没发的再“继续”；可能已发的请取消，改用补发"
            )
            if mailing.status == MailingStatus.PAUSED:
                writes.note_reason(session, mailing.id, reason)
                continue
            writes.move_mailing(session, mailing.id, MailingEventKind.HELD, reason=reason)
            writes.open_task(
                session,
                kind="restored",
                title="从备份恢复，发送已停下，请核对",
                detail=reason,
                dedupe_key=f"restored:{mailing.id}:{taken_at:%Y%m%d%H%M%S}",
                mailing_id=mailing.id,
                now=now,
            )
        office.record(
            session,
            actor,
            "backup.restored",
            "database",
            taken_at=taken_at,
            mailings=[mailing.id for mailing in stopped],
            leases=len(upkeep.open_leases(session)),
        )
    return len(stopped)
