"""``mailer bounces poll``: one look through the shared mailbox; it stays as it was."""

from __future__ import annotations

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.poll_mailbox import Polled
from mailer.intake.imap_wire import ImapError, LoginRefusedError
from mailer.settings import SettingError
from mailer.workers.intake import poll_once


def poll(out: Output) -> Exit:
    """Raises CommandError where the mailbox is not set, refuses the login, or cannot be read."""
    settings = opening.settings()
    if not settings.intake_url:
        raise CommandError(
            "bad_setting", "没有设置收信邮箱。", "设 MAILER_INTAKE_URL，例如 imaps://imap.example.com:993。", Exit.USAGE
        )
    store = opening.store(settings)
    try:
        polled = poll_once(settings, store)
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    except LoginRefusedError as error:
        raise CommandError(
            "intake_refused",
            f"收信邮箱不接受用户名或密码：{error}。",
            "核对 MAILER_INTAKE_USER、MAILER_INTAKE_PASSWORD；QQ、163 等邮箱要先开通 IMAP，密码填“授权码”。",
        ) from error
    except ImapError as error:
        raise CommandError(
            "intake_unreadable", f"收信邮箱读不了：{error}。", "核对 MAILER_INTAKE_URL 的主机和端口，检查网络和证书。"
        ) from error
    out.line(
        f"看了 {polled.seen} 封新邮件：收下退信等 {polled.taken} 封，提醒来信 {polled.letters} 封；{_left(polled)}。"
    )
    out.object({"event": "result", "seen": polled.seen, "taken": polled.taken, "letters": polled.letters})
    return Exit.DONE


def _left(polled: Polled) -> str:
    """What became of the mailbox."""
    if polled.cleared:
        return f"邮箱里移走或删除了 {polled.cleared} 封，按设置"
    if polled.not_cleared:
        return f"应移走的 {polled.not_cleared} 封没有移动：邮箱服务器不支持或不允许"
    return "邮箱没有改动"
