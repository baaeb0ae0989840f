"""``mailer bounces take-in``: one mail from a relay's pipe into the store; the exit code is the pipe's contract."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.take_in_report import take_in_report
from mailer.transport.clock import SystemClock

_WORDS = {
    "applied": "已收下，台账已更新",
    "waiting": "已收下，等那封信的发送结果落账后再处理",
    "unmatched": "已收下；里面没有本系统的签名，没有改动台账",
    "unread": "已收下，没有读懂，留给人看",
}


def take_in(raw: bytes, recipient: str, sender: str, out: Output) -> Exit:
    """Stores and applies one mail. TEMPORARY when it could not be stored: the mail system keeps it and tries again."""
    try:
        settings = opening.settings()
        store = opening.store(settings)
        state = take_in_report(
            store,
            raw=raw,
            envelope_rcpt=recipient,
            sender=sender,
            signer=wiring.signer_of(settings),
            retry=wiring.retry_of(settings),
            now=SystemClock().now(),
        )
    except (CommandError, SQLAlchemyError, OSError) as error:
        words = error.message if isinstance(error, CommandError) else str(error)
        out.fail(
            CommandError("storage_unavailable", f"没有收下：{words}", "邮件系统会再送来；请检查数据文件夹和数据库。")
        )
        return Exit.TEMPORARY
    out.line(_WORDS[state])
    out.object({"event": "result", "state": state})
    return Exit.DONE
