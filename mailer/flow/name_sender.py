"""As whom an issue goes out, by the settings and what the issue prints; told before anything is made where it cannot be."""

from __future__ import annotations

from mailer.content.facts import Sender
from mailer.content.issue import Issue
from mailer.settings import Settings
from recipients.address import AddressError


class SenderError(Exception):
    """The settings name no usable sender: code, sentence and remedy."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


def name_sender(settings: Settings, issue: Issue) -> Sender:
    """Raises SenderError: ``bad_setting``, ``from_not_login``."""
    if not settings.is_sandbox and not settings.from_:
        raise SenderError("bad_setting", "没有设置发件人。", "请设置 MAILER_FROM，如 某某办公室 <a@b.cn>。")
    try:
        sender = Sender.of(issue, settings.from_, settings.reply_to)
    except (AddressError, ValueError) as error:
        raise SenderError(
            "bad_setting", f"发件或回信地址不能用：{error}", "请改正 MAILER_FROM、MAILER_REPLY_TO。"
        ) from error
    if "@" in settings.relay_user and sender.from_address.casefold() != settings.relay_user.casefold():
        raise SenderError(
            "from_not_login",
            f"发件地址 {sender.from_address} 与登录名 {settings.relay_user} 不是同一个，发信服务器会拒收。",
            "把 MAILER_FROM 里的地址改成登录名。",
        )
    return sender
