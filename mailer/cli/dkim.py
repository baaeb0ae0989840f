"""``mailer dkim``: a key for signing outgoing mail, and the DNS record that goes with it."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import replace

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.settings import SettingError, Settings
from mailer.transport.clock import SystemClock
from mailer.transport.configured import dkim_key_file, dkim_of
from mailer.transport.dkim import new_key
from mailer.wiring import sender_domain

_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(parser, {"new": "生成一把新密钥", "record": "显示要登记的 DNS 记录"}).items():
        sub.add_argument("selector", metavar="选择器", nargs="?" if name == "record" else None, help="如 s2026a")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    selector = args.selector or settings.dkim_selector
    if not _SELECTOR.fullmatch(selector):
        raise CommandError("usage", f"选择器“{selector}”不能用。", "用小写字母、数字和连字符，如 s2026a。", Exit.USAGE)
    # a key named on the command line is the one in the data folder, whatever the settings sign with today
    named = replace(settings, dkim_selector=selector, dkim_key="" if args.selector else settings.dkim_key)
    if args.action == "new":
        _make(named)
        out.line(f"已生成密钥 {dkim_key_file(named)}（只有本用户可读）。")
    try:
        signer = dkim_of(named, sender_domain(named), SystemClock().now)
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    name = f"{selector}._domainkey.{named.dkim_domain or sender_domain(named)}"
    out.line("在 DNS 里登记一条 TXT 记录：")
    out.line(f"  主机名  {name}")
    out.line(f"  内容    {signer.record}")
    if selector != settings.dkim_selector:
        out.line(f"记录生效之后，设置 MAILER_DKIM_SELECTOR={selector} 并重启发送程序；旧记录再留 7 天以上。")
    out.object({"event": "result", "name": name, "record": signer.record})
    return int(Exit.DONE)


def _make(settings: Settings) -> None:
    path = dkim_key_file(settings)
    if not settings.data_dir.is_dir():
        raise CommandError("not_initialised", "这里还没有初始化。", "先运行 mailer init。", Exit.USAGE)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(new_key())
    except FileExistsError:
        raise CommandError(
            "exists", f"密钥 {path} 已经有了。", "轮换请换一个选择器；看它的记录：mailer dkim record 选择器"
        ) from None
