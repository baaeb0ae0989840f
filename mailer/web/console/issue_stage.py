"""How far an issue is on its way, in words, from its last mailing. Pure."""

from __future__ import annotations

from typing import Any, Final

from mailer.model.mailing import MailingKind, MailingStatus

_S = MailingStatus
_WORDS: Final = {
    _S.DRAFT: "正在备发",
    _S.PREPARED: "已备好，待核签",
    _S.APPROVED: "已核签，待发送",
    _S.SCHEDULED: "已放行，等时刻",
    _S.SENDING: "正在发送",
    _S.PAUSED: "发送已暂停",
    _S.HELD: "停下了，请人处理",
    _S.CLOSED: "已发出",
    _S.CANCELLED: "未发送",
}


def stage_words(mailing: Any | None) -> str:
    """``mailing``: the newest one to lists, or none."""
    if mailing is None:
        return "未发送"
    words = _WORDS[MailingStatus(mailing.status)]
    kind = MailingKind(mailing.kind)
    told = words if kind is MailingKind.FIRST else f"{kind.label}：{words}"
    return f"演练：{told}" if mailing.rehearsal else told
