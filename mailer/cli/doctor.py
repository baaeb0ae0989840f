"""``mailer doctor``: are the settings sound, is the database there, does the relay take us."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.ports import RelayError
from mailer.settings import SettingError, Settings
from mailer.store import schema
from mailer.store.engine import Store
from mailer.transport.configured import relay_of
from recipients.address import AddressError, EmailAddress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--relay", action="store_true", help="真的连一次发信服务器：加密、登录")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    checks: list[tuple[str, Callable[[Settings], str]]] = [("数据库", _database), ("发件人", _sender)]
    if args.relay:
        checks.append(("发信服务器", _relay))
    failures = 0
    for name, check in checks:
        try:
            found, fine, hint = check(settings), True, ""
        except CommandError as error:
            found, fine, hint = error.message, False, error.hint
            failures += 1
        out.line(f"{'正常' if fine else '有问题'}  {name}：{found}" + (f" → {hint}" if hint else ""))
        out.object({"event": "check", "name": name, "ok": fine, "message": found, "hint": hint})
    out.object({"event": "result", "ok": failures == 0, "failures": failures})
    return int(Exit.FAILED if failures else Exit.DONE)


def _database(settings: Settings) -> str:
    if not settings.database_url and not (settings.data_dir / "mailer.db").exists():
        raise CommandError("not_initialised", f"{settings.data_dir} 还没有初始化", "mailer init")
    try:
        store = Store(wiring.database_url(settings))
        at = schema.current(store)
    except OperationalError as error:
        raise CommandError("no_database", f"连不上：{error.orig}", "检查 MAILER_DATABASE_URL") from error
    if at is None:
        raise CommandError("not_initialised", "还没有初始化", "mailer init")
    if at != schema.newest():
        raise CommandError("old_schema", f"结构是 {at}，程序需要 {schema.newest()}", "mailer migrate")
    return f"{store.engine.dialect.name}，结构 {at}"


def _sender(settings: Settings) -> str:
    if settings.is_sandbox:
        return "内置演练服务器，不对外发信（设置 MAILER_RELAY_URL 后才真的发）"
    if not settings.from_:
        raise CommandError("bad_setting", "没有设置", "设置 MAILER_FROM，如 某某办公室 <a@b.cn>")
    address = settings.from_.rpartition("<")[2].rstrip("> ")
    try:
        parsed = EmailAddress.parse(address)
    except AddressError as error:
        raise CommandError(
            "bad_setting", f"{settings.from_} 里的地址不能用：{error.message}", "改正 MAILER_FROM"
        ) from error
    if "@" in settings.relay_user and parsed.ascii.casefold() != settings.relay_user.casefold():
        raise CommandError(
            "from_not_login", f"{parsed.ascii} 与登录名 {settings.relay_user} 不同，会被拒收", "改成同一个地址"
        )
    return settings.from_


def _relay(settings: Settings) -> str:
    if settings.is_sandbox:
        return "内置演练服务器"

    async def ask() -> str:
        session = await relay_of(settings, lambda: datetime.now(UTC)).connect()
        offered = session.offered
        await session.quit()
        extras = [name for name, there in (("PIPELINING", offered.pipelining), ("DSN", offered.dsn)) if there]
        size = f"，单封上限 {offered.size // 1_048_576} MB" if offered.size else ""
        return f"连接{'、登录' if settings.relay_user else ''}成功（{'、'.join(extras) or '无扩展'}{size}）"

    try:
        return asyncio.run(ask())
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint) from error
    except RelayError as error:
        raise CommandError("relay_refused", error.message, error.hint) from error
